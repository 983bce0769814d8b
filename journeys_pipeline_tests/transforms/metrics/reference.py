"""Figures as plain Python counts them, one cell at a time: slow, obvious, and the judge of the fast ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

from journeys_pipeline.periods import add_months, days_between, month_of
from journeys_pipeline.transforms.metrics import Periods
from journeys_pipeline_tests.transforms.metrics.worlds import ACCOUNTS, GOALS, JOURNEYS, Event, World

Row = tuple[Any, ...]
ACTIONS = ["message_seen", "message_opened", "message_clicked"]


@dataclass(frozen=True)
class Period:
    """The days [start, until) that are counted as one, and their name."""

    name: date
    start: date
    until: date

    def __contains__(self, event: Event) -> bool:
        return self.start <= event.occurred_at.date() < self.until

    def is_over_at(self, event: Event) -> bool:
        return event.occurred_at.date() >= self.until


class Happened:
    """Plain Python's view of one account and journey of a world, or of one version of it."""

    def __init__(self, world: World, account: str, journey: str, version: int | None = None) -> None:
        self.real = sorted(
            (e for e in world.events if e.account_id == account and not e.is_test),
            key=lambda e: (e.occurred_at, e.event_id),
        )
        self.account, self.journey, self.version = account, journey, version
        mine = [e for e in self.real if self.is_mine(e)]
        imported = [
            Event("journey_entered", c["imported_at"], account, journey, None, c["person_id"],
                  f"contacts#{c['row_number']}", entry_source="sftp_import")
            for c in world.contacts
            if (c["account_id"], c["journey_id"], c["is_valid"], c["is_duplicate"]) == (account, journey, True, False)
            and version is None
        ]  # fmt: skip
        self.entries = sorted(
            [e for e in mine if e.event_type == "journey_entered"] + imported,
            key=lambda e: (e.occurred_at, e.event_id),
        )
        self.exits = [e for e in mine if e.event_type == "journey_exited"]
        self.at_exit_points = [e for e in self.exits if e.exit_type == "exit_point"]
        self.steps = [e for e in mine if e.event_type in ("element_entered", "element_completed")]
        self.arrivals = [e for e in self.steps if e.event_type == "element_entered"]
        self.completions = [e for e in self.steps if e.event_type == "element_completed"]
        self.prices = {e.message_id: e for e in self.real if e.event_type == "message_priced"}
        sent = [e for e in self.real if e.event_type == "message_sent" and e.journey_id]
        first = {e.message_id: e for e in reversed(sent)}
        self.messages = {e.message_id: e for e in first.values() if self.is_mine(e)}
        # what was done with a message, as if its record named all that the sending named
        self.done = [
            replace(self.messages[e.message_id], event_type=e.event_type, occurred_at=e.occurred_at,
                    is_machine=e.is_machine)
            for e in self.real
            if e.message_id in self.messages
        ]  # fmt: skip
        self.actions = [e for e in self.done if e.event_type in ACTIONS and not e.is_machine]
        self.has_goal = (account, journey) in GOALS
        goal, attribution_days = GOALS.get((account, journey), (None, 0))
        window = timedelta(days=attribution_days)
        self.goals = [
            e
            for e in self.real
            if e.event_type == "goal_performed" and e.event_name == goal and self.entered(e, within=window)
        ]

    def is_mine(self, event: Event) -> bool:
        return event.journey_id == self.journey and self.version in (None, event.journey_version)

    def entered(self, event: Event, *, within: timedelta = timedelta.max) -> bool:
        """Whether the event's person had entered the journey by then, and no longer ago than `within`."""
        ages = [event.occurred_at - e.occurred_at for e in self.entries if e.person_id == event.person_id]
        return any(timedelta(0) <= age <= within for age in ages)

    def fate(self, message: Event, period: Period) -> Event | None:
        """The last of what became of a message, from the day it was sent on and by the period's end."""
        final = ["message_delivered", "message_failed", "message_bounced"]
        fates = [
            e
            for e in self.real
            if e.event_type in final
            and e.message_id == message.message_id
            and e.occurred_at.date() >= message.occurred_at.date()
            and not period.is_over_at(e)
        ]
        return fates[-1] if fates else None


def passage(event: Event) -> str | None:
    return event.entry_id or event.person_id


def people(events: Sequence[Event]) -> int:
    return len({e.person_id for e in events})


def values(events: Sequence[Event], name: str) -> list[Any]:
    """The different values of a field, without none."""
    return sorted({getattr(e, name) for e in events} - {None})


def applies(value: int, *, where: bool) -> int | None:
    return value if where else None


def cells(world: World, periods: Periods, versions: Sequence[int | None]) -> Iterator[tuple[Row, Happened, Period]]:
    """Every journey, or version of one, in every period, with what its rows begin with."""
    for account, journey, version in product(ACCOUNTS, JOURNEYS, versions):
        happened = Happened(world, account, journey, version)
        for period in split(periods):
            yield (account, journey, period.name, *([] if version is None else [version])), happened, period


def split(periods: Periods) -> list[Period]:
    """The single periods, in order."""
    days = days_between(periods.start, periods.end)
    next_day = timedelta(days=1)
    if periods.grain == "day":
        return [Period(day, day, day + next_day) for day in days]
    if periods.grain == "range":
        return [Period(periods.start, periods.start, periods.end)]
    months = sorted({month_of(day) for day in days})
    return [Period(month, max(month, periods.start), min(add_months(month, 1), periods.end)) for month in months]


Expect = Callable[[Happened, Period], list[Row]]


def expected(count: Expect, world: World, periods: Periods, versions: Sequence[int | None] = (None,)) -> list[Row]:
    """Every cell's rows, sorted."""
    rows = [
        (*key, *row) for key, happened, period in cells(world, periods, versions) for row in count(happened, period)
    ]
    return sorted(rows, key=str)


def expected_of(journey: str, version: int | None, count: Expect, world: World, periods: Periods) -> list[Row]:
    """The rows of one journey, or of one version of it, sorted."""
    rows = [
        (account, journey, period.name, *row)
        for account in ACCOUNTS
        for happened in [Happened(world, account, journey, version)]
        for period in split(periods)
        for row in count(happened, period)
    ]
    return sorted(rows, key=str)
