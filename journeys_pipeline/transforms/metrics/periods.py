"""The periods that figures are counted in."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import polars as pl

from journeys_pipeline.periods import days_between


@dataclass(frozen=True)
class Periods:
    """Days [start, end), cut into days, into months, or left whole."""

    start: date
    end: date
    grain: Literal["day", "month", "range"]

    def select(self, facts: pl.LazyFrame) -> pl.LazyFrame:
        """The facts of these days, each with the `period` that it counts in."""
        in_range = (pl.col("day") >= self.start) & (pl.col("day") < self.end)
        return facts.filter(in_range).with_columns(period=self.of(pl.col("day")))

    def of(self, day: pl.Expr) -> pl.Expr:
        """The period that a day lies in."""
        return {"day": day, "month": day.dt.month_start(), "range": pl.lit(self.start, pl.Date)}[self.grain]

    def until(self) -> pl.Expr:
        """The day after a row's `period`; of a month that these days cut short, the month's."""
        return {
            "day": pl.col("period").dt.offset_by("1d"),
            "month": pl.col("period").dt.offset_by("1mo"),
            "range": pl.lit(self.end, pl.Date),
        }[self.grain]

    def table(self) -> pl.LazyFrame:
        """Every `period`, in order."""
        all_days = pl.LazyFrame({"day": days_between(self.start, self.end)}, schema={"day": pl.Date})
        return all_days.select(period=self.of(pl.col("day"))).unique().sort("period")
