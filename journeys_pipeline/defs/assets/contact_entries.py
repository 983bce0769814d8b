"""Stage 2: entries of contact files, accepted or refused, and the import performance table."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.defs.contact_reading import ContactReader
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import batches, unread_files
from journeys_pipeline.defs.resources import (
    CatalogFile,
    LakeFolder,
    LandingFolder,
    ReportsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.rendering.charts import draw_imports
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportExport, ImportPerformance
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, FeedReadings, LandedFiles
from journeys_pipeline.transforms.contact_entries import export_imports, measure_imports

DRAWN_DAYS = timedelta(days=31)
EXPORT_NAME = "import-performance.csv"
SAMPLES = 12


@dg.asset(deps=["landed_files"], **about(ContactEntries, kinds={"polars", "deltalake"}, group="imports"))
def contact_entries(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    catalog, warehouse = catalog_file.load(), warehouse_database.open()
    reader = ContactReader(catalog, landing_folder.open(), lake_folder.open(), warehouse, logical_time(context))
    unread = unread_files(warehouse, ["contacts"])
    files = [file for file in unread if catalog.has_feed(file["connection_id"], file["feed_id"])]
    if len(files) < len(unread):
        context.log.warning(f"{len(unread) - len(files)} contact files wait: their feeds are not in the catalog.")
    entries = sum(reader.read(batch) for batch in batches(files))
    return dg.MaterializeResult(
        metadata={"files read": len(files), "files waiting": len(unread) - len(files), "entries read": entries}
    )


@dg.asset(
    deps=["landed_files", "contact_entries"],
    **about(ImportPerformance, kinds={"polars", "sqlalchemy"}, group="imports"),
)
def import_performance(lake_folder: LakeFolder, warehouse_database: WarehouseDatabase) -> dg.MaterializeResult:
    warehouse = warehouse_database.open()
    shown = warehouse.read(ImportPerformance)
    read = warehouse.read(FeedReadings, {"kind": ["contacts"]})["file_id"].to_list()
    is_done = (pl.col("status") != LANDED) | pl.col("file_id").is_in(read)
    is_shown = (pl.col("kind") == "contacts") | (pl.col("status") == CONNECTION_ERROR)
    files = warehouse.read(LandedFiles).filter(is_shown & is_done)
    changed = files.join(shown, on=["file_id", "status"], how="anti")
    entries = lake_folder.open().scan(ContactEntries).filter(pl.col("file_id").is_in(changed["file_id"].to_list()))
    rows = measure_imports(changed.lazy(), entries).collect()
    warehouse.upsert(ImportPerformance, rows)
    samples = entries.filter(~pl.col("is_valid")).select("file_id", "row_number", "reasons", "shape").head(SAMPLES)
    return dg.MaterializeResult(metadata=dict(_summarise(warehouse.read(ImportPerformance), samples.collect())))


def _summarise(imports: pl.DataFrame, samples: pl.DataFrame) -> Iterator[tuple[str, Any]]:
    yield "dagster/row_count", imports.height
    for column in ("total_entries", "valid_entries", "invalid_entries"):
        yield column.replace("_", " "), int(imports[column].sum())
    newest = imports.sort("fetched_at", descending=True)
    yield (
        "newest files",
        markdown_table(
            newest.select("connection_id", "file_name", "status", "total_entries", "valid_entries", "invalid_entries")
        ),
    )
    if not samples.is_empty():
        yield "refused this time, masked", markdown_table(samples)
        recent = imports.filter(pl.col("fetched_at") > pl.col("fetched_at").max() - DRAWN_DAYS)
        drawn = b64encode(draw_imports(recent).encode()).decode()
        yield "per day", dg.MetadataValue.md(f"![valid and invalid entries per day](data:image/svg+xml;base64,{drawn})")


@dg.asset(deps=["import_performance"], **about(ImportExport, kinds={"csv"}, group="imports"))
def import_exports(warehouse_database: WarehouseDatabase, reports_folder: ReportsFolder) -> dg.MaterializeResult:
    imports, folder = warehouse_database.open().read(ImportPerformance), reports_folder.open()
    for (account_id,), rows in imports.partition_by("account_id", as_dict=True).items():
        write_whole(folder / str(account_id) / EXPORT_NAME, render_csv(export_imports(rows.lazy()).collect()))
    return dg.MaterializeResult(
        metadata={"dagster/row_count": imports.height, "folder": dg.MetadataValue.path(str(folder))}
    )
