"""Small worlds of calls: what platform events say, and the journeys that the calls belong to."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import CALL_OUTCOMES, INPUT_OUTCOMES, JourneyEvents, Journeys
from journeys_pipeline.transforms.ivr_facts import collect_calls, collect_inputs, collect_menu_steps
from journeys_pipeline.transforms.ivr_metrics import IvrFacts

ACCOUNTS, JOURNEYS, VERSIONS = ["acme", "beta"], ["defined", "undefined"], [1, 2, 3]
# Two calls, the second begun by option 3; a way that ends at "bye", one that ends at "done".
FIRST_VERSION = [
    {"element_id": "dial", "type": "call", "next": ["menu"]},
    {"element_id": "menu", "type": "collect", "next": ["zip"], "menu_options": [
        {"key": "1", "label": "Postal code", "next_element_id": "zip"},
        {"key": 2, "label": "Goodbye", "next_element_id": "bye"},
        {"key": "3", "next_element_id": "again"}]},
    {"element_id": "zip", "type": "collect", "next": ["bye"]},
    {"element_id": "bye", "type": "play", "next": []},
    {"element_id": "again", "type": "call", "next": ["done"]},
    {"element_id": "done", "type": "exit_point", "is_exit_point": True},
]  # fmt: skip
SECOND_VERSION = [
    {"element_id": "dial", "type": "call", "next": ["menu"]},
    {"element_id": "menu", "type": "play", "menu_options": [{"key": "1", "label": "End", "next_element_id": "bye"}]},
    {"element_id": "bye", "type": "play", "next": ["done"]},
    {"element_id": "done", "type": "play", "is_exit_point": True, "next": ["dial"]},
]
# What people read in the two versions above.
ENDS = {(1, "bye"), (1, "done"), (2, "done")}
BEGUN_BY = {
    (1, "dial"): "dial", (1, "menu"): "dial", (1, "zip"): "dial", (1, "bye"): "dial", (1, "again"): "again",
    (1, "done"): "again", (2, "dial"): "dial", (2, "menu"): "dial", (2, "bye"): "dial", (2, "done"): "dial",
    (2, None): "dial",
}  # fmt: skip
OPTIONS = {
    (1, "menu", "1"): ("Postal code", "zip"), (1, "menu", "2"): ("Goodbye", "bye"), (1, "menu", "3"): (None, "again"),
    (2, "menu", "1"): ("End", "bye"),
}  # fmt: skip
# Few instants, on both sides of midnight, of a week and of month ends, so that edges are met often.
INSTANTS = [
    datetime(2026, month, day, hour, tzinfo=UTC)
    for month, day, hour in [
        (10, 31, 23), (11, 1, 0), (11, 1, 23), (11, 2, 0), (11, 4, 12), (11, 5, 0), (11, 30, 23), (12, 1, 0),
        (12, 3, 12),
    ]
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What IVR figures read of an event."""

    event_type: str
    occurred_at: datetime
    account_id: str = "acme"
    journey_id: str = "defined"
    journey_version: int = 1
    person_id: str = "ann"
    event_id: str = ""
    is_test: bool = False
    call_id: str = "c1"
    element_id: str | None = None
    started_at: datetime | None = None
    answered_by: str | None = None
    duration_s: float | None = None
    outcome: str | None = None
    price: Decimal | None = None
    currency: str | None = None
    key: str | None = None
    next_element_id: str | None = None
    variable: str | None = None
    masking: str | None = None
    value: str | None = None


def facts_of(events: list[Event]) -> IvrFacts:
    """The fact tables that the transforms make of events."""
    rows = [asdict(e) | {"day": e.occurred_at.date(), "file_id": "f", "row_number": 1} for e in events]
    accepted = JourneyEvents.validate(pl.DataFrame(rows, schema=JourneyEvents.create_empty().schema)).lazy()
    calls, steps, inputs = pl.collect_all(
        [collect(accepted) for collect in (collect_calls, collect_menu_steps, collect_inputs)]
    )
    return IvrFacts(
        Calls.validate(calls).lazy(),
        MenuSteps.validate(steps).lazy(),
        CollectedInputs.validate(inputs).lazy(),
        journeys({1: FIRST_VERSION, 2: SECOND_VERSION}),
    )


def journeys(versions: dict[int, Any]) -> pl.LazyFrame:
    """The journey "defined" of every account, with these element lists."""
    always = {"name": "n", "campaign_id": "c", "campaign_name": "C", "status": "active", "valid_from": INSTANTS[0]}
    rows = [
        always | {"account_id": account, "journey_id": "defined", "version": version, "elements": json.dumps(elements)}
        for account in ACCOUNTS
        for version, elements in versions.items()
    ]
    return Journeys.validate(pl.DataFrame(rows, schema=Journeys.create_empty().schema)).lazy()


@st.composite
def worlds(draw: st.DrawFn) -> list[Event]:
    """Five weeks of a few people's calls, some recorded twice, in two accounts with two journeys each."""
    one_of = st.sampled_from
    envelope = {
        "occurred_at": one_of(INSTANTS),
        "account_id": one_of(["acme", "acme", "acme", "beta"]),
        "journey_id": one_of(["defined", "defined", "undefined"]),
        "journey_version": one_of(VERSIONS),
        "person_id": one_of(["ann", "bob", "cy"]),
        "is_test": one_of([False] * 7 + [True]),
    }
    ended = envelope | {
        "call_id": one_of([f"c{number}" for number in range(20)]),
        "element_id": one_of([None, "dial", "menu", "zip", "bye", "again", "done", "gone"]),
        "started_at": one_of([instant - timedelta(minutes=5) for instant in INSTANTS]),
        "answered_by": one_of([None, "human", "machine"]),
        "duration_s": one_of([None, 0.0, 1.001, 1.002, 59.9996]),
        "outcome": one_of([*CALL_OUTCOMES, "hung_up", "hung_up"]),
        "price": one_of([None, Decimal("0.01"), Decimal("3.123456")]),
        "currency": one_of([None, "EUR", "USD"]),
    }
    step = envelope | {"call_id": one_of(["c1", "c2", "c3"]), "element_id": one_of(["menu", "menu", "zip"])}
    pressed = step | {"key": one_of([None, "1", "1", "2", "9"]), "next_element_id": one_of([None, "zip", "bye"])}
    collected = step | {
        "variable": one_of(["code", "pin"]),
        "outcome": one_of([None, *INPUT_OUTCOMES]),
        "masking": one_of([None, "always", "always", "always", "masked", "never"]),
        "value": one_of([None, "17", "17", "4711", "***11"]),
    }
    kinds = {"call_ended": ended, "menu_shown": step, "option_pressed": pressed, "input_collected": collected}
    event = st.one_of(*(st.builds(Event, event_type=st.just(kind), **fields) for kind, fields in kinds.items()))
    events = draw(st.lists(event, min_size=30, max_size=50))
    return [Event(**(asdict(e) | {"event_id": f"e{number:03}"})) for number, e in enumerate(events)]
