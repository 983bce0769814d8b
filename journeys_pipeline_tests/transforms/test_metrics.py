"""Figures agree, on any small world and in every grain, with plain Python that counts them one cell at a time."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys
from journeys_pipeline.schemas.metrics import CampaignPerformance, ChannelPerformance, ElementPerformance, GoalValues
from journeys_pipeline.transforms import daily_facts
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_channels,
    measure_elements,
    measure_goal_values,
)

Grain = Literal["day", "month", "range"]
Row = tuple[Any, ...]

ACCOUNTS, JOURNEYS, PEOPLE, MESSAGES = (
    ["acme", "beta"],
    ["with_goal", "without"],
    ["ann", "bob", "cy"],
    ["m1", "m2", "m3"],
)
GOALS = {("acme", "with_goal"): ("buy", 3), ("beta", "with_goal"): ("buy", 1)}
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
    """What these figures read of an event."""

    event_type: str
    occurred_at: datetime
    account_id: str = "acme"
    journey_id: str | None = "with_goal"
    person_id: str | None = "ann"
    event_id: str = ""
    is_test: bool = False
    entry_source: str | None = None
    exit_type: str | None = None
    element_id: str | None = None
    outcome: str | None = None
    message_id: str | None = None
    channel: str | None = None
    segments: int | None = None
    price: Decimal | None = None
    currency: str | None = None
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
    context = {"file_id": "f", "row_number": 1, "journey_version": 1}
    rows = [
        asdict(e) | context | {"day": e.occurred_at.date(), "entry_id": e.event_id if e.journey_id else None}
        for e in world.events
    ]
    events = JourneyEvents.validate(pl.DataFrame(rows, schema=JourneyEvents.create_empty().schema)).lazy()
    contacts = ContactEntries.validate(pl.DataFrame(world.contacts, schema=ContactEntries.create_empty().schema)).lazy()
    others = ["collect_exits", "collect_steps", "collect_messages", "collect_goals"]
    tables = [daily_facts.collect_entries(events, contacts), *(getattr(daily_facts, name)(events) for name in others)]
    return Facts(*(table.lazy() for table in pl.collect_all(tables)), journeys().lazy())


def journeys() -> pl.DataFrame:
    """Two journeys per account; the goal of the first was another one in an older version."""
    always = {"name": "n", "campaign_id": "c", "campaign_name": "C", "status": "active", "elements": "[]"}
    rows = [
        always | {
            "account_id": account, "journey_id": journey, "version": version, "goal_event_name": goal,
            "goal_attribution_days": attribution_days, "valid_from": INSTANTS[0],
        }
        for account, journey in product(ACCOUNTS, JOURNEYS)
        for version, (goal, attribution_days) in [
            (10, GOALS.get((account, journey), (None, None))),
            (9, ("visit", 90) if journey == "with_goal" else (None, None)),
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


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A few people, two accounts with two journeys each, and five weeks of everything that happens to them."""
    one_of = st.sampled_from
    currency, price = one_of(["EUR", "USD"]), one_of([Decimal("0.01"), Decimal("0.2"), Decimal("3.123456")])
    person, machine = {"person_id": one_of(PEOPLE)}, {"is_machine": one_of([None, False, True])}
    journey = person | {"journey_id": one_of(JOURNEYS)}
    message = {"message_id": one_of(MESSAGES), "channel": one_of(["sms", "email"])}
    no_context = {"journey_id": st.none(), "person_id": st.none()}
    kinds: list[tuple[list[str], dict[str, st.SearchStrategy[Any]]]] = [
        (["journey_entered"], journey | {"entry_source": st.just("api")}),
        (["journey_exited"], journey | {"exit_type": one_of(["exit_point", "exit_point", "cancelled"])}),
        (["element_entered", "element_completed"],
         journey | {"element_id": one_of(["wait", "mail"]), "outcome": one_of(["ok", "error"])}),
        (["message_sent"], message | person | {
            "journey_id": one_of([*JOURNEYS, None]), "segments": one_of([None, 1, 3]),
            "price": st.none() | price, "currency": st.none() | currency}),
        (["message_priced"], message | no_context | {"price": price, "currency": currency}),
        (["message_seen", "message_opened", "message_clicked", "message_replied"], message | no_context | machine),
        (["goal_performed"], person | {
            "journey_id": st.none(), "event_name": one_of(["buy", "buy", "visit"]),
            "value": one_of([None, "1.5", "20"]), "currency": st.none() | currency}),
    ]  # fmt: skip
    envelope = {
        "occurred_at": one_of(INSTANTS),
        "account_id": one_of(["acme", "acme", "acme", "beta"]),
        "is_test": one_of([False] * 7 + [True]),
    }
    event = st.one_of(
        *(st.builds(Event, event_type=one_of(types), **(envelope | fields)) for types, fields in kinds),
    )
    events = draw(st.lists(event, min_size=25, max_size=40))
    entry = st.fixed_dictionaries(
        journey | {"imported_at": one_of(INSTANTS), "is_valid": st.booleans(), "is_duplicate": st.booleans()}
    )
    entries = draw(st.lists(entry, max_size=3))
    return World(
        [replace(e, event_id=f"e{number:03}") for number, e in enumerate(events)],
        [contact(number, **fields) for number, fields in enumerate(entries, 2)],
    )


