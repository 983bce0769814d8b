"""Goal events, attributed to the journeys that want them."""

from datetime import timedelta

import polars as pl

from journeys_pipeline.schemas.metrics import GOAL_DELAYS, GoalDelays, GoalValues
from journeys_pipeline.transforms.metrics.cells import CELL, JOURNEY
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

LONGEST_ATTRIBUTION = pl.duration(days=90)
SINCE_ENTRY = pl.col("occurred_at") - pl.col("entered_at")
DELAYS_FROM = [timedelta(hours=hours) for hours in (1, 6, 24, 3 * 24, 7 * 24, 30 * 24)]


def measure_goal_values(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """GoalValues: count, people and value of attributed goal events per currency (F16, D15, D18)."""
    key = [*CELL, "currency"]
    return GoalValues.cast(
        attributed_goals(facts, periods, JOURNEY)
        .with_columns(pl.col("currency").fill_null(""))
        .group_by(key)
        .agg(goal_events=pl.len(), goal_performers=pl.col("person_id").n_unique(), goal_value=pl.col("value").sum())
    ).sort(key)


def measure_goal_delays(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """GoalDelays: attributed goal events by the time since the latest entry that earned them (F16, D15)."""
    goal = [*CELL, "source_id"]
    latest = _earned_goals(facts, periods, JOURNEY).group_by(goal).agg(since=SINCE_ENTRY.min())
    delay = pl.lit(GOAL_DELAYS[0])
    for begins, name in zip(DELAYS_FROM, GOAL_DELAYS[1:], strict=True):
        delay = pl.when(pl.col("since") >= begins).then(pl.lit(name)).otherwise(delay)
    key = [*CELL, "delay"]
    return GoalDelays.cast(latest.with_columns(delay=delay).group_by(key).agg(goal_events=pl.len())).sort(key)


def attributed_goals(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """One row per goal event and journey that it counts for: from an entry until attribution_days after it (D15).

    Args:
        facts: Entries from 90 days before the periods on are enough.
        periods: When the goal events happened.
        journey: The columns that tell journeys, or versions of journeys, apart.
    """
    return _earned_goals(facts, periods, journey).unique([*journey, "source_id"])


def _earned_goals(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """One row per goal event and entry that it may be attributed to."""
    window = pl.duration(days=pl.col("goal_attribution_days"))
    goals = periods.select(facts.goals).join(
        declared_goals(facts.journeys),
        left_on=["account_id", "event_name"],
        right_on=["account_id", "goal_event_name"],
    )
    may_earn = pl.col("day") >= pl.lit(periods.start, pl.Date) - LONGEST_ATTRIBUTION
    entries = facts.entries.filter(may_earn).select(*journey, "person_id", "entered_at")
    earned = goals.join(entries, on=[*JOURNEY, "person_id"])
    return earned.filter(SINCE_ENTRY.is_between(pl.duration(days=0), window))


def declared_goals(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each journey's goal as its newest version declares it."""
    return journeys.group_by(JOURNEY).agg(pl.col("goal_event_name", "goal_attribution_days").max_by("version"))
