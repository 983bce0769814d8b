"""Figures agree, on any small world and in every grain, with plain Python that counts them one cell at a time."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal

import dataframely as dy
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas import metrics as tables
from journeys_pipeline.transforms import metrics as measures
from journeys_pipeline.transforms.metrics import Facts, Periods
from journeys_pipeline.transforms.metrics.cells import CELL
from journeys_pipeline_tests.transforms.metrics import expecting_messages, expecting_passages
from journeys_pipeline_tests.transforms.metrics.reference import Expect, expected, expected_of
from journeys_pipeline_tests.transforms.metrics.worlds import PASSING, TALKING, VERSIONS, World, facts_of, worlds

Measure = Callable[[Facts, Periods], pl.LazyFrame]
Measured = tuple[type[dy.Schema], Measure, Expect, Sequence[int | None]]


def of_each_version(table: type[dy.Schema], measure: Measure, expect: Expect) -> Measured:
    """What `measure` counts of journeys, counted of each version of one."""
    return table, measures.of_versions(measure, table), expect, VERSIONS


ABOUT_MESSAGES: list[Measured] = [
    (tables.CampaignPerformance, measures.measure_campaigns, expecting_messages.expect_campaigns, [None]),
    (tables.VersionPerformance, measures.measure_versions, expecting_messages.expect_campaigns, VERSIONS),
    (tables.ChannelPerformance, measures.measure_channels, expecting_messages.expect_channels, [None]),
    (tables.ChannelCosts, measures.measure_channel_costs, expecting_messages.expect_channel_costs, [None]),
    (tables.ElementMessages, measures.measure_element_messages, expecting_messages.expect_element_messages, [None]),
    (tables.ElementCosts, measures.measure_element_costs, expecting_messages.expect_element_costs, [None]),
    (tables.GoalValues, measures.measure_goal_values, expecting_messages.expect_goal_values, [None]),
    (tables.JourneyFunnel, measures.measure_funnel, expecting_messages.expect_funnel, [None]),
    of_each_version(tables.VersionFunnel, measures.measure_funnel, expecting_messages.expect_funnel),
    of_each_version(tables.VersionChannels, measures.measure_channels, expecting_messages.expect_channels),
    of_each_version(tables.VersionCosts, measures.measure_channel_costs, expecting_messages.expect_channel_costs),
]
ABOUT_PASSAGES: list[Measured] = [
    (tables.EntryPoints, measures.measure_entry_points, expecting_passages.expect_entry_points, [None]),
    (tables.ExitsByType, measures.measure_exits, expecting_passages.expect_exits, [None]),
    (tables.ElementPerformance, measures.measure_elements, expecting_passages.expect_elements, [None]),
    (tables.BranchTraffic, measures.measure_branches, expecting_passages.expect_branches, [None]),
    (tables.ElementErrors, measures.measure_errors, expecting_passages.expect_errors, [None]),
    of_each_version(tables.VersionExits, measures.measure_exits, expecting_passages.expect_exits),
    of_each_version(tables.VersionElements, measures.measure_elements, expecting_passages.expect_elements),
]

GRAINS = pytest.mark.parametrize("grain", ["day", "month", "range"])
STARTS = st.sampled_from([date(2026, 11, 1), date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 4)])
ENDS = st.sampled_from([date(2026, 11, 5), date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 4)])
# Shrinking such a world takes minutes; the examples beside this file say by name which rule broke.
QUICKLY = settings(
    max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)

Grain = Literal["day", "month", "range"]


def compare(measured: Sequence[Measured], world: World, periods: Periods) -> dict[str, pl.DataFrame]:
    """The tables by name, each found to be what plain Python counts."""
    facts = facts_of(world)
    counted = pl.collect_all([measure(facts, periods) for _, measure, _, _ in measured], engine="streaming")
    for table, (schema, _, count, versions) in zip(counted, measured, strict=True):
        key = [*CELL, *(["journey_version"] if versions != [None] else [])]
        found = sorted(schema.validate(table).select(*key, pl.exclude(key)).rows(), key=str)
        assert found == expected(count, world, periods, versions), schema.__name__
    return {schema.__name__: table for table, (schema, *_) in zip(counted, measured, strict=True)}


@GRAINS
@QUICKLY
@given(world=worlds(TALKING), start=STARTS, end=ENDS)
def test_figures_of_messages_and_goals_are_those_that_plain_python_counts(
    grain: Grain, world: World, start: date, end: date
) -> None:
    found = compare(ABOUT_MESSAGES, world, Periods(start, end, grain))

    total = found["CampaignPerformance"]["messages_sent"].sum()
    assert total == found["ChannelPerformance"]["messages_sent"].sum()  # F19
    assert found["CampaignPerformance"]["goal_events"].sum() == found["GoalValues"]["goal_events"].sum()


@GRAINS
@QUICKLY
@given(world=worlds(PASSING), start=STARTS, end=ENDS)
def test_figures_of_entries_exits_and_elements_are_those_that_plain_python_counts(
    grain: Grain, world: World, start: date, end: date
) -> None:
    compare(ABOUT_PASSAGES, world, Periods(start, end, grain))


@pytest.mark.parametrize("version", [None, 9])
@QUICKLY
@given(world=worlds(TALKING), passing=worlds(PASSING))
def test_figures_of_one_journey_or_version_of_it_are_those_among_all(
    version: int | None, world: World, passing: World
) -> None:  # F5
    periods = Periods(date(2026, 11, 2), date(2026, 12, 1), "range")

    for measured, everything in ((ABOUT_MESSAGES, world), (ABOUT_PASSAGES, passing)):
        facts = measures.narrow(facts_of(everything), "with_goal", version)
        figures = [measure for measure in measured if measure[-1] == [None]]
        counted = pl.collect_all([measure(facts, periods) for _, measure, *_ in figures], engine="streaming")

        for table, (schema, _, count, _) in zip(counted, figures, strict=True):
            found = sorted(table.rows(), key=str)
            assert found == expected_of("with_goal", version, count, everything, periods), schema.__name__


@settings(QUICKLY, max_examples=8)
@given(talking=worlds(TALKING), passing=worlds(PASSING))
def test_a_range_of_days_at_once_has_the_rows_of_day_by_day(talking: World, passing: World) -> None:
    days = days_between(date(2026, 10, 31), date(2026, 11, 6))

    for measured, world in ((ABOUT_MESSAGES, talking), (ABOUT_PASSAGES, passing)):
        facts = facts_of(world)
        for _, measure, *_ in measured:
            at_once = measure(facts, Periods(days[0], date(2026, 11, 6), "day"))
            one_by_one = [measure(facts, Periods(day, day + timedelta(days=1), "day")) for day in days]
            whole, *single = pl.collect_all([at_once, *one_by_one], engine="streaming")
            assert sorted(whole.rows(), key=str) == sorted(pl.concat(single).rows(), key=str), measure.__name__
