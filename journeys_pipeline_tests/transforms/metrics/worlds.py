"""Small worlds that hypothesis makes: a few people, two accounts, five weeks of everything that happens to them."""

import json
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import polars as pl
from hypothesis import strategies as st

from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import EXIT_TYPES, JourneyEvents, Journeys
from journeys_pipeline.transforms import daily_facts
from journeys_pipeline.transforms.metrics import Facts

ACCOUNTS, JOURNEYS, VERSIONS = ["acme", "beta"], ["with_goal", "without"], [9, 10]
PEOPLE, MESSAGES, PASSAGES = ["ann", "bob", "cy"], ["m1", "m2", "m3", "m4"], ["p1", "p2"]
CHANNELS = ["sms", "email", "viber", "mobile_push"]
GOALS = {("acme", "with_goal"): ("buy", 3), ("beta", "with_goal"): ("buy", 1)}
ELEMENTS = {  # of version 10; version 9 says otherwise, and "new" is in none
    "door": "api", "wait": "wait_for_event", "mail": "email", "fork": "split", "hook": "api_call", "done": "exit_point",
}  # fmt: skip
# Few instants, on both sides of month ends and exactly one or three days apart, so that edges are met often.
INSTANTS = [
    datetime(2026, month, day, hour, tzinfo=UTC)
    for month, day, hour in [
        (10, 31, 23), (11, 1, 0), (11, 1, 12), (11, 2, 0), (11, 4, 0), (11, 4, 1), (11, 5, 12), (11, 30, 23),
        (12, 1, 0), (12, 3, 12),
    ]
]  # fmt: skip


@dataclass(frozen=True)
class Event:
    """What figures read of an event."""

    event_type: str
    occurred_at: datetime
    account_id: str = "acme"
    journey_id: str | None = "with_goal"
    journey_version: int | None = 10
    person_id: str | None = "ann"
    event_id: str = ""
    entry_id: str | None = None
    is_test: bool = False
    entry_source: str | None = None
    exit_type: str | None = None
    element_id: str | None = None
    outcome: str | None = None
    branch: str | None = None
    error_code: str | None = None
    message_id: str | None = None
    channel: str | None = None
    segments: int | None = None
    price: Decimal | None = None
    currency: str | None = None
    permanent: bool | None = None
    is_machine: bool | None = None
    event_name: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class World:
    """Events with their ids, and contact entries."""

    events: list[Event]
    contacts: list[dict[str, Any]]


def facts_of(world: World) -> Facts:
    """The fact tables that the transforms make of a world."""
    rows = [asdict(e) | {"file_id": "f", "row_number": 1, "day": e.occurred_at.date()} for e in world.events]
    events = JourneyEvents.validate(pl.DataFrame(rows, schema=JourneyEvents.create_empty().schema)).lazy()
    contacts = ContactEntries.validate(pl.DataFrame(world.contacts, schema=ContactEntries.create_empty().schema)).lazy()
    others = ["collect_exits", "collect_steps", "collect_messages", "collect_goals"]
    tables = [daily_facts.collect_entries(events, contacts), *(getattr(daily_facts, name)(events) for name in others)]
    return Facts(*(table.lazy() for table in pl.collect_all(tables)), journeys().lazy())


def journeys() -> pl.DataFrame:
    """Two journeys per account; an older version had another goal, other types, and one element more."""
    always = {"name": "n", "campaign_id": "c", "campaign_name": "C", "status": "active"}
    older = dict.fromkeys(ELEMENTS, "pause") | {"old": "sms"}
    rows = [
        always | {
            "account_id": account, "journey_id": journey, "version": version, "goal_event_name": goal,
            "goal_attribution_days": attribution_days, "valid_from": INSTANTS[0], "launched_at": INSTANTS[0],
            "elements": json.dumps([{"element_id": name, "type": kind, "next": []} for name, kind in elements.items()]),
        }
        for account, journey in product(ACCOUNTS, JOURNEYS)
        for version, elements, (goal, attribution_days) in [
            (10, ELEMENTS, GOALS.get((account, journey), (None, None))),
            (9, older, ("visit", 90) if journey == "with_goal" else (None, None)),
        ]
    ]  # fmt: skip
    return Journeys.validate(pl.DataFrame(rows, schema=Journeys.create_empty().schema))


