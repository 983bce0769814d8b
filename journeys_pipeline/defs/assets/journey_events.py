"""Stage 3: platform events and journey definitions, typed, each key once, bad records set aside with a reason."""

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.journey_files import read_journey_lines
from journeys_pipeline.defs.event_reading import BATCH_BYTES, EventReader
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import Reading, batches, mark_read, unread_files
from journeys_pipeline.defs.resources import LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.transforms.journey_events import EventFile, accept_journeys


@dg.asset(deps=["landed_files"], **about(JourneyEvents, kinds={"polars", "deltalake"}, group="events"))
def journey_events(
    context: dg.AssetExecutionContext,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    lake, warehouse = lake_folder.open(), warehouse_database.open()
    reader = EventReader(landing_folder.open(), lake, warehouse, logical_time(context))
    unread = unread_files(warehouse, ["events"])
    read = [reading for batch in batches(unread, most_bytes=BATCH_BYTES) for reading in reader.read(batch)]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": lake.scan(JourneyEvents).select(pl.len()).collect().item(),
            "files read": len(read),
            "records": sum(reading.records for reading in read),
            "accepted": sum(reading.accepted for reading in read),
            "quarantined": sum(reading.quarantined for reading in read),
        }
    )


@dg.asset(deps=["landed_files"], **about(Journeys, kinds={"polars", "deltalake"}, group="events"))
def journeys(
    context: dg.AssetExecutionContext,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    lake, warehouse, as_of = lake_folder.open(), warehouse_database.open(), logical_time(context)
    files = unread_files(warehouse, ["journeys"])
    for file in files:
        about_file = EventFile(file["file_id"], file["account_id"], file["fetched_at"].date())
        with landing_folder.open().reading(file["connection_id"], file["sha256"]) as path:
            accepted, refused = accept_journeys(read_journey_lines(path), file=about_file)
        key = Journeys.primary_key()
        newest = pl.concat([lake.scan(Journeys).collect(), accepted]).sort("valid_from", maintain_order=True)
        of_account = pl.col("account_id") == file["account_id"]
        rows = newest.filter(of_account).unique(key, keep="last", maintain_order=True)
        lake.replace(Journeys, rows.lazy(), {"account_id": [file["account_id"]]})
        lake.replace(QuarantinedRecords, refused.lazy(), {"file_id": [file["file_id"]]})
        reading = Reading(file, accepted.height + refused.height, accepted.height, refused.height)
        mark_read(warehouse, [reading], as_of=as_of)
    rows = lake.scan(Journeys).select(pl.len()).collect().item()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "files read": len(files)})
