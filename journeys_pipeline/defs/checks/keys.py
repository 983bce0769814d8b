"""Keys of the lake's tables are unique."""

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import PARTITION_COLUMNS, table_name
from journeys_pipeline.defs.checks.periods import described, run_range, within
from journeys_pipeline.defs.resources import LakeFolder


def unique_key_check(table: type[dy.Schema]) -> dg.AssetChecksDefinition:
    """The check that no two rows of the run's partitions share a key."""
    key = table.primary_key()
    period = next(name for name in PARTITION_COLUMNS if name in table.column_names())

    @dg.asset_check(
        asset=table_name(table),
        name="key_is_unique",
        description=f"No two rows share {' + '.join(key)}: among those of the run's partitions, or in the whole table "
        "when the check runs by itself.",
        blocking=True,
    )
    def check(context: dg.AssetCheckExecutionContext, lake_folder: LakeFolder) -> dg.AssetCheckResult:
        partitions = run_range(context)
        rows = lake_folder.open().scan(table).filter(within(pl.col(period), partitions))
        repeated = rows.group_by(key).len().filter(pl.col("len") > 1).select(pl.len())
        count = repeated.collect(engine="streaming").item()
        return dg.AssetCheckResult(
            passed=count == 0, metadata={"keys that repeat": count, "partitions": described(partitions)}
        )

    return check
