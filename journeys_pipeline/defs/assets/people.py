"""Stage 4: what people feeds say about persons, and the person that each id stands for."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.people_reading import PeopleReader
from journeys_pipeline.defs.reading import batches, unread_files
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.defs.withdrawals import carry_out
from journeys_pipeline.schemas.people import Identities, PeopleChanges


@dg.multi_asset(
    specs=[
        dg.AssetSpec(
            "people_changes",
            deps=["landed_files"],
            **about(PeopleChanges, kinds={"polars", "deltalake"}, group="people"),
        ),
        dg.AssetSpec(
            "identities", deps=["people_changes"], **about(Identities, kinds={"polars", "deltalake"}, group="people")
        ),
    ]
)
def people(
    context: dg.AssetExecutionContext,
    catalog_file: CatalogFile,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> tuple[dg.MaterializeResult, dg.MaterializeResult]:
    catalog, lake, warehouse = catalog_file.load(), lake_folder.open(), warehouse_database.open()
    reader = PeopleReader(catalog, landing_folder.open(), lake, warehouse, logical_time(context))
    done = carry_out(
        warehouse, lake, ["people"], take_out=reader.take_out, put_back=reader.put_back, as_of=reader.as_of
    )
    unread = unread_files(warehouse, ["people"])
    files = [file for file in unread if catalog.has_feed(file["connection_id"], file["feed_id"])]
    if len(files) < len(unread):
        context.log.warning(f"{len(unread) - len(files)} people files wait: their feeds are not in the catalog.")
    read = [reading for batch in batches(files) for reading in reader.read(batch)]
    counts = {
        "files read": len(read),
        "records": sum(reading.records for reading in read),
        "accepted": sum(reading.accepted for reading in read),
        "quarantined": sum(reading.quarantined for reading in read),
        "withdrawals and reinstatements": done,
    }
    changes, identities = (lake.scan(table).select(pl.len()).collect().item() for table in (PeopleChanges, Identities))
    return (
        dg.MaterializeResult(asset_key="people_changes", metadata={"dagster/row_count": changes, **counts}),
        dg.MaterializeResult(
            asset_key="identities",
            metadata={
                "dagster/row_count": identities,
                "days to make anew": len({day for reading in read for day in reading.days}),
            },
        ),
    )
