"""Keys of the lake's tables are unique."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.table_files import partition_column
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.checks.periods import described, run_range, within
from journeys_pipeline.defs.resources import LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline.schemas.shared_columns import table_name

INCREMENTAL = {ContactEntries, JourneyEvents}
RECENT = timedelta(hours=24)


def unique_key_check(table: type[dy.Schema]) -> dg.AssetChecksDefinition:
    """The check that no two rows share a key, in those partitions that a run may have changed."""
    key = table.primary_key()
    scope = (
        "in the days that files have touched within a day of the newest"
        if table in INCREMENTAL
        else "in the run's partitions, or in the whole table when the check runs by itself"
    )

    @dg.asset_check(
        asset=table_name(table),
        name="key_is_unique",
        description=f"No two rows share {' + '.join(key)}: {scope}.",
        blocking=True,
    )
    def check(
        context: dg.AssetCheckExecutionContext, lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
    ) -> dg.AssetCheckResult:
        partitions = run_range(context)
        rows = lake_folder.open().scan(table)
        if table in INCREMENTAL:
            rows = rows.filter(pl.col("day").is_in(_recent_days(warehouse_database.open())))
        elif period := partition_column(table):
            rows = rows.filter(within(pl.col(period), partitions))
        count = count_repeated(rows, key)
        return dg.AssetCheckResult(
            passed=count == 0, metadata={"keys that repeat": count, "partitions of the run": described(partitions)}
        )

    return check


def count_repeated(rows: pl.LazyFrame, key: Sequence[str]) -> int:
    """How many keys more than one row has.

    First by a number for each key, which takes 16 bytes a row; only where numbers repeat are keys themselves compared.
    """
    number = pl.struct(key).hash()
    numbers = rows.select(number.alias("number")).collect(engine="streaming")["number"].sort()
    repeated = numbers.filter(numbers == numbers.shift(1)).unique()
    if repeated.is_empty():
        return 0
    suspects = rows.filter(number.is_in(repeated.implode())).group_by(key).len()
    return suspects.filter(pl.col("len") > 1).select(pl.len()).collect(engine="streaming").item()


def _recent_days(warehouse: Warehouse) -> list[object]:
    touched = warehouse.read(TouchedDays)
    is_recent = pl.col("touched_at") > pl.col("touched_at").max() - RECENT
    return touched.filter(is_recent)["day"].unique().to_list()
