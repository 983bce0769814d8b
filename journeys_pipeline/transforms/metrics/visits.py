"""Visits: from an arrival at an element until the passage leaves it; how long they last and who is inside."""

import polars as pl

from journeys_pipeline.transforms.metrics.cells import JOURNEY, PASSAGE
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

PLACE = [*JOURNEY, "element_id"]
VISITOR = [*PLACE, "passage"]


def measure_dwell(facts: Facts, periods: Periods, key: list[str]) -> pl.LazyFrame:
    """Whole seconds from the latest arrival to the completion, by nearest rank, of the completions in the periods.

    Columns: `key`, median_dwell_s, p95_dwell_s, and median_satisfaction_s over the outcome ok alone. Arrivals
    are looked for without limit, since a wait may last for months; memory holds the periods' completions only.
    """
    completions = (
        periods.select(facts.steps)
        .filter(pl.col("event_type") == "element_completed")
        .select(*key, "source_id", "outcome", completed_at="occurred_at", passage=PASSAGE)
    )
    dwells = (
        completions.join(_arrivals(facts, periods), on=VISITOR)
        .filter(pl.col("arrived_at") <= pl.col("completed_at"))
        .group_by([*key, "source_id", "outcome", "completed_at"])
        .agg(pl.col("arrived_at").max())
        .with_columns(dwell_s=(pl.col("completed_at") - pl.col("arrived_at")).dt.total_seconds())
    )
    satisfied = dwells.filter(pl.col("outcome") == "ok")
    return (
        _rank(dwells, key, percent=50, name="median_dwell_s")
        .join(_rank(dwells, key, percent=95, name="p95_dwell_s"), on=key)
        .join(_rank(satisfied, key, percent=50, name="median_satisfaction_s"), on=key, how="left")
    )


def count_inside(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """How many passages are in each element as of the end of each period: `in_it_now`.

    A visit begins with an arrival and ends with the first completion of the element, or exit, of its passage at
    or after it. A visit may have begun at any time, so all steps and exits up to the periods' end are read.
    """
    begins, ends = (
        pl.max_horizontal(pl.col("arrived_at").dt.date(), pl.lit(periods.start, pl.Date)),
        pl.col("ended_at").dt.date(),
    )
    visits = _visits(facts, periods).filter(pl.col("ended_at").is_null() | (ends >= periods.start))
    change = pl.concat(
        [
            visits.select(*PLACE, period=periods.of(begins), change=pl.lit(1)),
            visits.filter(pl.col("ended_at").is_not_null()).select(*PLACE, period=periods.of(ends), change=pl.lit(-1)),
        ]
    )
    changes = change.group_by([*PLACE, "period"]).agg(pl.col("change").sum())
    return (
        changes.select(PLACE)
        .unique()
        .join(periods.table(), how="cross")
        .join(changes, on=[*PLACE, "period"], how="left")
        .with_columns(in_it_now=pl.col("change").fill_null(0).cum_sum().over(PLACE, order_by="period"))
        .filter(pl.col("in_it_now") > 0)
        .select(*PLACE, "period", "in_it_now")
    )


def _arrivals(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return facts.steps.filter((pl.col("event_type") == "element_entered") & (pl.col("day") < periods.end)).select(
        *PLACE, passage=PASSAGE, arrived_at="occurred_at"
    )


def _visits(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """One row per visit that began before the periods' end: arrived_at, and ended_at if it ended before."""
    arrivals = _arrivals(facts, periods).unique()
    completions = facts.steps.filter(
        (pl.col("event_type") == "element_completed") & (pl.col("day") < periods.end)
    ).select(*PLACE, passage=PASSAGE, left_at="occurred_at")
    exits = facts.exits.filter(pl.col("day") < periods.end).select(*JOURNEY, passage=PASSAGE, left_at="exited_at")
    return (
        arrivals.join(
            _first_after(arrivals, completions, VISITOR, "completed_at"), on=[*VISITOR, "arrived_at"], how="left"
        )
        .join(
            _first_after(arrivals, exits, [*JOURNEY, "passage"], "exited_at"), on=[*VISITOR, "arrived_at"], how="left"
        )
        .with_columns(ended_at=pl.min_horizontal("completed_at", "exited_at"))
        # a passage that arrives again before it has left stays inside
        .group_by([*VISITOR, "ended_at"])
        .agg(pl.col("arrived_at").min())
    )


def _first_after(arrivals: pl.LazyFrame, ends: pl.LazyFrame, key: list[str], name: str) -> pl.LazyFrame:
    """The first of the ends at or after each arrival that has one."""
    return (
        arrivals.join(ends, on=key)
        .filter(pl.col("left_at") >= pl.col("arrived_at"))
        .group_by([*VISITOR, "arrived_at"])
        .agg(pl.col("left_at").min().alias(name))
    )


def _rank(dwells: pl.LazyFrame, key: list[str], *, percent: int, name: str) -> pl.LazyFrame:
    """The least dwell that at least `percent` of a cell's are not above; counted per second, so memory is small."""
    counts = dwells.group_by([*key, "dwell_s"]).len()
    so_far = pl.col("len").cum_sum().over(key, order_by="dwell_s")
    reaches = so_far * 100 >= pl.col("len").sum().over(key) * percent
    return counts.filter(reaches).group_by(key).agg(pl.col("dwell_s").min().alias(name))
