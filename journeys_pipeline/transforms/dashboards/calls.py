"""Datasets about phone calls, of a journey or of one version of it (F25, F32)."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import (
    CallDropOffs,
    CallHours,
    CallPerformance,
    InputPerformance,
    InputValues,
    MenuPaths,
    MenuPerformance,
)
from journeys_pipeline.transforms.dashboards.naming import named
from journeys_pipeline.transforms.dashboards.served import WEEKDAYS, Served, Shape

CALLS = ["calls", "answered", "completed", "ended_early"]
UNNAMED = "not named"


def shape_ivr_journeys(served: Served) -> pl.LazyFrame:
    """Journeys with calls in a month, all versions together."""
    rows = named(served.by_month(CallPerformance), served).with_columns(median_talk_time="median_talk_time_s")
    columns = ["journey", "page", *CALLS, "completion_rate", "median_talk_time", "unique_callers"]
    return rows.select("month", *columns).sort("month", "calls", "journey", descending=[True, True, False])


def shape_call_days(served: Served) -> pl.LazyFrame:
    """Calls of all journeys per day; a call belongs to one journey, so these do add up."""
    days = served.by_day(CallPerformance).group_by("day").agg(pl.col(CALLS).sum())
    counted = served.days().join(days, on="day", how="left").select("month", "day", pl.col(CALLS).fill_null(0))
    return counted.filter((pl.col("calls") > 0).any().over("month")).sort("day")


def shape_ivr(served: Served) -> pl.LazyFrame:
    """The journey's calls of a month."""
    months = served.by_month(CallPerformance).with_columns(median_talk_time="median_talk_time_s")
    return months.select("month", *CALLS, "completion_rate", "median_talk_time", "unique_callers")


def shape_ivr_days(served: Served) -> pl.LazyFrame:
    """The journey's calls per day, days without calls as nought."""
    calls = served.by_day(CallPerformance).select("day", *CALLS)
    grid = served.days().join(served.by_month(CallPerformance).select("month"), on="month")
    counted = grid.join(calls, on="day", how="left")
    return counted.select("month", "day", pl.col(CALLS).fill_null(0)).sort("month", "day")


def shape_ivr_hours(served: Served) -> pl.LazyFrame:
    """When calls began: every hour of every weekday, of a month with calls."""
    hours = served.by_month(CallHours).select("month", "weekday", "hour", "calls")
    week = pl.LazyFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int64}).join(
        pl.LazyFrame({"hour": range(24)}, schema={"hour": pl.Int64}), how="cross"
    )
    grid = hours.select("month").unique().join(week, how="cross")
    counted = grid.join(hours, on=["month", "weekday", "hour"], how="left").sort("month", "weekday", "hour")
    return counted.select(
        "month",
        pl.col("weekday").replace_strict(WEEKDAYS, return_dtype=pl.String),
        pl.format("{}:00", pl.col("hour").cast(pl.String).str.zfill(2)).alias("hour"),
        pl.col("calls").fill_null(0),
    )


def shape_ivr_steps(served: Served) -> pl.LazyFrame:
    """Calls, those answered, those that came to each menu, and those completed."""
    months = served.by_month(CallPerformance)
    ends = {"calls": (0, "Called"), "answered": (1, "Answered"), "completed": (3, "Completed")}
    totals = [
        months.select("month", order=pl.lit(order), step=pl.lit(label), calls=pl.col(name))
        for name, (order, label) in ends.items()
    ]
    menus = served.by_month(MenuPerformance).filter(pl.col("shown") > 0)
    heard = menus.select(
        "month",
        order=pl.lit(2),
        step="Menu: " + pl.col("element_id"),
        calls=pl.col("shown") - pl.col("repeats").fill_null(0),
    )
    steps = pl.concat([*totals, heard], how="vertical_relaxed")
    return steps.sort("month", "order", "calls", "step", descending=[False, False, True, False]).drop("order")


def shape_ivr_drop_offs(served: Served) -> pl.LazyFrame:
    """Elements that calls which ended early had reached last (F29)."""
    drops = served.by_month(CallDropOffs).with_columns(element=_or_unnamed("element_id"))
    return drops.select("month", "element", "ended_early", "share").sort(
        "month", "ended_early", "element", descending=[False, True, False]
    )


def shape_ivr_options(served: Served) -> pl.LazyFrame:
    """Options pressed in each menu (F30)."""
    key = pl.when(pl.col("key") == "").then(pl.lit("?")).otherwise(pl.col("key"))
    option = pl.concat_str(key, pl.coalesce("label", _or_unnamed("next_element_id")), separator=" · ")
    paths = served.by_month(MenuPaths).with_columns(
        menu="element_id", option=option, key=key, leads_to=_or_unnamed("next_element_id")
    )
    columns = ["menu", "key", "option", "leads_to", "presses", "share"]
    return paths.select("month", *columns).sort("month", "menu", "key", "leads_to")


def shape_ivr_menus(served: Served) -> pl.LazyFrame:
    """Repeats, invalid and missing input by element."""
    menus = served.by_month(MenuPerformance).with_columns(element="element_id")
    columns = ["element", "shown", "repeats", "pressed", "no_input", "invalid"]
    return menus.select("month", *columns).sort("month", "element")


def shape_ivr_inputs(served: Served) -> pl.LazyFrame:
    """How well input was collected (F31)."""
    inputs = served.by_month(InputPerformance).with_columns(element="element_id", valid="ok")
    columns = ["element", "variable", "attempts", "valid", "no_input", "invalid", "distinct_values"]
    return inputs.select("month", *columns).sort("month", "element", "variable")


def shape_ivr_values(served: Served) -> pl.LazyFrame:
    """Values that callers gave, the most frequent first; masked as the source asks (F31)."""
    values = served.by_month(InputValues)
    return values.select("month", "variable", "value", "inputs").sort(
        "month", "variable", "inputs", "value", descending=[False, False, True, False]
    )


def _or_unnamed(column: str) -> pl.Expr:
    return pl.when(pl.col(column) == "").then(pl.lit(UNNAMED)).otherwise(pl.col(column))


CALL_SHAPES: dict[str, Shape] = {
    "ivr_journeys": shape_ivr_journeys,
    "call_days": shape_call_days,
    "ivr": shape_ivr,
    "ivr_days": shape_ivr_days,
    "ivr_hours": shape_ivr_hours,
    "ivr_steps": shape_ivr_steps,
    "ivr_drop_offs": shape_ivr_drop_offs,
    "ivr_options": shape_ivr_options,
    "ivr_menus": shape_ivr_menus,
    "ivr_inputs": shape_ivr_inputs,
    "ivr_values": shape_ivr_values,
}
