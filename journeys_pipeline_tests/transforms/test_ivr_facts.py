"""Every real event of a call becomes a fact of one kind, with all that it said; test events become none."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import REQUIRED_FIELDS, JourneyEvents
from journeys_pipeline.transforms.ivr_facts import collect_calls, collect_inputs, collect_menu_steps

Record = dict[str, Any]

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
FULL: Record = {
    "account_id": "acme", "event_id": "e1", "event_type": "call_ended", "occurred_at": NOON, "day": NOON.date(),
    "journey_id": "j", "journey_version": 2, "person_id": "ann", "entry_id": "passage", "element_id": "el",
    "outcome": "hung_up", "call_id": "c1", "direction": "outbound", "started_at": NOON, "answered_at": NOON,
    "answered_by": "human", "duration_s": 12.5, "price": Decimal("0.123456"), "currency": "EUR", "key": "1",
    "next_element_id": "next", "variable": "zip", "masking": "masked", "value": "***12", "is_test": False,
    "file_id": "f", "row_number": 1,
}  # fmt: skip
COLLECTS: list[tuple[type[dy.Schema], Callable[[pl.LazyFrame], pl.LazyFrame], list[str]]] = [
    (Calls, collect_calls, ["call_ended"]),
    (MenuSteps, collect_menu_steps, ["menu_shown", "option_pressed"]),
    (CollectedInputs, collect_inputs, ["input_collected"]),
]


def frame(records: list[Record]) -> pl.LazyFrame:
    return JourneyEvents.validate(pl.DataFrame(records, schema=JourneyEvents.create_empty().schema)).lazy()


def with_outcome(event_type: str) -> st.SearchStrategy[Record]:
    outcome = {"call_ended": "busy", "input_collected": "invalid"}.get(event_type)
    return st.fixed_dictionaries(
        {
            "event_type": st.just(event_type),
            "outcome": st.just(outcome),
            "is_test": st.booleans(),
            "account_id": st.sampled_from(["acme", "beta"]),
            "value": st.sampled_from([None, "***12", "4711"]),
            "element_id": st.sampled_from(["el", "other"]),
        }
    )


records = st.lists(st.one_of(*map(with_outcome, REQUIRED_FIELDS)), max_size=40).map(
    lambda changes: [FULL | change | {"event_id": f"e{number:02}"} for number, change in enumerate(changes)]
)


@settings(max_examples=50, deadline=None)
@given(records=records)
def test_each_fact_table_holds_its_own_types_of_real_events_as_they_were(records: list[Record]) -> None:  # D22
    events = frame(records)

    tables = pl.collect_all([collect(events) for _, collect, _ in COLLECTS], engine="streaming")

    for table, (schema, _, types) in zip(tables, COLLECTS, strict=True):
        real = [record for record in records if record["event_type"] in types and not record["is_test"]]
        assert schema.validate(table).sort("source_id").to_dicts() == [as_fact(record, schema) for record in real]


def as_fact(record: Record, schema: type[dy.Schema]) -> Record:
    """The record under the names that the fact table gives its fields."""
    renamed = record | {"source_id": record["event_id"], "ended_at": NOON, "duration_s": Decimal("12.5")}
    return {name: renamed[name] for name in schema.column_names()}


@pytest.mark.parametrize(("told", "kept"), [(0.0, "0"), (1.0004, "1"), (1.0006, "1.001"), (999_999_999, "999999999")])
def test_durations_are_kept_to_the_millisecond(told: float, kept: str) -> None:
    calls = collect_calls(frame([FULL | {"duration_s": told}])).collect()

    assert calls["duration_s"].to_list() == [Decimal(kept)]


def test_input_whose_event_tells_no_outcome_is_valid() -> None:
    inputs = collect_inputs(frame([FULL | {"event_type": "input_collected", "outcome": None}])).collect()

    assert inputs["outcome"].to_list() == ["ok"]


def test_a_call_counts_on_the_day_on_which_it_ended() -> None:  # D14
    begun_the_day_before = FULL | {"started_at": datetime(2026, 11, 19, 23, 59, tzinfo=UTC)}

    calls = collect_calls(frame([begun_the_day_before])).collect()

    assert calls["day"].to_list() == [NOON.date()]
