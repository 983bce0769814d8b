"""Good events are typed and kept; each bad one is set aside with the rule it broke; nothing is lost."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.journey_events import REQUIRED_FIELDS, JourneyEvents, QuarantinedRecords
from journeys_pipeline.transforms.journey_events import EventFile, accept_events

LANDED_ON = date(2026, 11, 20)
FILE = EventFile("f1", "acme", LANDED_ON)
TEXTS = {name: pl.String() for name in JourneyEvents.column_names() if name not in {"day", "file_id", "row_number"}}
RECORDS = {"row_number": pl.Int64(), "is_readable": pl.Boolean(), "flawed_field": pl.String(), **TEXTS}

FILLING = {
    "journey_id": "j", "journey_version": "1", "person_id": "p", "element_id": "el", "entry_source": "api",
    "exit_type": "exit_point", "outcome": "ok", "message_id": "m", "channel": "sms", "price": "0.10", "currency": "EUR",
    "event_name": "buy", "call_id": "c", "started_at": "2026-11-01T10:00:00Z", "variable": "pin",
}  # fmt: skip
ENVELOPE = {"event_id": "e", "account_id": "acme", "occurred_at": "2026-11-01T10:00:00Z"}


REQUIRED = [(kind, name) for kind, names in REQUIRED_FIELDS.items() for name in names]


def event(event_type: str, /, **changes: str | None) -> dict[str, str | None]:
    required = {name: FILLING[name] for name in REQUIRED_FIELDS.get(event_type, [])}
    outcome = {"outcome": "completed"} if event_type == "call_ended" else {}
    return {**ENVELOPE, "event_type": event_type, **required, **outcome, **changes}


def judge(*events: dict[str, Any], file: EventFile = FILE) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [{"row_number": row, "is_readable": True, **found} for row, found in enumerate(events, start=1)]
    accepted, refused = accept_events(pl.DataFrame(rows, schema=RECORDS).lazy(), file=file)
    return JourneyEvents.validate(accepted.collect()), QuarantinedRecords.validate(refused.collect())


def accepted_field(field: str, found: dict[str, Any]) -> Any:
    accepted, refused = judge(found)
    assert refused["reason"].to_list() == []
    return accepted[field].item()


@pytest.mark.parametrize("event_type", sorted(REQUIRED_FIELDS))
def test_an_event_with_all_that_its_type_requires_is_kept(event_type: str) -> None:
    accepted, refused = judge(event(event_type))

    assert accepted["event_type"].to_list() == [event_type]
    assert refused.is_empty()


@pytest.mark.parametrize(
    ("event_type", "field"), [(kind, name) for kind, all_ in REQUIRED_FIELDS.items() for name in all_]
)
def test_a_field_that_the_type_requires_is_named_when_missing(event_type: str, field: str) -> None:
    accepted, refused = judge(event(event_type, **{field: None}), event(event_type, event_id="good"))

    assert accepted["event_id"].to_list() == ["good"]
    assert refused.select("row_number", "reason").rows() == [(1, f"{field} is missing")]


@pytest.mark.parametrize("field", ["event_id", "event_type", "occurred_at", "account_id"])
def test_a_missing_envelope_field_is_named(field: str) -> None:
    accepted, refused = judge(event("message_delivered") | {field: None})

    assert accepted.is_empty()
    assert refused["reason"].to_list() == [f"{field} is missing"]


BAD_TIMES = [
    "2026-11-01T10:00:00", "2026-11-01", "yesterday", "2026-02-30T10:00:00Z", "0000-12-31T10:00:00Z", "1.5", "17e11",
    "1730455200000000000", "2026-13-01T00:00:00Z", "\u0663" * 13,
]  # fmt: skip
BAD = [
    *((field, bad) for field in ["occurred_at", "started_at", "answered_at"] for bad in BAD_TIMES),
    *((field, bad) for field in ["segments", "journey_version"] for bad in ["0", "-1", "1.0", "x", "9999999999", "٣"]),
    *(("price", bad) for bad in ["0.1234567", "1234567890123", "1e400", "NaN", "1e-07", "x", "1,5", "٣"]),
    *(("duration_s", bad) for bad in ["-1", "inf", "nan", "x", "٣"]),
    *((field, bad) for field in ["is_test", "is_machine", "permanent"] for bad in ["1", "yes", "null"]),
    *((field, "other") for field in ["channel", "entry_source", "exit_type", "answered_by", "masking", "outcome"]),
    *(("currency", bad) for bad in ["eur", "EURO", "E1R", "EUR\n"]),
    ("account_id", "other"),
    ("event_type", "journey_paused"),
]


@pytest.mark.parametrize(("field", "bad"), BAD)
def test_a_field_that_is_there_but_cannot_be_read_is_refused_by_name(field: str, bad: str) -> None:
    accepted, refused = judge(event("message_sent", event_id="good"), event("message_sent", **{field: bad}))

    assert accepted["event_id"].to_list() == ["good"]
    assert refused["row_number"].to_list() == [2]
    assert refused["reason"].item().startswith(f"{field} is ")


@pytest.mark.parametrize(
    ("event_type", "outcome"),
    [("element_completed", "hung_up"), ("call_ended", "ok"), ("input_collected", "completed")],
)
def test_an_outcome_of_another_event_type_is_refused(event_type: str, outcome: str) -> None:
    _, refused = judge(event(event_type, outcome=outcome))

    assert refused["reason"].to_list() == ["outcome is unknown"]


@pytest.mark.parametrize("value", ["ten", "1.2345678", "1e300", ""])
def test_a_goal_value_that_is_no_amount_is_refused(value: str) -> None:
    _, refused = judge(event("goal_performed", value=value))

    assert refused["reason"].item().startswith("value is not")


def test_what_the_reader_could_not_read_is_refused() -> None:
    _, refused = judge({"is_readable": False}, event("journey_entered", flawed_field="person_id"))

    reasons = refused["reason"].to_list()
    assert reasons == ["the line is not a JSON object", "person_id is given twice or is not a single value"]


@pytest.mark.parametrize(
    "written",
    ["2026-11-01T10:00:00.25Z", "2026-11-01T12:00:00.250+02:00", "2026-11-01 04:30:00.250000-0530", "1793527200250"],
)
def test_a_time_is_iso_with_an_offset_or_epoch_milliseconds(written: str) -> None:
    occurred_at = accepted_field("occurred_at", event("journey_entered", occurred_at=written))

    assert occurred_at == datetime(2026, 11, 1, 10, 0, 0, 250000, tzinfo=UTC)


def test_the_day_is_the_utc_day() -> None:
    assert accepted_field("day", event("journey_entered", occurred_at="2026-11-01T00:30:00+02:00")) == date(
        2026, 10, 31
    )


@pytest.mark.parametrize(
    ("written", "price"),
    [("123456789012.123456", "123456789012.123456"), ("0.1", "0.1"), ("1e-05", "0.00001"), ("1.5e-05", "0.000015")],
)
def test_a_price_is_exact(written: str, price: str) -> None:
    assert accepted_field("price", event("message_sent", price=written)) == Decimal(price)


@pytest.mark.parametrize(
    ("found", "field", "default"),
    [
        (event("message_delivered"), "is_test", False),
        (event("message_sent"), "segments", 1),
        (event("message_delivered"), "segments", None),
        (event("message_clicked"), "is_machine", False),
        (event("message_clicked", is_machine="true"), "is_machine", True),
        (event("message_sent"), "is_machine", None),
        (event("message_replied", is_machine="true"), "is_machine", True),
        (event("journey_entered", entry_id="own"), "entry_id", "own"),
        (event("journey_exited"), "entry_id", None),
    ],
)
def test_absent_fields_take_their_default(found: dict[str, Any], field: str, default: object) -> None:
    assert accepted_field(field, found) == default


def test_an_entry_without_id_gets_one_from_journey_version_person_and_time() -> None:
    changes = [{}, {}, {"journey_id": "k"}, {"journey_version": "2"}, {"person_id": "q"}]
    changes += [{"occurred_at": "2026-11-01T10:00:00.001Z"}]
    entries = [event("journey_entered", event_id=f"e{row}", **change) for row, change in enumerate(changes)]

    ids = judge(*entries)[0]["entry_id"].to_list()

    assert ids[0] == ids[1]
    assert len(set(ids)) == 5


@pytest.mark.parametrize(("masking", "stored"), [("never", None), ("always", "123456"), (None, "123456")])
def test_collected_input_is_stored_only_as_its_masking_allows(masking: str | None, stored: str | None) -> None:
    assert accepted_field("value", event("input_collected", value="123456", masking=masking)) == stored


def test_masked_input_keeps_no_more_than_two_characters() -> None:
    value = accepted_field("value", event("input_collected", value="123456", masking="masked"))

    assert value.strip("*") == "56"
    assert value != "56"


@pytest.mark.parametrize(("value", "kept"), [("12", "***"), ("123", "***3"), ("1", "***")])
def test_masked_input_is_never_kept_whole(value: str, kept: str) -> None:
    assert accepted_field("value", event("input_collected", value=value, masking="masked")) == kept


TEXTS_TO_TRY = ["", "x", "0", "1", "-1", "true", "2026-11-01T10:00:00Z", "1730455200000", "EUR", "ok", "\u0663"]
GARBLED = st.one_of(st.none(), st.sampled_from(TEXTS_TO_TRY))
ANY_EVENT = st.builds(
    lambda kind, changes: event(kind) | changes,
    st.sampled_from(sorted(REQUIRED_FIELDS)),
    st.dictionaries(st.sampled_from(sorted(TEXTS)), GARBLED, max_size=3),
)


@settings(deadline=None)
@given(events=st.lists(ANY_EVENT, max_size=8))
def test_every_record_is_accepted_or_quarantined_and_never_both(events: list[dict[str, Any]]) -> None:
    accepted, refused = judge(*[found | {"event_id": f"e{row}"} for row, found in enumerate(events)])

    rows = [*accepted["row_number"].to_list(), *refused["row_number"].to_list()]
    assert sorted(rows) == list(range(1, len(events) + 1))
