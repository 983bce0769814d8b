"""One row per journey: what it is, and its figures to date."""

from datetime import date

import polars as pl

from journeys_pipeline.schemas.metrics import JourneySummary
from journeys_pipeline.transforms.metrics.cells import JOURNEY, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts

LAUNCHED = ["active", "finishing", "finished"]


def summarise_journeys(facts: Facts, figures: pl.LazyFrame, *, first_day: date, end: date) -> pl.LazyFrame:
    """JourneySummary: every journey ever launched, with its figures of the days [first_day, end) (F1, F2).

    A journey without a definition, but with activity, is among them.

    Args:
        facts: From the first day on.
        figures: CampaignPerformance of these days as one period.
        first_day: The first day.
        end: The day after the last.
    """
    counts = ["profiles_in_journey", "profiles_exited", "active_profiles", "messages_sent"]
    is_launched = (
        pl.col("launched_at").is_not_null() | pl.col("status").is_in(LAUNCHED) | pl.col("last_active_on").is_not_null()
    )
    return JourneySummary.cast(
        newest_versions(facts.journeys)
        .join(figures, on=JOURNEY, how="full", coalesce=True)
        .join(_last_active(facts, first_day, end), on=JOURNEY, how="full", coalesce=True)
        .filter(is_launched.fill_null(value=False))
        .with_columns(
            *zero_where(pl.lit(value=True), *counts),
            *zero_where(pl.col("goal_event_name").is_not_null(), "goal_performers", "goal_events"),
        )
    ).sort(JOURNEY)


def newest_versions(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each journey as its newest version defines it; launched when the first of its versions was."""
    newest = ["name", "campaign_id", "campaign_name", "status", "stopped_at", "goal_event_name"]
    return journeys.group_by(JOURNEY).agg(
        pl.col(newest).max_by("version"),
        newest_version=pl.col("version").max(),
        launched_at=pl.col("launched_at").min(),
    )


def _last_active(facts: Facts, first_day: date, end: date) -> pl.LazyFrame:
    of_journeys = [facts.entries, facts.exits, facts.steps, facts.messages]
    days = pl.concat([table.select(*JOURNEY, "day") for table in of_journeys])
    in_range = (pl.col("day") >= first_day) & (pl.col("day") < end)
    return (
        days.filter(in_range & pl.col("journey_id").is_not_null())
        .group_by(JOURNEY)
        .agg(last_active_on=pl.col("day").max())
    )
