"""Datasets about one journey: its six figures, its funnel, its versions, its goal."""

import polars as pl

from journeys_pipeline.schemas.metrics import (
    GOAL_DELAYS,
    CampaignPerformance,
    EntryPoints,
    ExitsByType,
    GoalDelays,
    GoalValues,
    JourneyFunnel,
    VersionPerformance,
)
from journeys_pipeline.transforms.dashboards.channels import shape_channel_costs
from journeys_pipeline.transforms.dashboards.served import FIGURES, Served, Shape

STEPS = {"entered": "Entered", "messaged": "Sent a message", "active": "Active", "reached_goal": "Reached the goal"}


def shape_campaign(served: Served) -> pl.LazyFrame:
    """The journey's figures per month, beside those of the month before.

    Unique people of the first days of a month are not served per journey, so the month that is not over has nothing
    to be compared with.
    """
    compared = [*FIGURES, "profiles_exited"]
    months = served.of(CampaignPerformance, "month").rename({"period": "month"})
    before = months.select(
        pl.col("month").dt.offset_by("1mo"), *(pl.col(name).alias(f"{name}_before") for name in compared)
    ).filter(pl.col("month") < served.months[0])
    return (
        served.in_sight(months)
        .join(served.comparable(before), on="month", how="left")
        .select(
            "month",
            *FIGURES,
            "profiles_exited",
            "completion_rate",
            "goal_events",
            *(f"{name}_before" for name in compared),
        )
    )


def shape_campaign_days(served: Served) -> pl.LazyFrame:
    """The journey per day; a figure that it has not, such as goals without a goal, is null on all days."""
    exits = served.by_day(ExitsByType).group_by("day").agg(pl.col("exits").sum())
    counts = [*FIGURES, "profiles_exited", "entries", "exits", "goal_events"]
    applies = [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).fill_null(0)) for name in counts]
    return (
        served.days()
        .join(served.by_day(CampaignPerformance).drop("month"), on="day", how="left")
        .join(exits, on="day", how="left")
        .select("month", "day", *applies)
        .filter((pl.sum_horizontal(counts) > 0).any().over("month"))
        .sort("day")
    )


def shape_campaign_funnel(served: Served) -> pl.LazyFrame:
    """People who entered, and of them those who came further."""
    steps = served.by_month(JourneyFunnel).unpivot(
        list(STEPS), index=["month"], variable_name="step", value_name="people"
    )
    order = pl.col("step").replace_strict({name: at for at, name in enumerate(STEPS)})
    told = steps.with_columns(order=order).filter(pl.col("people").is_not_null()).sort("month", "order")
    return told.select("month", pl.col("step").replace_strict(STEPS), "people")


def shape_versions(served: Served) -> pl.LazyFrame:
    """The versions of a month, the newest first, whichever is chosen."""
    months = served.by_month(VersionPerformance).sort("month", "journey_version", descending=True)
    version = "Version " + pl.col("journey_version").cast(pl.String)
    return months.select("month", version.alias("journey_version"), *FIGURES, "profiles_exited", "completion_rate")


def shape_exits(served: Served) -> pl.LazyFrame:
    """Exits of a month by type, the most frequent first; people only where the rows are of one journey (D20)."""
    cell = ["month", "exit_type"]
    people = pl.when(pl.len() == 1).then(pl.col("people").first())
    exits = served.by_month(ExitsByType).group_by(cell).agg(pl.col("exits").sum(), people=people)
    return exits.select(*cell, "exits", "people").sort("month", "exits", "exit_type", descending=[True, True, False])


def shape_entry_sources(served: Served) -> pl.LazyFrame:
    """Entries of a month by source."""
    cell = ["month", "entry_source"]
    entries = served.by_month(EntryPoints).group_by(cell).agg(pl.col("entries").sum())
    return entries.sort("month", "entries", "entry_source", descending=[True, True, False])


def shape_goal_costs(served: Served) -> pl.LazyFrame:
    """Cost of each channel per goal event of the journey."""
    goals = served.by_month(CampaignPerformance).filter(pl.col("goal_events") > 0).select("month", "goal_events")
    costs = shape_channel_costs(served).join(goals, on="month")
    per_goal = pl.col("cost").cast(pl.Float64) / pl.col("goal_events")
    return costs.select("month", "channel", "currency", cost_per_goal=per_goal).sort(
        "month", "currency", "cost_per_goal", descending=[True, False, True]
    )


def shape_goal_values(served: Served) -> pl.LazyFrame:
    """Goal events and their value per currency."""
    values = served.by_month(GoalValues).with_columns(pl.col("currency").replace({"": "no currency"}))
    return values.select("month", "currency", "goal_events", "goal_value").sort("month", "currency")


def shape_time_to_goal(served: Served) -> pl.LazyFrame:
    """Every delay, the shortest first, of a month with goal events."""
    months = served.by_month(GoalDelays).select("month", "delay", "goal_events")
    delays = pl.LazyFrame({"delay": GOAL_DELAYS, "order": range(len(GOAL_DELAYS))})
    every = months.select("month").unique().join(delays, how="cross").join(months, on=["month", "delay"], how="left")
    told = every.sort("month", "order").with_columns(pl.col("goal_events").fill_null(0))
    return told.select("month", "delay", "goal_events")


CAMPAIGN_SHAPES: dict[str, Shape] = {
    "campaign": shape_campaign,
    "campaign_days": shape_campaign_days,
    "campaign_funnel": shape_campaign_funnel,
    "versions": shape_versions,
    "exits": shape_exits,
    "entry_sources": shape_entry_sources,
    "goal_costs": shape_goal_costs,
    "goal_values": shape_goal_values,
    "time_to_goal": shape_time_to_goal,
}
