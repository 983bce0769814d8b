"""Datasets about an account as a whole, and about its journeys side by side."""

from datetime import date

import polars as pl

from journeys_pipeline.periods import add_months
from journeys_pipeline.schemas.metrics import (
    AccountMonthStarts,
    AccountPerformance,
    CampaignPerformance,
    ElementPerformance,
    ExitsByType,
)
from journeys_pipeline.transforms.dashboards.naming import named
from journeys_pipeline.transforms.dashboards.served import FIGURES, Served, Shape


def shape_account(served: Served) -> pl.LazyFrame:
    """The account's figures per month, beside those of the month before.

    For the month that is not over, the month before is counted up to the same day, by unique people of those days.
    """
    earlier = [f"{name}_before" for name in FIGURES]
    before = served.in_sight(_months_before(served)).rename(dict(zip(FIGURES, earlier, strict=True)))
    now = served.by_month(AccountPerformance).select("month", *FIGURES)
    return now.join(before, on="month", how="left").select("month", *FIGURES, *earlier)


def _months_before(served: Served) -> pl.LazyFrame:
    newest: date = served.months[0]
    later = pl.col("month").dt.offset_by("1mo")
    whole = served.of(AccountPerformance, "month").rename({"period": "month"})
    starts = served.of(AccountMonthStarts).filter(pl.col("month") == add_months(newest, -1))
    whole = whole.filter(pl.col("month") < add_months(newest, -1))
    return served.comparable(pl.concat([rows.select(later.alias("month"), *FIGURES) for rows in (whole, starts)]))


def shape_account_days(served: Served) -> pl.LazyFrame:
    """The account's figures per day; inside: passages in an element when the day ends."""
    exits = served.by_day(ExitsByType).group_by("day").agg(pl.col("exits").sum())
    inside = served.by_day(ElementPerformance).group_by("day").agg(inside=pl.col("in_it_now").sum())
    figures = served.by_day(AccountPerformance).select("day", *FIGURES, "entries")
    counts = [*FIGURES, "entries", "exits", "inside"]
    return (
        served.days()
        .join(figures, on="day", how="left")
        .join(exits, on="day", how="left")
        .join(inside, on="day", how="left")
        .select("month", "day", pl.col(counts).fill_null(0))
        .filter((pl.sum_horizontal(counts) > 0).any().over("month"))
        .sort("day")
    )


def shape_journeys(served: Served) -> pl.LazyFrame:
    """Journeys of a month, those with the most profiles first; goal rate: goal performers per profile."""
    return (
        named(served.by_month(CampaignPerformance), served)
        .with_columns(goal_rate=_goal_rate())
        .select("month", "journey", "page", "campaign", "status", *FIGURES, "completion_rate", "goal_rate")
        .sort("month", "profiles_in_journey", "journey", descending=[True, True, False])
    )


def shape_journey_days(served: Served) -> pl.LazyFrame:
    """Journeys per day."""
    days = named(served.by_day(CampaignPerformance), served)
    return days.select("month", "day", "journey", "page", *FIGURES, "entries").sort("day", "journey")


def shape_goal_rates(served: Served) -> pl.LazyFrame:
    """Goal rates of the journeys that have a goal and profiles, beside their mean."""
    rates = named(served.by_month(CampaignPerformance), served).with_columns(goal_rate=_goal_rate())
    return (
        rates.filter(pl.col("goal_rate").is_not_null())
        .with_columns(mean=pl.col("goal_rate").mean().over("month"))
        .select("month", "journey", "page", "goal_rate", "mean")
        .sort("month", "goal_rate", "journey", descending=[True, True, False])
    )


def shape_movers(served: Served) -> pl.LazyFrame:
    """Entries of journeys against those of the month before; the largest differences first. Entries do add up."""
    cell = ["month", "journey_id"]
    daily = served.of(CampaignPerformance, "day").rename({"period": "day"})
    now = served.by_day(CampaignPerformance).group_by(cell).agg(pl.col("entries").sum())
    before = served.month_before(daily).group_by(cell).agg(entries_before=pl.col("entries").sum())
    joined = now.join(before, on=cell, how="full", coalesce=True)
    counted = joined.with_columns(pl.col("entries", "entries_before").fill_null(0)).filter(
        (pl.col("entries") > 0) | (pl.col("entries_before") > 0)
    )
    difference = pl.col("entries") - pl.col("entries_before")
    return (
        named(served.comparable(counted), served)
        .with_columns(difference=difference)
        .select("month", "journey", "page", "entries", "entries_before", "difference", size=difference.abs())
        .sort("month", "size", "journey", descending=[True, True, False])
        .drop("size")
    )


def _goal_rate() -> pl.Expr:
    has_profiles = pl.col("profiles_in_journey") > 0
    return pl.when(has_profiles).then(pl.col("goal_performers") / pl.col("profiles_in_journey"))


ACCOUNT_SHAPES: dict[str, Shape] = {
    "account": shape_account,
    "account_days": shape_account_days,
    "journeys": shape_journeys,
    "journey_days": shape_journey_days,
    "goal_rates": shape_goal_rates,
    "movers": shape_movers,
}
