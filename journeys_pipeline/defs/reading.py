"""Which landed files are still to be read, and the mark that one was."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.landed_files import LANDED, FeedReadings, LandedFiles
from journeys_pipeline.schemas.metrics import TouchedDays


def unread_files(warehouse: Warehouse, kinds: Collection[str]) -> list[dict[str, Any]]:
    """Landed files of the kinds that no run has finished reading, as LandedFiles rows, oldest first."""
    landed = warehouse.read(LandedFiles, {"status": [LANDED], "kind": kinds})
    read = warehouse.read(FeedReadings, {"kind": kinds})
    return landed.join(read, on="file_id", how="anti").sort("fetched_at", "file_name", "file_id").to_dicts()


def mark_read(
    warehouse: Warehouse,
    file: Mapping[str, Any],
    counts: Mapping[str, int],
    *,
    touched: Collection[date],
    as_of: datetime,
) -> None:
    """Record that a file's rows are in the lake; the days first, so that a crash between repeats the file."""
    days = [{"account_id": file["account_id"], "day": day, "touched_at": now()} for day in sorted(touched)]
    warehouse.upsert(TouchedDays, pl.DataFrame(days, schema=TouchedDays.create_empty().schema))
    reading = {"file_id": file["file_id"], "account_id": file["account_id"], "kind": file["kind"], "read_at": as_of}
    warehouse.upsert(FeedReadings, pl.DataFrame([reading | dict(counts)], schema=FeedReadings.create_empty().schema))
