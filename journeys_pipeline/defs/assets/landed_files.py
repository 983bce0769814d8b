"""Stage 1: files from every customer's server, each content once."""

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.fetching import Fetch, at_once
from journeys_pipeline.catalog import AnyConnection
from journeys_pipeline.defs.metadata import about, markdown_table
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.resources import CatalogFile, LandingFolder, WarehouseDatabase
from journeys_pipeline.defs.secrets import login_of
from journeys_pipeline.schemas.landed_files import LandedFiles


@dg.asset(**about(LandedFiles, kinds={"sftp", "sqlalchemy"}, group="imports"))
def landed_files(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    landing_zone, warehouse, as_of = landing_folder.open(), warehouse_database.open(), logical_time(context)

    def fetch(connection: AnyConnection) -> pl.DataFrame:
        return Fetch(connection, landing_zone, warehouse, as_of).run(**login_of(connection))

    rows = pl.concat([LandedFiles.create_empty(), *at_once(catalog_file.load().connections, fetch)], how="vertical")
    counts = rows.group_by("status").len(name="files").sort("status")
    context.log.info(f"Fetched at {as_of:%Y-%m-%d %H:%M} UTC: {dict(counts.iter_rows()) or 'nothing new'}")
    troubles = rows.filter(pl.col("error").is_not_null()).select("connection_id", "file_name", "error")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": warehouse.read(LandedFiles, columns=["file_id"]).height,
            "new files": rows.height,
            "by status": markdown_table(counts),
            "troubles": markdown_table(troubles),
        }
    )
