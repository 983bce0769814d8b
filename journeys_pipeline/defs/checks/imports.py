"""Checks of what became of contact files."""

from datetime import timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance

WARN_FOR = timedelta(days=7)


@dg.asset_check(
    asset="import_performance",
    description="Total = valid + invalid for every file, and the totals are the entries in the lake (F46).",
    blocking=True,
)
def totals_are_valid_plus_invalid(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> dg.AssetCheckResult:
    shown = warehouse_database.open().read(ImportPerformance).filter(pl.col("total_entries").is_not_null())
    counted = (
        lake_folder.open()
        .scan(ContactEntries)
        .group_by("file_id")
        .agg(total=pl.len(), valid=pl.col("is_valid").sum())
        .collect()
    )
    compared = shown.join(counted, on="file_id", how="left").with_columns(pl.col("total", "valid").fill_null(0))
    wrong = compared.filter(
        (pl.col("total_entries") != pl.col("valid_entries") + pl.col("invalid_entries"))
        | (pl.col("total_entries") != pl.col("total"))
        | (pl.col("valid_entries") != pl.col("valid"))
    )
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        metadata={"files": shown.height, "wrong": markdown_table(wrong.select("file_id", "total_entries", "total"))},
    )


@dg.asset_check(
    asset="import_performance",
    description="In no file of the last seven days is the share of invalid entries over the feed's warning line (F54).",
)
def few_entries_are_invalid(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    lines = pl.DataFrame(
        [
            (connection.id, feed.id, feed.invalid_share_warning)
            for connection in catalog_file.load().connections
            for feed in connection.feeds
            if feed.kind == "contacts"
        ],
        schema={"connection_id": pl.String, "feed_id": pl.String, "line": pl.Float64},
        orient="row",
    )
    files = warehouse_database.open().read(ImportPerformance).filter(pl.col("total_entries") > 0)
    recent = files.filter(pl.col("fetched_at") > pl.col("fetched_at").max() - WARN_FOR)
    share = pl.col("invalid_entries") / pl.col("total_entries")
    over = recent.join(lines, on=["connection_id", "feed_id"]).with_columns(share=share).filter(share > pl.col("line"))
    return dg.AssetCheckResult(
        passed=over.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "files over the line": over.height,
            "files": markdown_table(
                over.select("connection_id", "file_name", "total_entries", pl.col("share").round(3), "line")
            ),
        },
    )
