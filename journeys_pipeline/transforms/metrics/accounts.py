"""Figures of an account as a whole."""

from datetime import date, timedelta

import polars as pl

from journeys_pipeline.periods import add_months, month_of
from journeys_pipeline.schemas.metrics import AccountMonthStarts, AccountPerformance
from journeys_pipeline.transforms.metrics.acting import active_people
from journeys_pipeline.transforms.metrics.cells import JOURNEY, side_by_side, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.goals import attributed_goals
from journeys_pipeline.transforms.metrics.messages import sent_in
from journeys_pipeline.transforms.metrics.periods import Periods

ACCOUNT = ["account_id", "period"]


def measure_accounts(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """AccountPerformance: each person once, however many journeys they are in (D20)."""
    people = pl.col("person_id").n_unique()
    figures = [
        periods.select(facts.entries).group_by(ACCOUNT).agg(profiles_in_journey=people, entries=pl.len()),
        active_people(facts, periods, JOURNEY).group_by(ACCOUNT).agg(active_profiles=people),
        attributed_goals(facts, periods, JOURNEY).group_by(ACCOUNT).agg(goal_performers=people),
        sent_in(facts, periods).group_by(ACCOUNT).agg(messages_sent=pl.len()),
    ]
    counts = [name for name in AccountPerformance.column_names() if name not in ACCOUNT]
    cells = side_by_side(figures, ACCOUNT).with_columns(*zero_where(pl.lit(value=True), *counts))
    return AccountPerformance.cast(cells.sort(ACCOUNT))


def month_starts(today: date, months: int) -> list[Periods]:
    """The first days of today's month and of the months before it, up to today's number; the newest first."""
    begun = [add_months(month_of(today), -back) for back in range(months)]
    return [Periods(month, min(month + timedelta(days=today.day), add_months(month, 1)), "range") for month in begun]


def measure_month_start(facts: Facts, start: Periods) -> pl.LazyFrame:
    """AccountMonthStarts of one of `month_starts`."""
    measured = measure_accounts(facts, start).rename({"period": "month"})
    return AccountMonthStarts.cast(measured.with_columns(days=pl.lit((start.end - start.start).days, pl.Int64)))
