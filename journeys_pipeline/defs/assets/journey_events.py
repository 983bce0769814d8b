"""Stage 3: platform events and journey definitions, typed, each key once, bad records set aside with a reason."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.event_files import read_records
from journeys_pipeline.adapters.journey_files import read_journey_lines
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.reading import mark_read, unread_files
from journeys_pipeline.defs.resources import LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.transforms.journey_events import EventFile, accept_events, accept_journeys, drop_known

BATCH_BYTES = 64 * 1024 * 1024

File = dict[str, Any]


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
    totals = pl.DataFrame(read, schema=dict.fromkeys(["records", "accepted", "duplicates", "quarantined"], pl.Int64))
    rows = lake.scan(JourneyEvents).select(pl.len()).collect().item()
    return dg.MaterializeResult(
        metadata={"dagster/row_count": rows, "files read": len(read), **totals.sum().to_dicts()[0]}
    )


def batches(files: list[File]) -> Iterator[list[File]]:
    """Files of one account each, in order, as many together as their size allows."""
    for _, of_account in groupby(sorted(files, key=lambda file: file["account_id"]), lambda file: file["account_id"]):
        batch: list[File] = []
        for file in of_account:
            if batch and sum(one["file_bytes"] for one in batch) + file["file_bytes"] > BATCH_BYTES:
                yield batch
                batch = []
            batch.append(file)
        yield batch


def _read_batch(
    files: list[File], stores: tuple[LandingZone, Lake, Warehouse], *, as_of: datetime
) -> list[dict[str, int]]:
    """Counts per file, whose accepted and quarantined rows are now in the lake, each in one commit for all files."""
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
    readings: list[dict[str, int]] = []
    for file in files:
        of_file = pl.col("file_id") == file["file_id"]
        mine = new.filter(of_file)
        set_aside = quarantined.filter(of_file).height
        records = accepted.filter(of_file).height + refused.filter(of_file).height
        counts = {
            "records": records,
            "accepted": mine.height,
            "duplicates": records - mine.height - set_aside,
            "quarantined": set_aside,
        }
        mark_read(warehouse, file, counts, touched=mine["day"].unique().to_list(), as_of=as_of)
        readings.append(counts)
    return readings


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
        records = accepted.height + refused.height
        counts = {"records": records, "accepted": accepted.height, "duplicates": 0, "quarantined": refused.height}
        mark_read(warehouse, file, counts, touched=[], as_of=as_of)
    rows = lake.scan(Journeys).select(pl.len()).collect().item()
    return dg.MaterializeResult(metadata={"dagster/row_count": rows, "files read": len(files)})
