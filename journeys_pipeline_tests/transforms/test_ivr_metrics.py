"""IVR figures agree, on any small world and in every grain and version, with plain Python that counts each cell."""

import statistics
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any, Literal

import dataframely as dy
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas import ivr_metrics as tables
from journeys_pipeline.transforms import ivr_metrics as transforms
from journeys_pipeline.transforms.metrics import Periods
from journeys_pipeline_tests.transforms.ivr_worlds import (
    ACCOUNTS,
    BEGUN_BY,
    ENDS,
    JOURNEYS,
    OPTIONS,
    VERSIONS,
    Event,
    facts_of,
    worlds,
)

Grain = Literal["day", "month", "range"]
Row = tuple[Any, ...]


class Cell:
    """What happened in one journey, version (0: any) and period."""

    def __init__(self, world: list[Event], account: str, journey: str, version: int, days: set[date]) -> None:
        real = [e for e in world if e.account_id == account and not e.is_test]
        recorded = sorted((e for e in real if e.event_type == "call_ended"), key=lambda e: (e.occurred_at, e.event_id))
        first = {e.call_id: e for e in reversed(recorded)}

        def inside(e: Event) -> bool:
            return e.journey_id == journey and version in (0, e.journey_version) and e.occurred_at.date() in days

        self.calls = [e for e in first.values() if inside(e)]
        self.answered = [e for e in self.calls if e.outcome in ("completed", "hung_up")]
        self.early = [e for e in self.answered if e.outcome == "hung_up" and not reached_an_end(e)]
        self.shown = [e for e in real if e.event_type == "menu_shown" and inside(e)]
        self.pressed = [e for e in real if e.event_type == "option_pressed" and inside(e)]
        self.inputs = [e for e in real if e.event_type == "input_collected" and inside(e)]


def reached_an_end(call: Event) -> bool:
    return call.journey_id == "defined" and (call.journey_version, call.element_id) in ENDS


def begun_by(call: Event) -> str:
    return BEGUN_BY.get((call.journey_version, call.element_id), "") if call.journey_id == "defined" else ""


def option(press: Event) -> tuple[str | None, str | None]:
    """Label and next element of the option, as the journey's version has it."""
    is_defined = press.journey_id == "defined"
    return (
        OPTIONS.get((press.journey_version, press.element_id, press.key), (None, None)) if is_defined else (None, None)
    )


def seconds(calls: list[Event]) -> list[Decimal]:
    return [round(Decimal(str(e.duration_s)), 3) for e in calls if e.duration_s is not None]


def having(events: list[Event], **fields: Any) -> list[Event]:
    return [e for e in events if all(getattr(e, name) == value for name, value in fields.items())]


def outcomes(calls: list[Event], names: list[str]) -> list[int]:
    return [len(having(calls, outcome=name)) for name in names]


def expect_calls(cell: Cell) -> list[Row]:
    if not cell.calls:
        return []
    by = [len(having(cell.answered, answered_by=who)) for who in ("human", "machine")]
    unanswered = outcomes(cell.calls, ["no_answer", "busy", "failed"])
    completed = len(cell.answered) - len(cell.early)
    rate = completed / len(cell.answered) if cell.answered else None
    talk = seconds(cell.answered)
    talked = (sum(talk), statistics.median(talk)) if talk else (None, None)
    people = len({e.person_id for e in cell.calls})
    return [(len(cell.calls), len(cell.answered), *by, *unanswered, completed, len(cell.early), rate, *talked, people)]


def expect_call_elements(cell: Cell) -> list[Row]:
    rows = []
    for element in {begun_by(e) for e in cell.calls}:
        calls = [e for e in cell.calls if begun_by(e) == element]
        answered = [e for e in calls if e in cell.answered]
        by = [len(having(answered, answered_by=who)) for who in ("human", "machine")]
        talk = seconds(answered)
        unanswered = outcomes(calls, ["no_answer", "busy", "failed"])
        rows.append((element, len(calls), *by, *unanswered, sum(talk) if talk else None))
    return rows


def expect_call_costs(cell: Cell) -> list[Row]:
    def currency(e: Event) -> str:
        return (e.currency or "") if e.price is not None else ""

    rows = []
    for element, money in {(begun_by(e), currency(e)) for e in cell.calls}:
        calls = [e for e in cell.calls if (begun_by(e), currency(e)) == (element, money)]
        prices = [e.price for e in calls if e.price is not None]
        rows.append((element, money, len(calls), sum(prices) if prices else None))
    return rows


def expect_call_hours(cell: Cell) -> list[Row]:
    begun = Counter((e.started_at.isoweekday(), e.started_at.hour) for e in cell.calls)
    answered = Counter((e.started_at.isoweekday(), e.started_at.hour) for e in cell.answered)
    return [(*hour, count, answered[hour]) for hour, count in begun.items()]


def expect_drop_offs(cell: Cell) -> list[Row]:
    early = Counter(e.element_id or "" for e in cell.early)
    return [(element, count, count / len(cell.early)) for element, count in early.items()]