class Happened:
    """Plain Python's view of one account and journey of a world."""

    def __init__(self, world: World, account: str, journey: str) -> None:
        real = sorted(
            (e for e in world.events if e.account_id == account and not e.is_test),
            key=lambda e: (e.occurred_at, e.event_id),
        )
        mine = [e for e in real if e.journey_id == journey]
        imported = [
            Event("journey_entered", c["imported_at"], account, journey, c["person_id"])
            for c in world.contacts
            if (c["account_id"], c["journey_id"], c["is_valid"], c["is_duplicate"]) == (account, journey, True, False)
        ]
        self.entries = [e for e in mine if e.event_type == "journey_entered"] + imported
        self.exits = [e for e in mine if e.exit_type == "exit_point"]
        self.steps = [e for e in mine if e.element_id]
        self.prices = {e.message_id: e for e in real if e.event_type == "message_priced"}
        sent = [e for e in real if e.event_type == "message_sent" and e.journey_id]
        first = {e.message_id: e for e in reversed(sent)}
        self.messages = {e.message_id: e for e in first.values() if e.journey_id == journey}
        acted = ["message_seen", "message_opened", "message_clicked"]
        self.actions = [
            replace(e, person_id=self.messages[e.message_id].person_id)
            for e in real
            if e.event_type in acted and not e.is_machine and e.message_id in self.messages
        ]
        self.has_goal = (account, journey) in GOALS
        goal, attribution_days = GOALS.get((account, journey), (None, 0))
        window = timedelta(days=attribution_days)
        self.goals = [
            e
            for e in real
            if e.event_type == "goal_performed" and e.event_name == goal and self.entered(e, within=window)
        ]

    def entered(self, event: Event, *, within: timedelta = timedelta.max) -> bool:
        """Whether the event's person had entered the journey by then, and no longer ago than `within`."""
        ages = [event.occurred_at - e.occurred_at for e in self.entries if e.person_id == event.person_id]
        return any(timedelta(0) <= age <= within for age in ages)


Inside = Callable[[Event], bool]


def people(events: Sequence[Event]) -> int:
    return len({e.person_id for e in events})


