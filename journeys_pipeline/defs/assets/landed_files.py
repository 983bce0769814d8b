"""Stage 1: files from every customer's server, each content once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.fetching import Fetch
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Connection
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.resources import CatalogFile, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.landed_files import LandedFiles

CONNECTIONS_AT_ONCE = 4


@dg.asset(**about(LandedFiles, kinds={"sftp", "sqlalchemy"}, group="imports"))
def landed_files(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    warehouse, as_of = warehouse_database.open(), logical_time(context)

    def fetch(connection: Connection) -> pl.DataFrame:
        return _fetch_connection(connection, landing_folder, warehouse, as_of=as_of)

    with ThreadPoolExecutor(CONNECTIONS_AT_ONCE) as pool:
        rows = pl.concat(
            [LandedFiles.create_empty(), *pool.map(fetch, catalog_file.load().connections)], how="vertical"
        )
    counts = rows.group_by("status").len(name="files").sort("status")
    context.log.info(f"Fetched at {as_of:%Y-%m-%d %H:%M} UTC: {dict(counts.iter_rows()) or 'nothing new'}")
    troubles = rows.filter(pl.col("error").is_not_null()).select("connection_id", "file_name", "error")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": warehouse.read(LandedFiles).height,
            "new files": rows.height,
            "by status": markdown_table(counts),
            "troubles": markdown_table(troubles),
        }
    )


def _fetch_connection(
    connection: Connection, landing_folder: LandingFolder, warehouse: Warehouse, *, as_of: datetime
) -> pl.DataFrame:
    manifest = warehouse.read(LandedFiles, {"connection_id": [connection.id]})
    password = dg.EnvVar(connection.password_env).get_value() if connection.password_env else None
    rows = Fetch(connection, landing_folder.open(), manifest, as_of).run(password=password)
    warehouse.upsert(LandedFiles, rows)
    return rows
