"""Every real event becomes a fact of one kind, with all that it said; test events become none."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries, JourneyExits, JourneySteps, MessageEvents
from journeys_pipeline.schemas.journey_events import ENTRY_SOURCES, EXIT_TYPES, REQUIRED_FIELDS, JourneyEvents
from journeys_pipeline.transforms.daily_facts import (
    collect_entries,
    collect_exits,
    collect_goals,
    collect_messages,
    collect_steps,
)

Record = dict[str, Any]
Collect = Callable[[pl.LazyFrame], pl.LazyFrame]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL: Record = {
    "account_id": "acme", "event_id": "e1", "event_type": "journey_entered", "occurred_at": NOON, "day": NOON.date(),
    "sub_account_id": "sub", "journey_id": "j", "journey_version": 2, "person_id": "ann", "entry_id": "passage",
    "element_id": "el", "branch": "A", "next_element_id": "next", "error_code": "E7", "permanent": None,
    "entry_source": "api", "exit_type": "exit_point", "outcome": "ok", "message_id": "m",
    "channel": "sms", "segments": 3, "price": Decimal("0.123456"), "currency": "EUR", "is_machine": None,
    "event_name": "buy", "value": "12.345678", "is_test": False, "file_id": "f", "row_number": 1,
}  # fmt: skip
CONTACT: Record = {
    "file_id": "f", "row_number": 2, "account_id": "acme", "sub_account_id": "sub", "journey_id": "j",
    "person_id": "ann", "is_valid": True, "reasons": None, "is_duplicate": False, "attributes": "{}",
    "imported_at": NOON, "day": NOON.date(),
}  # fmt: skip


def frame(schema: type[dy.Schema], records: list[Record]) -> pl.LazyFrame:
    return schema.validate(pl.DataFrame(records, schema=schema.create_empty().schema)).lazy()


def entries_of(events: pl.LazyFrame) -> pl.LazyFrame:
    return collect_entries(events, frame(ContactEntries, []))


COLLECTS: list[tuple[type[dy.Schema], Collect, list[str]]] = [
    (JourneyEntries, entries_of, ["journey_entered"]),
    (JourneyExits, collect_exits, ["journey_exited"]),
    (JourneySteps, collect_steps, ["element_entered", "element_completed"]),
    (MessageEvents, collect_messages, [name for name in REQUIRED_FIELDS if name.startswith("message_")]),
    (GoalEvents, collect_goals, ["goal_performed"]),
]

records = st.lists(
    st.fixed_dictionaries(
        {
            "event_type": st.sampled_from(list(REQUIRED_FIELDS)),
            "is_test": st.booleans(),
            "account_id": st.sampled_from(["acme", "beta"]),
            "person_id": st.sampled_from(["ann", "bob"]),
            "value": st.sampled_from([None, "0", "-1.5", "12.345678"]),
            "is_machine": st.sampled_from([None, True, False]),
            "permanent": st.sampled_from([None, True, False]),
            "exit_type": st.sampled_from(EXIT_TYPES),
            "entry_source": st.sampled_from(ENTRY_SOURCES),
        }
    ),
    max_size=40,
).map(lambda changes: [FULL | change | {"event_id": f"e{number:02}"} for number, change in enumerate(changes)])


@settings(max_examples=50, deadline=None)
@given(records=records)
def test_each_fact_table_holds_its_own_types_of_real_events_as_they_were(records: list[Record]) -> None:  # D22
    events = frame(JourneyEvents, records)

    tables = pl.collect_all([collect(events) for _, collect, _ in COLLECTS], engine="streaming")

    for table, (schema, _, types) in zip(tables, COLLECTS, strict=True):
        real = [record for record in records if record["event_type"] in types and not record["is_test"]]
        facts = [as_fact(record, schema) for record in real]
        assert schema.validate(table).sort("source_id").to_dicts() == facts


def as_fact(record: Record, schema: type[dy.Schema]) -> Record:
    """The record under the names that the fact table gives its fields."""
    renamed = record | {
        "source_id": record["event_id"],
        "alternate_person_id": None,
        "entered_at": record["occurred_at"],
        "exited_at": record["occurred_at"],
        "is_machine": record["is_machine"] is True,
        "is_permanent": record["permanent"] is True,
        "value": None if record["value"] is None else Decimal(record["value"]),
    }
    return {name: renamed[name] for name in schema.column_names()}


@pytest.mark.parametrize("event_type", ["call_ended", "menu_shown", "option_pressed", "input_collected"])
def test_what_a_caller_does_is_no_fact_of_the_journey(event_type: str) -> None:  # F63
    events = frame(JourneyEvents, [FULL | {"event_type": event_type, "value": "***12"}])

    assert [collect(events).collect().height for _, collect, _ in COLLECTS] == [0] * 5


def test_a_message_from_outside_any_journey_is_kept_as_such() -> None:  # F13, F62
    events = frame(JourneyEvents, [FULL | {"event_type": "message_sent", "journey_id": None}])

    assert collect_messages(events).collect().select("journey_id", "person_id").rows() == [(None, "ann")]
    assert entries_of(events).collect().is_empty()


def test_a_valid_contact_is_an_entry_by_import_when_its_file_was_fetched() -> None:  # F64, D23
    entries = collect_entries(frame(JourneyEvents, []), frame(ContactEntries, [CONTACT])).collect()

    assert JourneyEntries.validate(entries).to_dicts() == [
        {
            "day": date(2026, 11, 20), "account_id": "acme", "source_id": "f#2", "sub_account_id": "sub",
            "journey_id": "j", "journey_version": None, "person_id": "ann", "alternate_person_id": None,
            "entry_id": "f#2", "element_id": None, "entry_source": "sftp_import", "entered_at": NOON,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"is_duplicate": True}, id="came earlier in the file (D9)"),
        pytest.param({"is_valid": False, "reasons": "EMPTY_PHONE", "person_id": None}, id="invalid (F45)"),
    ],
)
def test_a_contact_that_is_refused_or_repeated_is_no_entry(change: Record) -> None:
    contacts = frame(ContactEntries, [CONTACT, CONTACT | {"row_number": 3} | change])

    assert collect_entries(frame(JourneyEvents, []), contacts).collect()["source_id"].to_list() == ["f#2"]


def test_entries_of_events_and_of_contact_files_stand_side_by_side() -> None:  # F64
    entries = collect_entries(frame(JourneyEvents, [FULL]), frame(ContactEntries, [CONTACT])).collect()

    assert JourneyEntries.validate(entries)["source_id"].to_list() == ["e1", "f#2"]