def contact(row_number: int, *, imported_at: datetime, **fields: Any) -> dict[str, Any]:
    """One contact entry of a file."""
    entry = {
        "file_id": "contacts", "row_number": row_number, "account_id": "acme", "journey_id": "with_goal",
        "person_id": "ann", "is_valid": True, "is_duplicate": False, "attributes": "{}",
        "imported_at": imported_at, "day": imported_at.date(),
    } | fields  # fmt: skip
    return entry | {"reasons": None if entry["is_valid"] else "EMPTY_PHONE"}


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


Fields = dict[str, st.SearchStrategy[Any]]
JOURNEY: Fields = {
    "person_id": one_of(*PEOPLE), "journey_id": one_of(*JOURNEYS), "journey_version": one_of(*VERSIONS),
    "entry_id": one_of(*PASSAGES),
}  # fmt: skip
NO_JOURNEY: Fields = {"journey_id": st.none(), "journey_version": st.none(), "person_id": st.none()}
MESSAGE: Fields = {"message_id": one_of(*MESSAGES), "channel": one_of(*CHANNELS)}
PRICE: Fields = {
    "price": one_of(Decimal("0.01"), Decimal("0.2"), Decimal("3.123456")), "currency": one_of("EUR", "USD"),
}  # fmt: skip
ELEMENT = one_of(*ELEMENTS, "wait", "new", "old")
PASSING: list[tuple[list[str], Fields]] = [
    (["journey_entered"], JOURNEY | {"entry_source": one_of("api", "event"), "element_id": one_of("door", None)}),
    (["journey_exited"], JOURNEY | {
        "exit_type": one_of("exit_point", "exit_point", *EXIT_TYPES), "element_id": ELEMENT | st.none(),
        "entry_id": one_of(*PASSAGES, None)}),
    (["element_entered"], JOURNEY | {"element_id": ELEMENT, "entry_id": one_of(*PASSAGES, None)}),
    (["element_completed"], JOURNEY | {
        "element_id": ELEMENT, "entry_id": one_of(*PASSAGES, None), "outcome": one_of("ok", "error", "timed_out"),
        "branch": one_of(None, "A", "B"), "error_code": one_of(None, "E1")}),
]  # fmt: skip
TALKING: list[tuple[list[str], Fields]] = [
    (["journey_entered"], JOURNEY | {"entry_source": one_of("api", "event")}),
    (["journey_exited"], JOURNEY | {"exit_type": one_of("exit_point", "exit_point", "cancelled")}),
    (["message_sent"], MESSAGE | JOURNEY | PRICE | {
        "journey_id": one_of(*JOURNEYS, None), "segments": one_of(None, 1, 3), "element_id": one_of("mail", None),
        "price": st.none() | PRICE["price"], "currency": st.none() | PRICE["currency"]}),
    (["message_priced"], MESSAGE | NO_JOURNEY | PRICE),
    *[
        ([fate], MESSAGE | NO_JOURNEY | {"permanent": st.none() | st.booleans()})
        for fate in ("message_delivered", "message_failed", "message_bounced")
    ],
    (["message_seen", "message_opened", "message_clicked", "message_replied", "message_unsubscribed",
      "message_complained"], MESSAGE | NO_JOURNEY | {"is_machine": st.none() | st.booleans()}),
    (["goal_performed"], NO_JOURNEY | {
        "person_id": one_of(*PEOPLE), "event_name": one_of("buy", "buy", "visit"),
        "value": one_of(None, "1.5", "20"), "currency": one_of(None, "EUR", "USD")}),
]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn, kinds: list[tuple[list[str], Fields]]) -> World:
    """A world of events of these kinds, in any order, some of them test events, and a few contact entries."""
    envelope = {
        "occurred_at": st.sampled_from(INSTANTS),
        "account_id": one_of("acme", "acme", "acme", "beta"),
        "is_test": st.integers(0, 7).map(lambda number: number == 0),
    }
    event = st.one_of(
        *(st.builds(Event, event_type=one_of(*types), **(envelope | fields)) for types, fields in kinds),
    )
    events = draw(st.lists(event, min_size=50, max_size=80))
    entry = st.fixed_dictionaries(
        {"person_id": one_of(*PEOPLE), "journey_id": one_of(*JOURNEYS), "imported_at": st.sampled_from(INSTANTS)}
        | {"is_valid": st.booleans(), "is_duplicate": st.booleans()}
    )
    entries = draw(st.lists(entry, max_size=3))
    return World(
        [replace(e, event_id=f"e{number:03}") for number, e in enumerate(events)],
        [contact(number, **fields) for number, fields in enumerate(entries, 2)],
    )
