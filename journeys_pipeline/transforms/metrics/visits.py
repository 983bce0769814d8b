"""Visits: from an arrival at an element until the passage leaves it; how long they last and who is inside."""

import polars as pl

from journeys_pipeline.transforms.metrics.cells import JOURNEY, PASSAGE
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods
from journeys_pipeline.transforms.metrics.repeated import meet, split

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
    arrivals = facts.steps.filter(IS_ARRIVAL & (pl.col("day") < periods.end)).select(
        *PLACE, passage=PASSAGE, arrived_at="occurred_at"
    )
    before = meet(completions, arrivals, VISITOR).filter(pl.col("arrived_at") <= pl.col("completed_at"))
    once, several = split(before.drop("passage"), ["account_id", "source_id"])
    latest = several.group_by([*key, "source_id"]).agg(
        pl.col("arrived_at").max(), pl.col("completed_at", "is_ok").first()
    )
    columns = [*key, "completed_at", "is_ok", "arrived_at"]
    dwells = pl.concat([once.select(columns), latest.select(columns)])
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
    ).cache()
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
    """By how much each arrival and end changes who is in an element, and on which day.

    Most passages arrive at an element once. Only of the others have the events to be put in the order of time.
    """
    steps = facts.steps.filter(pl.col("day") < periods.end).select(
        *PLACE, "day", "source_id", passage=PASSAGE, at="occurred_at", is_inside=IS_ARRIVAL
    )
    exits = (
        facts.exits.filter(pl.col("day") < periods.end)
        .select(*JOURNEY, "day", passage=PASSAGE, at="exited_at", is_inside=pl.lit(value=False))
        .cache()
    )
    once, several = split(steps.filter("is_inside"), VISITOR)
    arrivals, completions = once.cache(), steps.filter(~pl.col("is_inside"))
    begun = arrivals.select(*PLACE, "day", change=pl.lit(1, pl.Int64))
    visitors = several.select(VISITOR).unique().cache()
    of_visitors = [
        steps.drop("source_id").join(visitors, on=VISITOR, how="semi"),
        exits.join(visitors, on=[*JOURNEY, "passage"]).select(*PLACE, "day", "passage", "at", "is_inside"),
    ]
    return pl.concat([begun, _ends(arrivals, completions, exits), _changes_in_order(pl.concat(of_visitors))])


def _ends(arrivals: pl.LazyFrame, completions: pl.LazyFrame, exits: pl.LazyFrame) -> pl.LazyFrame:
    """The ends of visits that are their passage's only one to the element."""
    end = {"end_at": "at", "end_day": "day"}
    ends = [
        meet(arrivals, completions.select(*VISITOR, **end), VISITOR),
        meet(arrivals, exits.select(*JOURNEY, "passage", **end), [*JOURNEY, "passage"]),
    ]
    return (
        pl.concat(ends)
        .filter(pl.col("end_at") >= pl.col("at"))
        .group_by("account_id", "source_id")
        .agg(pl.col("journey_id", "element_id").first(), day=pl.col("end_day").min())
        .select(*PLACE, "day", change=pl.lit(-1, pl.Int64))
    )


def _changes_in_order(events: pl.LazyFrame) -> pl.LazyFrame:
    # at one instant the arrival comes first
    was_inside = pl.col("is_inside").shift(1).over(VISITOR, order_by=["at", ~pl.col("is_inside")])
    change = pl.col("is_inside").cast(pl.Int64) - was_inside.fill_null(value=False).cast(pl.Int64)
    return events.with_columns(change=change).select(*PLACE, "day", "change")


def _rank(so_far: str, count: str, *, percent: int) -> pl.Expr:
    """The least dwell that at least `percent` of those counted are not above; null if none are counted."""
    reaches = (pl.col(so_far) * 100 >= pl.col(count).sum() * percent) & (pl.col(count).sum() > 0)
    return pl.col("dwell_s").filter(reaches).min()
