"""How many of those who entered went on: were sent a message, acted on one, performed the goal."""

import polars as pl

from journeys_pipeline.schemas.metrics import JourneyFunnel
from journeys_pipeline.transforms.metrics.cells import CELL, JOURNEY, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.goals import attributed_goals, declared_goals
from journeys_pipeline.transforms.metrics.messages import actions_in, is_action, sent_in
from journeys_pipeline.transforms.metrics.periods import Periods

MEMBER = [*CELL, "person_id"]


def measure_funnel(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """JourneyFunnel: unique people per step, each among those of the step before, all within the period (F6-F14)."""
    cohort = periods.select(facts.entries).group_by(MEMBER).agg(entered_at=pl.col("entered_at").min())
    steps = {
        "messaged": sent_in(facts, periods),
        "active": actions_in(facts, periods).filter(is_action()),
        "reached_goal": attributed_goals(facts, periods, JOURNEY).drop("entered_at"),
    }
    for name, events in steps.items():
        cohort = cohort.join(_last_of(events, name), on=MEMBER, how="left")
    reached = cohort.with_columns(pl.col(steps) >= pl.col("entered_at"))
    has_goal = pl.col("goal_event_name").is_not_null()
    return JourneyFunnel.cast(
        reached.group_by(CELL)
        .agg(
            entered=pl.len(),
            messaged=pl.col("messaged").sum(),
            active=(pl.col("messaged") & pl.col("active")).sum(),
            reached_goal=(pl.col("messaged") & pl.col("active") & pl.col("reached_goal")).sum(),
        )
        .join(declared_goals(facts.journeys), on=JOURNEY, how="left")
        .with_columns(*zero_where(has_goal, "reached_goal"))
    ).sort(CELL)


def _last_of(events: pl.LazyFrame, name: str) -> pl.LazyFrame:
    """When each person last did it in the period: it is after the entry if any of them is."""
    return events.group_by(MEMBER).agg(pl.col("occurred_at").max().alias(name))
