"""Stage 3: platform events and journey definitions, typed, each key once, bad records set aside with a reason."""

from collections.abc import Iterator
from datetime import datetime

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.event_files import read_records
from journeys_pipeline.adapters.journey_files import read_journey_lines
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import File, Reading, batches, mark_read, unread_files
from journeys_pipeline.defs.resources import LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.transforms.journey_events import EventFile, accept_events, accept_journeys, drop_known


@dg.asset(deps=["landed_files"], **about(JourneyEvents, kinds={"polars", "deltalake"}, group="events"))
def journey_events(
    context: dg.AssetExecutionContext,
    landing_folder: LandingFolder,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    lake, warehouse, as_of = lake_folder.open(), warehouse_database.open(), logical_time(context)
    read = [
        reading
        for batch in batches(unread_files(warehouse, ["events"]))
        for reading in _read_batch(batch, (landing_folder.open(), lake, warehouse), as_of=as_of)
    ]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": lake.scan(JourneyEvents).select(pl.len()).collect().item(),
            "files read": len(read),
            "records": sum(reading.records for reading in read),
            "accepted": sum(reading.accepted for reading in read),
            "quarantined": sum(reading.quarantined for reading in read),
        }
    )


def _read_batch(files: list[File], stores: tuple[LandingZone, Lake, Warehouse], *, as_of: datetime) -> list[Reading]:
    """What became of each file; all accepted rows are now in the lake, in one commit, and all quarantined in one."""
    landing_zone, lake, warehouse = stores
    file_ids = [file["file_id"] for file in files]
    judged = [pair for file in files for pair in _judge(file, landing_zone)]
    accepted = pl.concat([JourneyEvents.create_empty(), *(good for good, _ in judged)])
    refused = pl.concat([QuarantinedRecords.create_empty(), *(bad for _, bad in judged)])
    of_account = pl.col("account_id") == files[0]["account_id"]
    known = lake.scan(JourneyEvents).filter(of_account & ~pl.col("file_id").is_in(file_ids))
    new, conflicts = drop_known(accepted, known, landed_on=as_of.date())
    quarantined = pl.concat([refused, conflicts])
    lake.replace(JourneyEvents, new.lazy(), {"file_id": file_ids})
    lake.replace(QuarantinedRecords, quarantined.lazy(), {"file_id": file_ids})
    readings = [
        Reading(
            file,
            records=_of(file, accepted).height + _of(file, refused).height,
            accepted=_of(file, new).height,
            quarantined=_of(file, quarantined).height,
            days=_of(file, new)["day"].unique().to_list(),
        )
        for file in files
    ]
    mark_read(warehouse, readings, as_of=as_of)
    return readings


def _of(file: File, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("file_id") == file["file_id"])


def _judge(file: File, landing_zone: LandingZone) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    about_file = EventFile(file["file_id"], file["account_id"], file["fetched_at"].date())
    for records in read_records(landing_zone.path(file["connection_id"], file["sha256"])):
        accepted, refused = pl.collect_all(accept_events(records.lazy(), file=about_file))
        yield accepted, refused


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
        path = landing_folder.open().path(file["connection_id"], file["sha256"])
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
