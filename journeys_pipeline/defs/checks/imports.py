"""Checks of what became of contact files."""

from datetime import timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.landed_files import LANDED, FeedReadings

RECENT = timedelta(hours=24)
WARN_FOR = timedelta(days=7)


@dg.asset_check(
    asset="import_performance",
    description="Total = valid + invalid, and the totals are the entries in the lake, of the files that were read "
    "within a day of the newest (F46).",
    blocking=True,
)
def totals_are_valid_plus_invalid(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> dg.AssetCheckResult:
    warehouse = warehouse_database.open()
    readings = warehouse.read(FeedReadings, {"kind": ["contacts"]})
    recent = readings.filter(pl.col("read_at") > pl.col("read_at").max() - RECENT).select("file_id")
    shown = (
        warehouse.read(ImportPerformance, {"status": [LANDED]})
        .drop_nulls("total_entries")
        .join(recent, on="file_id", how="semi")
    )
    is_theirs = pl.col("day").is_in(shown["fetched_at"].dt.date().unique().to_list())
    entries = lake_folder.open().scan(ContactEntries).filter(is_theirs)
    counted = (
        entries.group_by("file_id").agg(total=pl.len(), valid=pl.col("is_valid").sum()).collect(engine="streaming")
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
    files = warehouse_database.open().read(ImportPerformance, {"status": [LANDED]}).filter(pl.col("total_entries") > 0)
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