def expect_campaigns(happened: Happened, inside: Inside) -> list[Row]:
    entries = [e for e in happened.entries if inside(e)]
    exits = [e for e in happened.exits if inside(e)]
    completed = [
        x for x in exits if any(x.person_id == e.person_id and x.occurred_at >= e.occurred_at for e in entries)
    ]
    active = [a for a in happened.actions if inside(a) and happened.entered(a)]
    goals = [g for g in happened.goals if inside(g)]
    messages = [m for m in happened.messages.values() if inside(m)]
    rate = people(completed) / people(entries) if entries else None
    goal_figures = (people(goals), len(goals)) if happened.has_goal else (None, None)
    row = (people(entries), len(entries), people(exits), rate, people(active), *goal_figures, len(messages))
    return [row] if any(row) else []


def expect_channels(happened: Happened, inside: Inside) -> list[Row]:
    priced = [(m, happened.prices.get(m.message_id, m)) for m in happened.messages.values() if inside(m)]
    rows = []
    for channel, currency in {(m.channel, p.currency or "") for m, p in priced}:
        these = [(m, p) for m, p in priced if (m.channel, p.currency or "") == (channel, currency)]
        prices = [p.price for _, p in these if p.price is not None]
        segments = sum(m.segments or 1 for m, _ in these)
        rows.append((channel, currency, len(these), segments, sum(prices) if prices else None))
    return rows


def expect_elements(happened: Happened, inside: Inside) -> list[Row]:
    rows = []
    for element in {e.element_id for e in happened.steps if inside(e)}:
        steps = [e for e in happened.steps if inside(e) and e.element_id == element]
        completed = [e for e in steps if e.event_type == "element_completed"]
        errors = [e for e in completed if e.outcome == "error"]
        rows.append((element, len(steps) - len(completed), people(steps), len(completed), len(errors)))
    return rows


def expect_goal_values(happened: Happened, inside: Inside) -> list[Row]:
    goals = [g for g in happened.goals if inside(g)]
    return [
        (currency, len(these), sum(Decimal(g.value or 0) for g in these))
        for currency in {g.currency or "" for g in goals}
        for these in [[g for g in goals if (g.currency or "") == currency]]
    ]


def expected(count: Callable[[Happened, Inside], list[Row]], world: World, periods: Periods) -> list[Row]:
    """Every cell's rows, in the order of their keys."""
    name: dict[Grain, Callable[[date], date]] = {
        "day": lambda day: day, "month": lambda day: day.replace(day=1), "range": lambda _: periods.start,
    }  # fmt: skip
    days: dict[date, set[date]] = {}
    for day in days_between(periods.start, periods.end):
        days.setdefault(name[periods.grain](day), set()).add(day)
    return [
        (account, journey, period, *row)
        for account, journey in product(ACCOUNTS, JOURNEYS)
        for happened in [Happened(world, account, journey)]
        for period, in_period in days.items()
        for row in sorted(count(happened, lambda e, in_period=in_period: e.occurred_at.date() in in_period))
    ]


FIGURES = [
    (CampaignPerformance, measure_campaigns, expect_campaigns),
    (ChannelPerformance, measure_channels, expect_channels),
    (ElementPerformance, measure_elements, expect_elements),
    (GoalValues, measure_goal_values, expect_goal_values),
]


@pytest.mark.parametrize("grain", ["day", "month", "range"])
# Shrinking such a world takes minutes; the examples beside this file say by name which rule broke.
@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(
    world=worlds(),
    start=st.sampled_from([date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 4)]),
    end=st.sampled_from([date(2026, 11, 5), date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 4)]),
)
def test_figures_are_those_that_plain_python_counts(grain: Grain, world: World, start: date, end: date) -> None:
    periods, facts = Periods(start, end, grain), facts_of(world)

    tables = pl.collect_all([measure(facts, periods) for _, measure, _ in FIGURES], engine="streaming")

    for table, (schema, _, count) in zip(tables, FIGURES, strict=True):
        assert schema.validate(table).rows() == expected(count, world, periods)
    campaigns, channels, _, goal_values = tables
    assert campaigns["messages_sent"].sum() == channels["messages_sent"].sum()  # F19
    assert campaigns["goal_events"].sum() == goal_values["goal_events"].sum()
