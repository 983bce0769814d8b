"""What a check looks at: the partitions of the run that it is part of."""

from datetime import date

import dagster as dg
import polars as pl

from journeys_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG

PARTITION_TAG = "dagster/partition"


def run_range(context: dg.AssetCheckExecutionContext) -> tuple[date, date] | None:
    """The first and last partition of the check's run; None if it has none: then the whole table is meant."""
    tags = context.run.tags
    first, last = (tags.get(tag, tags.get(PARTITION_TAG)) for tag in (RANGE_START_TAG, RANGE_END_TAG))
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def within(period: pl.Expr, partitions: tuple[date, date] | None) -> pl.Expr:
    """Whether a row is of these partitions."""
    return pl.lit(value=True) if partitions is None else period.is_between(*partitions)


def described(partitions: tuple[date, date] | None) -> str:
    """The partitions as the metadata of a check names them."""
    return "all" if partitions is None else f"{partitions[0]} to {partitions[1]}"
