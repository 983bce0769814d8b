"""How long people take to a goal: from the latest entry that earned it (F16, D15)."""

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from journeys_pipeline.schemas.metrics import VersionGoalDelays
from journeys_pipeline.transforms.metrics import (
    Periods,
    measure_campaigns,
    measure_goal_delays,
    measure_versions,
    of_versions,
)
from journeys_pipeline_tests.transforms.metrics.examples import NOVEMBER, at, bought, entered, facts_of
from journeys_pipeline_tests.transforms.metrics.worlds import TALKING, World, worlds
from journeys_pipeline_tests.transforms.metrics.worlds import facts_of as facts_of_world

QUICKLY = settings(
    max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


@pytest.mark.parametrize(
    ("minutes", "delay"),
    [
        (0, "under 1 hour"), (59, "under 1 hour"), (60, "1 to 6 hours"), (6 * 60, "6 to 24 hours"),
        (24 * 60, "1 to 3 days"), (3 * 24 * 60, "3 to 7 days"), (7 * 24 * 60, "7 to 30 days"),
    ],
)  # fmt: skip
def test_a_goal_event_counts_by_the_time_since_the_entry(minutes: int, delay: str) -> None:
    facts = facts_of(entered(at(1)), bought(at(1) + timedelta(minutes=minutes)))

    delays = measure_goal_delays(facts, NOVEMBER).filter(pl.col("journey_id") == "j")

    assert delays.select("delay", "goal_events").collect().rows() == [(delay, 1)]


def test_of_several_entries_the_latest_before_the_goal_counts() -> None:
    facts = facts_of(entered(at(1)), entered(at(4)), entered(at(6)), bought(at(4, 2)))

    delays = measure_goal_delays(facts, NOVEMBER).filter(pl.col("journey_id") == "j")

    assert delays.select("delay", "goal_events").collect().rows() == [("1 to 6 hours", 1)]


@QUICKLY
@given(worlds(TALKING))
def test_delays_of_each_version_sum_to_its_goal_events(world: World) -> None:
    facts, cell = facts_of_world(world), ["account_id", "journey_id", "journey_version", "period"]
    measure = of_versions(measure_goal_delays, VersionGoalDelays)

    delays = measure(facts, NOVEMBER).group_by(cell).agg(pl.col("goal_events").sum()).sort(cell)

    counted = measure_versions(facts, NOVEMBER).filter(pl.col("goal_events") > 0).select(*cell, "goal_events")
    assert delays.collect().rows() == counted.sort(cell).collect().rows()


@QUICKLY
@given(worlds(TALKING))
def test_delays_sum_to_the_goal_events(world: World) -> None:
    facts, cell = facts_of_world(world), ["account_id", "journey_id", "period"]
    by_day = Periods(NOVEMBER.start, NOVEMBER.end, "day")

    delays = measure_goal_delays(facts, by_day).group_by(cell).agg(pl.col("goal_events").sum()).sort(cell).collect()

    counted = measure_campaigns(facts, by_day).filter(pl.col("goal_events") > 0).select(*cell, "goal_events").sort(cell)
    assert delays.rows() == counted.collect().rows()
