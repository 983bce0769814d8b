"""Stage 2: entries of contact files, accepted or refused, and the import performance table."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.fetching import at_once
from journeys_pipeline.adapters.returning import Returns
from journeys_pipeline.adapters.sessions import open_session
from journeys_pipeline.adapters.sftp import ConnectionFailed
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.catalog import AnyConnection, ContactsFeed
from journeys_pipeline.defs.contact_reading import ContactReader
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import File, batches, unread_files
from journeys_pipeline.defs.resources import (
    CatalogFile,
    LakeFolder,
    LandingFolder,
    ReportsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.defs.secrets import login_of
from journeys_pipeline.defs.withdrawals import carry_out
from journeys_pipeline.rendering.charts import draw_imports
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportExport, ImportPerformance
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, FeedReadings, FileReturns, LandedFiles
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
    changes = carry_out(
        warehouse, reader.lake, ["contacts"], take_out=reader.take_out, put_back=reader.put_back, as_of=reader.as_of
    )
    unread = unread_files(warehouse, ["contacts"])
    files = [file for file in unread if catalog.has_feed(file["connection_id"], file["feed_id"])]
    if len(files) < len(unread):
        context.log.warning(f"{len(unread) - len(files)} contact files wait: their feeds are not in the catalog.")
    entries = sum(reader.read(batch) for batch in batches(files))
    return dg.MaterializeResult(
        metadata={
            "files read": len(files),
            "files waiting": len(unread) - len(files),
            "entries read": entries,
            "withdrawals and reinstatements": changes,
        }
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
    refused = entries.filter(~pl.col("is_valid")).sort("file_id", "row_number").head(SAMPLES)
    samples = refused.join(changed.lazy().select("file_id", "file_name"), on="file_id", maintain_order="left").select(
        "file_name", "row_number", "reasons", shape=pl.format("`{}`", pl.col("shape").str.replace_all("`", "'"))
    )
    return dg.MaterializeResult(metadata=dict(_summarise(warehouse.read(ImportPerformance), samples.collect())))


def _summarise(imports: pl.DataFrame, samples: pl.DataFrame) -> Iterator[tuple[str, Any]]:
    yield "dagster/row_count", imports.height
    for column in ("total_entries", "valid_entries", "invalid_entries"):
        yield column.replace("_", " "), int(imports.filter(pl.col("status") == LANDED)[column].sum())
    newest = imports.sort("fetched_at", descending=True)
    yield (
        "newest files",
        markdown_table(
            newest.select("connection_id", "file_name", "status", "total_entries", "valid_entries", "invalid_entries")
        ),
    )
    if not samples.is_empty():
        yield "refused this time, masked", markdown_table(samples)
        counted = imports.filter(pl.col("status") == LANDED)
        recent = counted.filter(pl.col("fetched_at") > pl.col("fetched_at").max() - DRAWN_DAYS)
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


@dg.asset(deps=["import_performance"], **about(FileReturns, kinds={"sftp", "sqlalchemy"}, group="imports"))
def file_returns(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    returns = Returns(landing_folder.open(), warehouse_database.open(), render_csv, logical_time(context))
    entries = lake_folder.open().scan(ContactEntries).select("file_id", "row_number", "is_valid", "reasons")
    waiting = {
        connection.id: files for connection in catalog_file.load().connections if (files := returns.waiting(connection))
    }
    connections = [connection for connection in catalog_file.load().connections if connection.id in waiting]
    given = at_once(connections, lambda connection: _give_back(connection, waiting[connection.id], returns, entries))
    counts = {"files given back": sum(given), "files waiting": sum(map(len, waiting.values())) - sum(given)}
    return dg.MaterializeResult(metadata=counts)


def _give_back(connection: AnyConnection, files: Sequence[File], returns: Returns, entries: pl.LazyFrame) -> int:
    """How many files' rejects and receipts now lie beside them; the next run tries the others again."""
    encodings = {feed.id: feed.encoding for feed in connection.feeds if isinstance(feed, ContactsFeed)}
    try:
        with open_session(connection, **login_of(connection)) as session:
            return sum(
                returns.return_rejects(
                    session,
                    file,
                    folder=connection.folder,
                    entries=entries.filter(pl.col("file_id") == file["file_id"]).collect(),
                    encoding=encodings[file["feed_id"]],
                )
                for file in files
            )
    except ConnectionFailed:
        return 0  # the next fetch says why in a row of its own
