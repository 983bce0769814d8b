"""Figures of a journey as a whole, and of each version of it."""

import polars as pl

from journeys_pipeline.schemas.metrics import CampaignPerformance, VersionPerformance
from journeys_pipeline.transforms.metrics.cells import JOURNEY, VERSION, side_by_side, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.goals import attributed_goals, declared_goals
from journeys_pipeline.transforms.metrics.messages import actions_in, is_action, sent_in
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
        _count_entered(facts, periods, cell),
        _count_exited(facts, periods, cell),
        _rate_completion(facts, periods, cell),
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


def _count_entered(facts: Facts, periods: Periods, cell: list[str]) -> pl.LazyFrame:
    return (
        periods.select(facts.entries)
        .group_by(cell)
        .agg(profiles_in_journey=pl.col("person_id").n_unique(), entries=pl.len())
    )


def _count_exited(facts: Facts, periods: Periods, cell: list[str]) -> pl.LazyFrame:
    return _at_exit_points(facts, periods).group_by(cell).agg(profiles_exited=pl.col("person_id").n_unique())


def _rate_completion(facts: Facts, periods: Periods, cell: list[str]) -> pl.LazyFrame:
    """Of the people who entered in the period, the share that reached an exit point in it afterwards (F9)."""
    person = [*cell, "person_id"]
    cohort = periods.select(facts.entries).group_by(person).agg(entered_at=pl.col("entered_at").min())
    last_exits = _at_exit_points(facts, periods).group_by(person).agg(exited_at=pl.col("exited_at").max())
    return (
        cohort.join(last_exits, on=person, how="left")
        .group_by(cell)
        .agg(completion_rate=(pl.col("exited_at") >= pl.col("entered_at")).fill_null(value=False).mean())
    )


def _count_active(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """People who entered, got a message of the journey, and saw, opened or clicked it in the period (F11-F13)."""
    person = [*journey, "person_id"]
    actions = actions_in(facts, periods).filter(is_action())
    first_entries = (
        facts.entries.join(actions.select(person).unique(), on=person, how="semi")
        .group_by(person)
        .agg(first_entered_at=pl.col("entered_at").min())
    )
    return (
        actions.join(first_entries, on=person)
        .filter(pl.col("occurred_at") >= pl.col("first_entered_at"))
        .group_by([*journey, "period"])
        .agg(active_profiles=pl.col("person_id").n_unique())
    )


def _count_goals(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    return (
        attributed_goals(facts, periods, journey)
        .group_by([*journey, "period"])
        .agg(goal_performers=pl.col("person_id").n_unique(), goal_events=pl.len())
    )


def _at_exit_points(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return periods.select(facts.exits).filter(pl.col("exit_type") == "exit_point")
