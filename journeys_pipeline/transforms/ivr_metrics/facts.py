"""What IVR figures are counted from, and the cells that they are counted in."""

from dataclasses import dataclass

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import ALL_VERSIONS
from journeys_pipeline.transforms.metrics import Periods

CELL = ["account_id", "journey_id", "journey_version", "period"]


@dataclass(frozen=True)
class IvrFacts:
    """The fact tables of calls, from the first day on: a call that is recorded twice counts on the first one's day."""

    calls: pl.LazyFrame
    menu_steps: pl.LazyFrame
    inputs: pl.LazyFrame
    journeys: pl.LazyFrame


def cut(facts: pl.LazyFrame, periods: Periods) -> pl.LazyFrame:
    """The facts of the periods, each in two cells: its version's, and that of all versions together (F25, F32).

    Adds `period`, and `of_version`: the version that a row belongs to in either cell.
    """
    in_periods = periods.select(facts).with_columns(of_version="journey_version")
    return pl.concat([in_periods, in_periods.with_columns(journey_version=pl.lit(ALL_VERSIONS, pl.Int32))])
