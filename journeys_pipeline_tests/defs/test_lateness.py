"""A late file touches every day and month whose figures its events change, in whatever world."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeys_pipeline.defs.assets.account_metrics import ACCOUNTS
from journeys_pipeline.defs.assets.ivr_metrics import CALLS
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays
from journeys_pipeline.transforms import daily_facts, ivr_facts
from journeys_pipeline.transforms.ivr_metrics import IvrFacts
from journeys_pipeline.transforms.metrics import Facts, Periods
from journeys_pipeline_tests.defs import reading_worlds
from journeys_pipeline_tests.transforms import ivr_worlds
from journeys_pipeline_tests.transforms.metrics import worlds

Grain = Literal["day", "month"]
Measure = Callable[[pl.LazyFrame, Periods], list[pl.LazyFrame]]
START, END = date(2026, 10, 31), date(2026, 12, 4)


def of_journeys(events: pl.LazyFrame, periods: Periods) -> list[pl.LazyFrame]:
    others = ["collect_exits", "collect_steps", "collect_messages", "collect_goals"]
    entries = daily_facts.collect_entries(events, ContactEntries.create_empty().lazy())
    tables = pl.collect_all([entries, *(getattr(daily_facts, name)(events) for name in others)])
    facts = Facts(*(table.lazy() for table in tables), worlds.journeys().lazy())
    return [measure(facts, periods) for family in (*FAMILIES, ACCOUNTS) for measure in family.measures.values()]


def of_calls(events: pl.LazyFrame, periods: Periods) -> list[pl.LazyFrame]:
    names = ["collect_calls", "collect_menu_steps", "collect_inputs"]
    journeys = ivr_worlds.journeys({1: ivr_worlds.FIRST_VERSION, 2: ivr_worlds.SECOND_VERSION})
    facts = IvrFacts(*(getattr(ivr_facts, name)(events) for name in names), journeys)
    return [measure(facts, periods) for measure in CALLS.measures.values()]


MEASURES = {"entries, steps and exits": of_journeys, "messages and goals": of_journeys, "calls": of_calls}
EVENTS: dict[str, st.SearchStrategy[list[Any]]] = {
    "entries, steps and exits": worlds.worlds(worlds.PASSING).map(lambda world: list(world.events)),
    "messages and goals": worlds.worlds(worlds.TALKING).map(lambda world: list(world.events)),
    "calls": ivr_worlds.worlds(),
}


def as_line(event: Any) -> str:
    """The event as a feed writes it."""
    fields = {name: value for name, value in asdict(event).items() if value is not None}
    return json.dumps(fields, default=str)


def figures(home: reading_worlds.World, measure: Measure, grain: Grain) -> list[set[tuple[Any, ...]]]:
    """The rows of each table, their period first."""
    events = home.lake.scan(JourneyEvents).collect().lazy()
    tables = pl.collect_all(measure(events, Periods(START, END, grain)))
    return [set(table.select("period", pl.exclude("period")).rows()) for table in tables]


@pytest.mark.parametrize("kind", list(MEASURES))
@settings(max_examples=8, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_no_figure_changes_of_a_day_or_month_that_a_late_file_does_not_touch(kind: str, data: st.DataObject) -> None:
    events = [event for event in data.draw(EVENTS[kind]) if event.account_id == "acme"]
    is_late = data.draw(st.lists(st.sampled_from([True] + [False] * 6), min_size=len(events), max_size=len(events)))
    with TemporaryDirectory() as folder:
        home = reading_worlds.World(Path(folder), datetime(2026, 12, 4, tzinfo=UTC))
        early = [as_line(event) for event, late in zip(events, is_late, strict=True) if not late]
        home.read(home.file("early", *early))
        before = {grain: figures(home, MEASURES[kind], grain) for grain in ("day", "month")}
        home.forget_touches()
        late = [as_line(event) for event, late in zip(events, is_late, strict=True) if late]

        home.read(home.file("late", *late))

        touched = set(home.warehouse.read(TouchedDays)["day"])
        newest = max(touched | set(home.warehouse.read(Refreshes)["day"]), default=START)
        after = {grain: figures(home, MEASURES[kind], grain) for grain in ("day", "month")}
    changed = {
        grain: {row[0] for old, new in zip(before[grain], after[grain], strict=True) for row in old ^ new}
        for grain in ("day", "month")
    }
    assert {day for day in changed["day"] if day <= newest} <= touched
    assert changed["month"] <= {day.replace(day=1) for day in touched}
