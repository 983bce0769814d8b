"""Visits: from an arrival at an element until the passage leaves it; how long they last and who is inside."""

import polars as pl

from journeys_pipeline.transforms.metrics.cells import JOURNEY, PASSAGE
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

PLACE = [*JOURNEY, "element_id"]
VISITOR = [*PLACE, "passage"]
IS_ARRIVAL = pl.col("event_type") == "element_entered"


def measure_dwell(facts: Facts, periods: Periods, key: list[str]) -> pl.LazyFrame:
    """Whole seconds from the latest arrival to the completion, by nearest rank, of the completions in the periods.

    Columns: `key`, median_dwell_s, p95_dwell_s, and median_satisfaction_s over the outcome ok alone. Arrivals
    are looked for without limit, since a wait may last for months; memory holds the periods' completions only.
    """
    completions = (
        periods.select(facts.steps)
        .filter(~IS_ARRIVAL)
        .select(*key, "source_id", passage=PASSAGE, completed_at="occurred_at", is_ok=pl.col("outcome") == "ok")
    )
    arrivals = facts.steps.filter(IS_ARRIVAL & (pl.col("day") < periods.end))
    dwells = (
        completions.join(arrivals.select(*PLACE, passage=PASSAGE, arrived_at="occurred_at"), on=VISITOR)
        .filter(pl.col("arrived_at") <= pl.col("completed_at"))
        .group_by([*key, "source_id"])
        .agg(pl.col("arrived_at").max(), pl.col("completed_at", "is_ok").first())
    )
    dwell_s = (pl.col("completed_at") - pl.col("arrived_at")).dt.total_seconds()
    # counted per second, so that memory is small
    counts = dwells.group_by([*key, dwell_s.alias("dwell_s")]).agg(all=pl.len(), ok=pl.col("is_ok").sum())
    return (
        counts.with_columns(
            so_far=pl.col("all").cum_sum().over(key, order_by="dwell_s"),
            ok_so_far=pl.col("ok").cum_sum().over(key, order_by="dwell_s"),
        )
        .group_by(key)
        .agg(
            median_dwell_s=_rank("so_far", "all", percent=50),
            p95_dwell_s=_rank("so_far", "all", percent=95),
            median_satisfaction_s=_rank("ok_so_far", "ok", percent=50),
        )
    )


def count_inside(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """How many passages are in each element as of the end of each period: `in_it_now`.

    A visit begins with an arrival and ends with the first completion of the element, or exit, of its passage at
    or after it. A visit may have begun at any time, so all steps and exits up to the periods' end are read.
    """
    counted_on = pl.max_horizontal("day", pl.lit(periods.start, pl.Date))
    changes = (
        _changes(facts, periods).group_by([*PLACE, periods.of(counted_on).alias("period")]).agg(pl.col("change").sum())
    )
    return (
        changes.select(PLACE)
        .unique()
        .join(periods.table(), how="cross")
        .join(changes, on=[*PLACE, "period"], how="left")
        .with_columns(in_it_now=pl.col("change").fill_null(0).cum_sum().over(PLACE, order_by="period"))
        .filter(pl.col("in_it_now") > 0)
        .select(*PLACE, "period", "in_it_now")
    )


def _changes(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """How each arrival and end changes whether its passage is in the element, in the order of time."""
    steps = facts.steps.filter(pl.col("day") < periods.end).select(
        *PLACE, "day", passage=PASSAGE, at="occurred_at", is_inside=IS_ARRIVAL
    )
    exits = facts.exits.filter(pl.col("day") < periods.end).select(
        *PLACE, "day", passage=PASSAGE, at="exited_at", is_inside=pl.lit(value=False)
    )
    visitors = _who_stayed_overnight(pl.concat([steps, exits.drop_nulls("element_id")]))
    leaving = exits.drop("element_id").join(visitors, on=[*JOURNEY, "passage"])
    events = pl.concat([steps.join(visitors, on=VISITOR, how="semi"), leaving.select(steps.collect_schema().names())])
    # at one instant the arrival comes first
    was_inside = pl.col("is_inside").shift(1).over(VISITOR, order_by=["at", ~pl.col("is_inside")])
    return events.with_columns(
        change=pl.col("is_inside").cast(pl.Int64) - was_inside.fill_null(value=False).cast(pl.Int64)
    )


def _who_stayed_overnight(events: pl.LazyFrame) -> pl.LazyFrame:
    """The visitors whose last event at an element on some day is an arrival: nobody else is inside at a day's end.

    They are few: most elements are passed at once.
    """
    last_arrival, last_end = (
        pl.when(pl.col("is_inside") == is_arrival).then("at").max() for is_arrival in (True, False)
    )
    stayed = pl.col("last_end").is_null() | (pl.col("last_arrival") > pl.col("last_end"))
    return (
        events.group_by([*VISITOR, "day"])
        .agg(last_arrival=last_arrival, last_end=last_end)
        .filter(pl.col("last_arrival").is_not_null() & stayed)
        .select(VISITOR)
        .unique()
    )


def _rank(so_far: str, count: str, *, percent: int) -> pl.Expr:
    """The least dwell that at least `percent` of those counted are not above; null if none are counted."""
    reaches = (pl.col(so_far) * 100 >= pl.col(count).sum() * percent) & (pl.col(count).sum() > 0)
    return pl.col("dwell_s").filter(reaches).min()
