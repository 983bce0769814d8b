"""An event that comes again is told from a new one, and from one that contradicts it, for good."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents
from journeys_pipeline.transforms.journey_events import (
    CONFLICT,
    DUPLICATE,
    EVENT_KEY,
    NEW,
    is_in_part,
    judge_repetitions,
    sign_events,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "account_id": "acme", "event_id": "e1", "event_type": "call_ended", "occurred_at": NOON, "day": NOON.date(),
    "journey_version": 1, "price": Decimal("0.1"), "duration_s": 2.5, "is_test": False, "file_id": "f", "row_number": 1,
}  # fmt: skip
CHANGES = [
    {"occurred_at": NOON + timedelta(microseconds=1)}, {"occurred_at": NOON + timedelta(days=1)},
    {"journey_version": 2}, {"price": Decimal("0.100001")}, {"price": None}, {"duration_s": 2.5000000001},
    {"is_test": True}, {"branch": ""}, {"branch": "a"}, {"reason": "a"}, {"attributes": "{}"},
]  # fmt: skip


def signed(*changes: dict[str, Any]) -> pl.DataFrame:
    events = pl.DataFrame([EVENT | change for change in changes], schema=JourneyEvents.create_empty().schema)
    return sign_events(events.lazy()).collect()


def keys_of(events: pl.DataFrame) -> pl.DataFrame:
    return EventKeys.validate(events.select(EventKeys.column_names()))


def verdicts(arriving: pl.DataFrame, known: pl.DataFrame) -> list[str]:
    return judge_repetitions(arriving.lazy(), known.lazy()).collect()["verdict"].to_list()


@pytest.mark.parametrize("change", CHANGES)
def test_an_event_that_differs_in_any_field_contradicts_the_first(change: dict[str, Any]) -> None:
    known, arriving = keys_of(signed({})), signed({"file_id": "g", "row_number": 9}, {"file_id": "g"} | change)

    found = verdicts(arriving, known)

    assert found == [DUPLICATE, CONFLICT]


def test_no_two_changes_look_the_same() -> None:
    contents = signed({}, *CHANGES, {"branch": "x", "reason": "y"}, {"branch": "y", "reason": "x"})["content"]

    assert contents.n_unique() == len(CHANGES) + 3


def test_hashes_are_those_that_older_versions_stored() -> None:
    """A change of these numbers makes every event that comes again a conflict."""
    stored = signed(EVENT | {"branch": "b\N{SNOWMAN}"}).select(*EVENT_KEY, "content").row(0)

    assert stored == (7_056_580_662_757_124_532, -1_664_425_117_685_325_750, -8_858_168_659_180_227_195)


def test_the_same_event_id_in_another_account_is_another_event() -> None:
    known, arriving = keys_of(signed({})), signed({"account_id": "beta"}, {"account_id": "acme\x1f", "event_id": "e1"})

    found = verdicts(arriving, known)

    assert found == [NEW, NEW]


ARRIVALS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), max_size=12)


@settings(deadline=None)
@given(before=st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy")), arrivals=ARRIVALS)
def test_verdicts_agree_with_going_through_one_by_one(before: dict[str, str], arrivals: list[tuple[str, str]]) -> None:
    known = keys_of(signed(*({"event_id": key, "branch": content} for key, content in before.items())))
    arriving = signed(*({"event_id": key, "branch": content} for key, content in arrivals))
    seen, expected = dict(before), list[str]()
    for key, content in arrivals:
        expected.append(NEW if key not in seen else DUPLICATE if seen[key] == content else CONFLICT)
        seen.setdefault(key, content)

    found = verdicts(arriving, known)

    assert found == expected


@settings(deadline=None)
@given(key=st.integers(-(2**63), 2**63 - 1), of_parts=st.integers(1, 40))
def test_each_key_is_in_exactly_one_part(key: int, of_parts: int) -> None:
    keys = pl.LazyFrame({"key_high": [key]}, schema={"key_high": pl.Int64})

    places = [keys.select(is_in_part(part, of_parts=of_parts)).collect().item() for part in range(of_parts)]

    assert sum(places) == 1
