"""What plain Python expects of the figures of entries, exits and elements."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from journeys_pipeline_tests.transforms.metrics.reference import (
    Happened,
    Period,
    Row,
    applies,
    passage,
    people,
    values,
)
from journeys_pipeline_tests.transforms.metrics.worlds import ELEMENTS, Event

TYPES = ELEMENTS | {"old": "sms"}


def expect_entry_points(happened: Happened, period: Period) -> list[Row]:
    entries = [e for e in happened.entries if e in period]
    return [
        (source, len(these), people(these), len([e for e in these if is_re_entry(happened, e)]))
        for source in values(entries, "entry_source")
        for these in [[e for e in entries if e.entry_source == source]]
    ]


def is_re_entry(happened: Happened, entry: Event) -> bool:
    return entry != next(e for e in happened.entries if e.person_id == entry.person_id)


def expect_exits(happened: Happened, period: Period) -> list[Row]:
    exits = [e for e in happened.exits if e in period]
    return [
        (exit_type, len(these), people(these), len({passage(e) for e in these}))
        for exit_type in values(exits, "exit_type")
        for these in [[e for e in exits if e.exit_type == exit_type]]
    ]


def expect_elements(happened: Happened, period: Period) -> list[Row]:
    everything = [*happened.entries, *happened.steps, *happened.exits]
    rows = [(element, *element_figures(happened, period, element)) for element in values(everything, "element_id")]
    return [row for row in rows if any(row[2:])]


def element_figures(happened: Happened, period: Period, element: str) -> Row:
    def here(events: Sequence[Event]) -> list[Event]:
        return [e for e in events if e in period and e.element_id == element]

    kind = TYPES.get(element)
    entries, completed, exits = here(happened.entries), here(happened.completions), here(happened.exits)
    ended = {outcome: [c for c in completed if c.outcome == outcome] for outcome in ("ok", "timed_out", "error")}
    is_door, is_wait = kind == "api", kind == "wait_for_event"
    is_call, is_exit = kind == "api_call", kind == "exit_point"
    dwells = [dwell for c in completed for dwell in dwell_of(happened, c)]
    satisfied = [dwell for c in ended["ok"] for dwell in dwell_of(happened, c)]
    return (
        kind,
        len(here(happened.arrivals)),
        people(here(happened.steps)),
        inside(happened, period, element),
        len(completed),
        len(exits),
        len(ended["error"]),
        rank(dwells, 50),
        rank(dwells, 95),
        applies(len(entries), where=is_door),
        applies(people(entries), where=is_door),
        applies(len([e for e in entries if is_re_entry(happened, e)]), where=is_door),
        applies(len(ended["ok"]), where=is_wait),
        applies(len(ended["timed_out"]), where=is_wait),
        rank(satisfied, 50) if is_wait else None,
        applies(len(ended["ok"]), where=is_call),
        applies(len(ended["error"]), where=is_call),
        applies(people(exits), where=is_exit),
        applies(len({passage(e) for e in exits}), where=is_exit),
    )


def dwell_of(happened: Happened, completion: Event) -> list[int]:
    """Seconds since the latest arrival of the passage at the element, if there was one."""
    arrivals = [
        a.occurred_at
        for a in happened.arrivals
        if (a.element_id, passage(a)) == (completion.element_id, passage(completion))
        and a.occurred_at <= completion.occurred_at
    ]
    return [int((completion.occurred_at - max(arrivals)).total_seconds())] if arrivals else []


def rank(dwells: Sequence[int], percent: int) -> int | None:
    return sorted(dwells)[ceil(len(dwells) * percent / 100) - 1] if dwells else None


def inside(happened: Happened, period: Period, element: str) -> int:
    """Passages whose last arrival at the element nothing followed that took them out of it."""
    arrived: dict[str | None, datetime] = {}
    for arrival in happened.arrivals:
        if arrival.element_id == element and not period.is_over_at(arrival):
            arrived[passage(arrival)] = arrival.occurred_at
    out = [
        passage(e)
        for e in [*happened.completions, *happened.exits]
        if (e.event_type == "journey_exited" or e.element_id == element)
        and not period.is_over_at(e)
        and passage(e) in arrived
        and e.occurred_at >= arrived[passage(e)]
    ]
    return len(set(arrived) - set(out))


def expect_branches(happened: Happened, period: Period) -> list[Row]:
    taken = [c for c in happened.completions if c in period and c.branch]
    return [
        (element, branch, len(these), people(these), len(these) / len(of_element))
        for element in values(taken, "element_id")
        for of_element in [[c for c in taken if c.element_id == element]]
        for branch in values(of_element, "branch")
        for these in [[c for c in of_element if c.branch == branch]]
    ]


def expect_errors(happened: Happened, period: Period) -> list[Row]:
    errors = [c for c in happened.completions if c in period and c.outcome == "error"]
    return [
        (element, code, len(these), people(these))
        for element in values(errors, "element_id")
        for code in sorted({c.error_code or "" for c in errors if c.element_id == element})
        for these in [[c for c in errors if (c.element_id, c.error_code or "") == (element, code)]]
    ]
