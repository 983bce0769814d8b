"""Which landed files are still to be read, and the mark that one was."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.warehouse import Transaction, Warehouse
from journeys_pipeline.environment import first_day
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.landed_files import LANDED, REFUSED, FeedReadings, LandedFiles
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays

BATCH_BYTES = 64 * 1024 * 1024

ORDER = ["fetched_at", "file_name", "file_id"]
"""The order in which files are read."""

File = dict[str, Any]


def unread_files(warehouse: Warehouse, kinds: Collection[str]) -> list[File]:
    """Landed files of the kinds that no run has finished reading, as LandedFiles rows, oldest first."""
    landed = warehouse.read(LandedFiles, {"status": [LANDED], "kind": kinds})
    read = warehouse.read(FeedReadings, {"kind": kinds})
    return landed.join(read, on="file_id", how="anti").sort(ORDER).to_dicts()


def batches(files: Sequence[File], *, most_bytes: int = BATCH_BYTES) -> Iterator[list[File]]:
    """Files of one account each, in order, as many together as their size allows."""
    for _, of_account in groupby(sorted(files, key=lambda file: file["account_id"]), lambda file: file["account_id"]):
        batch: list[File] = []
        for file in of_account:
            if batch and sum(one["file_bytes"] for one in batch) + file["file_bytes"] > most_bytes:
                yield batch
                batch = []
            batch.append(file)
        yield batch


def refuse_file(warehouse: Warehouse, file: File, reason: str) -> None:
    """The file is not read, now or later, and its manifest row says why; the same bytes may come again."""
    row = file | {"status": REFUSED, "error": reason}
    warehouse.upsert(LandedFiles, pl.DataFrame([row], schema=LandedFiles.create_empty().schema))


@dataclass(frozen=True)
class Reading:
    """What became of a landed file's records, and the days that they touch."""

    file: Mapping[str, Any]
    records: int
    accepted: int
    quarantined: int
    days: Collection[date] = ()


def newest_day(warehouse: Warehouse, account_id: str, *, touched: Collection[date], as_of: datetime) -> date:
    """The account's last day that may have figures: made before, or touched by a file; never one after `as_of`.

    Args:
        warehouse: Where earlier touches and refreshes are recorded.
        account_id: The account.
        touched: Days that are about to be touched.
        as_of: Up to when touched days count: a clock that is wrong may touch a far future.
    """
    of_account = {"account_id": [account_id]}
    made = warehouse.read(Refreshes, of_account)["day"].to_list()
    days = [*touched, *warehouse.read(TouchedDays, of_account)["day"]]
    return max([*made, *(day for day in days if day <= as_of.date())], default=as_of.date())


def days_from(first: date, last: date) -> list[date]:
    """The days first..last, both inclusive, that are counted."""
    return days_between(max(first, first_day()), date.fromordinal(last.toordinal() + 1))


def touch_days(warehouse: Warehouse, account_id: str, files: Mapping[date, Sequence[str]]) -> None:
    """Mark an account's days as to be made anew, for the files of these ids; none counts no file.

    A touch is later than the refresh that it is to be told from, also when the clock was put back between the two.
    """
    with warehouse.transaction() as transaction:
        transaction.take_turns(TouchedDays)
        transaction.upsert(TouchedDays, _touched(transaction, account_id, files))


def _touched(transaction: Transaction, account_id: str, files: Mapping[date, Sequence[str]]) -> pl.DataFrame:
    of_account = {"account_id": [account_id]}
    made = transaction.read(Refreshes, of_account).select("day", "begun_at")
    before = transaction.read(TouchedDays, of_account).join(made, on="day", how="left")
    waiting = before.filter(pl.col("begun_at").is_null() | (pl.col("touched_at") > pl.col("begun_at")))
    known = {day: (count or 0, file_id) for day, count, file_id in waiting.select("day", "files", "file_id").rows()}
    begun = dict(made.rows())
    rows: list[dict[str, Any]] = []
    for day, file_ids in sorted(files.items()):
        count, newest = known.get(day, (0, None))
        row = {"files": count + len(file_ids), "file_id": file_ids[-1] if file_ids else newest}
        touched_at = max(now(), begun[day] + timedelta(microseconds=1)) if day in begun else now()
        rows.append(row | {"account_id": account_id, "day": day, "touched_at": touched_at})
    return pl.DataFrame(rows, schema=TouchedDays.create_empty().schema)


def mark_read(warehouse: Warehouse, readings: Collection[Reading], *, as_of: datetime) -> None:
    """Record that files' rows are in the lake; the days first, so that a crash between repeats the files.

    A file that is read once more keeps the time of its first reading.
    """
    for account_id in {reading.file["account_id"] for reading in readings}:
        files: dict[date, list[str]] = {}
        for reading in readings:
            if reading.file["account_id"] == account_id:
                for day in reading.days:
                    files.setdefault(day, []).append(reading.file["file_id"])
        touch_days(warehouse, account_id, files)
    first = first_readings(warehouse, [reading.file for reading in readings])
    rows = [
        {
            **{name: reading.file[name] for name in ("file_id", "account_id", "kind")},
            "records": reading.records,
            "accepted": reading.accepted,
            "duplicates": reading.records - reading.accepted - reading.quarantined,
            "quarantined": reading.quarantined,
            "read_at": first.get(reading.file["file_id"], as_of),
        }
        for reading in readings
    ]
    warehouse.upsert(FeedReadings, pl.DataFrame(rows, schema=FeedReadings.create_empty().schema))


def first_readings(warehouse: Warehouse, files: Collection[Mapping[str, Any]]) -> dict[str, datetime]:
    """When files were read first, by file_id; those that were not are left out."""
    read = warehouse.read(FeedReadings, {"file_id": [file["file_id"] for file in files]})
    return dict(read.select("file_id", "read_at").iter_rows())
