"""Stage 2: entries of contact files, accepted or refused, and the import performance table."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile, read_contact_rows
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import Reading, mark_read, unread_files
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, REFUSED, FeedReadings, LandedFiles
from journeys_pipeline.transforms.contact_entries import ContactFile, judge_contacts, measure_imports


@dg.asset(deps=["landed_files"], **about(ContactEntries, kinds={"polars", "deltalake"}, group="imports"))
def contact_entries(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    catalog, lake, warehouse = catalog_file.load(), lake_folder.open(), warehouse_database.open()
    as_of = logical_time(context)
    files = entries = 0
    for file in unread_files(warehouse, ["contacts"]):
        files += 1
        entries += _read_file(file, (catalog, landing_folder.open(), lake, warehouse), as_of=as_of)
    return dg.MaterializeResult(metadata={"files read": files, "entries read": entries})


def _read_file(file: dict[str, Any], stores: tuple[Catalog, LandingZone, Lake, Warehouse], *, as_of: datetime) -> int:
    """The number of entries in a file, which are now in the lake; a file that cannot be read is refused."""
    catalog, landing_zone, lake, warehouse = stores
    feed = catalog.contacts_feed(file["connection_id"], file["feed_id"])
    try:
        rows = pl.concat(
            read_contact_rows(
                landing_zone.path(file["connection_id"], file["sha256"]),
                phone_column=feed.phone_column,
                email_column=feed.email_column,
                delimiter=feed.delimiter,
                encoding=feed.encoding,
            )
        )
    except UnreadableFile as failure:
        refused = pl.DataFrame(
            [file | {"status": REFUSED, "error": str(failure)}], schema=LandedFiles.create_empty().schema
        )
        warehouse.upsert(LandedFiles, refused)
        return 0
    about_file = ContactFile(file["file_id"], file["account_id"], file["fetched_at"])
    entries = judge_contacts(rows.lazy(), feed=feed, file=about_file).collect()
    day = file["fetched_at"].date()
    lake.replace(ContactEntries, entries.lazy(), {"day": [day], "file_id": [file["file_id"]]})
    valid = int(entries["is_valid"].sum())
    reading = Reading(file, entries.height, valid, entries.height - valid, [day])
    mark_read(warehouse, [reading], as_of=as_of)
    return entries.height


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
    return dg.MaterializeResult(metadata=dict(_summarise(warehouse.read(ImportPerformance))))


def _summarise(imports: pl.DataFrame) -> Iterator[tuple[str, Any]]:
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
