"""What a check looks at: the partitions of the run that it is part of."""

from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG, created_at, run_time
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays
from journeys_pipeline.tiers import Tier

PARTITION_TAG = "dagster/partition"


def run_range(context: dg.AssetCheckExecutionContext) -> tuple[date, date] | None:
    """The first and last partition of the check's run; None if it has none: then the whole table is meant."""
    tags = context.run.tags
    first, last = (tags.get(tag, tags.get(PARTITION_TAG)) for tag in (RANGE_START_TAG, RANGE_END_TAG))
    return (date.fromisoformat(first), date.fromisoformat(last)) if first and last else None


def within(period: pl.Expr, partitions: tuple[date, date] | None) -> pl.Expr:
    """Whether a row is of these partitions."""
    return pl.lit(value=True) if partitions is None else period.is_between(*partitions)


def unsettled_days(context: dg.AssetCheckExecutionContext, warehouse: Warehouse, catalog: Catalog) -> pl.DataFrame:
    """Columns account_id and day: days of the run, or all, that files touched since they were made or are being made.

    They will be made anew, and nothing need agree in them until then.
    """
    partitions, run = run_range(context), context.run
    touched = warehouse.read(TouchedDays).filter(within(pl.col("day"), partitions))
    made = warehouse.read(Refreshes).select("account_id", "day", "begun_at")
    begun_at = pl.col("begun_at")
    if partitions:
        ops: Any = run.run_config.get("ops", {})
        configs = [op.get("config", {}) for op in ops.values()]
        tiers = next((config["tiers"] for config in configs if "tiers" in config), list(Tier))
        accounts = catalog.accounts_on([Tier(tier) for tier in tiers], run_time(context.instance, run).date())
        begins = pl.lit(created_at(context.instance, run), pl.Datetime("us", "UTC"))
        begun_at = pl.when(pl.col("account_id").is_in(accounts)).then(begins).otherwise(begun_at)
    days = touched.join(made, on=["account_id", "day"], how="left")
    return days.filter(begun_at.is_null() | (pl.col("touched_at") > begun_at)).select("account_id", "day")


def described(partitions: tuple[date, date] | None) -> str:
    """The partitions as the metadata of a check names them."""
    return "all" if partitions is None else f"{partitions[0]} to {partitions[1]}"
