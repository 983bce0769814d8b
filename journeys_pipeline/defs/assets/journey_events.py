"""Stage 3: platform events and journey definitions, typed, each key once, bad records set aside with a reason."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.event_reading import BATCH_BYTES
from journeys_pipeline.defs.event_rereading import EventRereader
from journeys_pipeline.defs.journey_reading import JourneyReader
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import batches, unread_files
from journeys_pipeline.defs.resources import LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.defs.withdrawals import carry_out
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys


@dg.asset(deps=["landed_files"], **about(JourneyEvents, kinds={"polars", "deltalake"}, group="events"))
def journey_events(
    context: dg.AssetExecutionContext,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    lake, warehouse = lake_folder.open(), warehouse_database.open()
    reader = EventRereader(landing_folder.open(), lake, warehouse, logical_time(context))
    changes = carry_out(
        warehouse, lake, ["events"], take_out=reader.take_out, put_back=reader.put_back, as_of=reader.as_of
    )
    unread = unread_files(warehouse, ["events"])
    read = [reading for batch in batches(unread, most_bytes=BATCH_BYTES) for reading in reader.read(batch)]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": lake.scan(JourneyEvents).select(pl.len()).collect().item(),
            "files read": len(read),
            "records": sum(reading.records for reading in read),
            "accepted": sum(reading.accepted for reading in read),
            "quarantined": sum(reading.quarantined for reading in read),
            "withdrawals and reinstatements": changes,
        }
    )


@dg.asset(deps=["landed_files"], **about(Journeys, kinds={"polars", "deltalake"}, group="events"))
def journeys(
    context: dg.AssetExecutionContext,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    lake, warehouse = lake_folder.open(), warehouse_database.open()
    reader = JourneyReader(landing_folder.open(), lake, warehouse, logical_time(context))
    changes = carry_out(
        warehouse, lake, ["journeys"], take_out=reader.take_out, put_back=reader.put_back, as_of=reader.as_of
    )
    read = [done for file in unread_files(warehouse, ["journeys"]) if (done := reader.read(file))]
    rows = lake.scan(Journeys).select(pl.len()).collect().item()
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "files read": len(read), "withdrawals and reinstatements": changes}
    )
