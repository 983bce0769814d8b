"""Goal events, attributed to the journeys that want them."""

import polars as pl

from journeys_pipeline.schemas.metrics import GoalValues
from journeys_pipeline.transforms.metrics.cells import CELL, JOURNEY
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

LONGEST_ATTRIBUTION = pl.duration(days=90)


def measure_goal_values(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """GoalValues: count, people and value of attributed goal events per currency (F16, D15, D18)."""
    key = [*CELL, "currency"]
    return GoalValues.cast(
        attributed_goals(facts, periods, JOURNEY)
        .with_columns(pl.col("currency").fill_null(""))
        .group_by(key)
        .agg(goal_events=pl.len(), goal_performers=pl.col("person_id").n_unique(), goal_value=pl.col("value").sum())
    ).sort(key)


def attributed_goals(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """One row per goal event and journey that it counts for: from an entry until attribution_days after it (D15).

    Args:
        facts: Entries from 90 days before the periods on are enough.
        periods: When the goal events happened.
        journey: The columns that tell journeys, or versions of journeys, apart.
    """
    since_entry = pl.col("occurred_at") - pl.col("entered_at")
    window = pl.duration(days=pl.col("goal_attribution_days"))
    goals = periods.select(facts.goals).join(
        declared_goals(facts.journeys),
        left_on=["account_id", "event_name"],
        right_on=["account_id", "goal_event_name"],
    )
    may_earn = pl.col("day") >= pl.lit(periods.start, pl.Date) - LONGEST_ATTRIBUTION
    entries = facts.entries.filter(may_earn).select(*journey, "person_id", "entered_at")
    return (
        goals.join(entries, on=[*JOURNEY, "person_id"])
        .filter(since_entry.is_between(pl.duration(days=0), window))
        .unique([*journey, "source_id"])
    )


def declared_goals(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each journey's goal as its newest version declares it."""
    return journeys.group_by(JOURNEY).agg(pl.col("goal_event_name", "goal_attribution_days").max_by("version"))