def expect_menus(cell: Cell) -> list[Row]:
    rows = []
    for element in {e.element_id for e in [*cell.shown, *cell.pressed, *cell.inputs]}:
        shown, pressed = having(cell.shown, element_id=element), having(cell.pressed, element_id=element)
        inputs = having(cell.inputs, element_id=element)
        menu = (len(shown), len(shown) - len({e.call_id for e in shown}), len(pressed))
        failed = tuple(outcomes(inputs, ["no_input", "invalid"]))
        is_menu = shown or pressed
        rows.append((element, *(menu if is_menu else (None,) * 3), *(failed if inputs else (None,) * 2)))
    return rows


def expect_menu_paths(cell: Cell) -> list[Row]:
    def edge(e: Event) -> tuple[str | None, str, str]:
        return e.element_id, e.key or "", e.next_element_id or option(e)[1] or ""

    rows: list[Row] = []
    for element, key, following in {edge(e) for e in cell.pressed}:
        presses = [e for e in cell.pressed if edge(e) == (element, key, following)]
        labels = [option(e)[0] for e in sorted(presses, key=lambda e: e.journey_version) if option(e)[0]]
        share = len(presses) / len(having(cell.pressed, element_id=element))
        rows.append((element, key, following, labels[-1] if labels else None, len(presses), share))
    return rows + expect_unpressed(cell)


def expect_unpressed(cell: Cell) -> list[Row]:
    used = [e for e in [*cell.shown, *cell.pressed] if e.journey_id == "defined"]
    menus = {(e.journey_version, e.element_id) for e in used}
    pressed = {(e.element_id, e.key) for e in cell.pressed}
    offered = [(*menu, *way) for (*menu, key), way in OPTIONS.items() if tuple(menu) in menus for way in [(key, *way)]]
    labels: dict[tuple[Any, ...], Any] = {}
    for _, element, key, label, following in sorted(offered, key=lambda found: found[0]):
        if (element, key) not in pressed:
            labels[element, key, following] = label or labels.get((element, key, following))
    shares = {element: 0.0 if having(cell.pressed, element_id=element) else None for _, element in menus}
    return [(*way, label, 0, shares[way[0]]) for way, label in labels.items()]


def expect_inputs(cell: Cell) -> list[Row]:
    rows = []
    for element, variable in {(e.element_id, e.variable) for e in cell.inputs}:
        inputs = having(cell.inputs, element_id=element, variable=variable)
        valid = [e for e in inputs if e.outcome in ("ok", None)]
        is_open = all(e.masking == "always" for e in inputs)
        distinct = len({e.value for e in valid if e.value is not None}) if is_open else None
        rows.append((element, variable, len(inputs), len(valid), *outcomes(inputs, ["no_input", "invalid"]), distinct))
    return rows


def expect_input_values(cell: Cell) -> list[Row]:
    given = Counter(
        (e.element_id, e.variable, e.masking, e.value)
        for e in cell.inputs
        if e.outcome in ("ok", None) and e.masking in ("always", "masked") and e.value is not None
    )
    return [(*value, count) for value, count in given.items()]


def expected(count: Callable[[Cell], list[Row]], world: list[Event], periods: Periods) -> list[Row]:
    """Every cell's rows, in the order of their keys."""
    name: dict[Grain, Callable[[date], date]] = {
        "day": lambda day: day, "month": lambda day: day.replace(day=1), "range": lambda _: periods.start,
    }  # fmt: skip
    days: dict[date, set[date]] = {}
    for day in days_between(periods.start, periods.end):
        days.setdefault(name[periods.grain](day), set()).add(day)
    return [
        (account, journey, version, period, *row)
        for account, journey, version in product(ACCOUNTS, JOURNEYS, [0, *VERSIONS])
        for period, in_period in days.items()
        for row in sorted(count(Cell(world, account, journey, version, in_period)))
    ]


FIGURES: list[tuple[type[dy.Schema], Callable[..., pl.LazyFrame], Callable[[Cell], list[Row]]]] = [
    (tables.CallPerformance, transforms.measure_calls, expect_calls),
    (tables.CallElementPerformance, transforms.measure_call_elements, expect_call_elements),
    (tables.CallCosts, transforms.measure_call_costs, expect_call_costs),
    (tables.CallHours, transforms.measure_call_hours, expect_call_hours),
    (tables.CallDropOffs, transforms.measure_drop_offs, expect_drop_offs),
    (tables.MenuPerformance, transforms.measure_menus, expect_menus),
    (tables.MenuPaths, transforms.measure_menu_paths, expect_menu_paths),
    (tables.InputPerformance, transforms.measure_inputs, expect_inputs),
    (tables.InputValues, transforms.list_input_values, expect_input_values),
]


@pytest.mark.parametrize("grain", ["day", "month", "range"])
# Shrinking such a world takes minutes; the examples beside this file say by name which rule broke.
@settings(max_examples=25, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(
    world=worlds(),
    start=st.sampled_from([date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 4)]),
    end=st.sampled_from([date(2026, 11, 5), date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 4)]),
)
def test_figures_are_those_that_plain_python_counts(grain: Grain, world: list[Event], start: date, end: date) -> None:
    periods, facts = Periods(start, end, grain), facts_of(world)

    measured = pl.collect_all([measure(facts, periods) for _, measure, _ in FIGURES], engine="streaming")

    for table, (schema, _, count) in zip(measured, FIGURES, strict=True):
        assert schema.validate(table).rows() == expected(count, world, periods)
