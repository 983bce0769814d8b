"""What was billed is what was frozen."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.auditing import UNCHANGED, audit_statements
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.checks.periods import described, run_range
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import LakeFolder, StatementsFolder, WarehouseDatabase
from journeys_pipeline.periods import months_between


@dg.asset_check(
    asset="mep_ledger",
    description="No byte of a statement has changed since its month closed, and the lake's ledger says the same (D5): "
    "of the run's months, or of all when the check runs by itself.",
)
def statements_are_unchanged(
    context: dg.AssetCheckExecutionContext,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
    statements_folder: StatementsFolder,
) -> dg.AssetCheckResult:
    partitions = run_range(context)
    books = Books.open(lake_folder, warehouse_database, statements_folder)
    audited = audit_statements(books, months_between(*partitions) if partitions else None)
    wrong = audited.filter(pl.col("state") != UNCHANGED)
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        metadata={
            "statements": audited.height,
            "wrong": markdown_table(wrong.select("account_id", "month", "state")),
            "partitions of the run": described(partitions),
        },
    )
