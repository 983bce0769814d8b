"""Figures of a journey as a whole, and of each version of it."""

import polars as pl

from journeys_pipeline.schemas.metrics import CampaignPerformance, VersionPerformance
from journeys_pipeline.transforms.metrics.acting import active_people
from journeys_pipeline.transforms.metrics.cells import JOURNEY, VERSION, side_by_side, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.goals import attributed_goals, declared_goals
from journeys_pipeline.transforms.metrics.messages import sent_in
from journeys_pipeline.transforms.metrics.periods import Periods


def measure_campaigns(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """CampaignPerformance: the figures of F6-F18 for every journey and period with any activity."""
    return CampaignPerformance.cast(_measure(facts, periods, JOURNEY))


def measure_versions(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """VersionPerformance: the same for every version; what names no version is in none."""
    is_named = pl.col("journey_version").is_not_null()
    return VersionPerformance.cast(_measure(facts, periods, VERSION).filter(is_named))


def _measure(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    cell = [*journey, "period"]
    figures = [
        _count_cohort(facts, periods, journey),
        _count_exited(facts, periods, journey),
        _count_active(facts, periods, journey),
        _count_goals(facts, periods, journey),
        sent_in(facts, periods).group_by(cell).agg(messages_sent=pl.len()),
    ]
    counts = ["profiles_in_journey", "entries", "profiles_exited", "active_profiles", "messages_sent"]
    has_goal = pl.col("goal_event_name").is_not_null()
    return (
        side_by_side(figures, cell)
        .join(declared_goals(facts.journeys), on=JOURNEY, how="left")
        .with_columns(*zero_where(pl.lit(value=True), *counts), *zero_where(has_goal, "goal_performers", "goal_events"))
        .sort(cell)
    )


def _count_cohort(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """People who entered in the period, and the share of them that reached an exit point in it afterwards (F6-F9)."""
    cell = [*journey, "period"]
    person = [*cell, "person_id"]
    cohort = periods.select(facts.entries).group_by(person).agg(entered_at=pl.col("entered_at").min(), entries=pl.len())
    has_exited = (pl.col("exited_at") >= pl.col("entered_at")).fill_null(value=False)
    return (
        cohort.join(_last_exits(facts, periods, person), on=person, how="left")
        .group_by(cell)
        .agg(profiles_in_journey=pl.len(), entries=pl.col("entries").sum(), completion_rate=has_exited.mean())
    )


def _count_exited(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    cell = [*journey, "period"]
    return _last_exits(facts, periods, [*cell, "person_id"]).group_by(cell).agg(profiles_exited=pl.len())


def _last_exits(facts: Facts, periods: Periods, person: list[str]) -> pl.LazyFrame:
    """When each person last left at an exit point in the period."""
    exits = periods.select(facts.exits).filter(pl.col("exit_type") == "exit_point")
    return exits.group_by(person).agg(exited_at=pl.col("exited_at").max())


def _count_active(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    return active_people(facts, periods, journey).group_by([*journey, "period"]).agg(active_profiles=pl.len())


def _count_goals(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    return (
        attributed_goals(facts, periods, journey)
        .group_by([*journey, "period"])
        .agg(goal_performers=pl.col("person_id").n_unique(), goal_events=pl.len())
    )
