"""Landed files that are taken back, and given back: the mark of each, and who carries it out.

A file's status in the manifest says what it shall be, from one moment to the next. The next run that reads files
carries it out: it takes the file's rows out of the lake, or puts them back, so that all is as if the file had never
come, or had come when it did. What the run has not done yet, because it died, the next one does.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Transaction, Warehouse
from journeys_pipeline.defs.reading import ORDER, File
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.erasures import AlteredBytes
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.landed_files import (
    KINDS,
    LANDED,
    WITHDRAWN,
    FeedReadings,
    LandedFiles,
    Withdrawals,
)
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger, WithdrawnEntries
from journeys_pipeline.transforms.daily_facts import collect_entries


class CannotWithdraw(Exception):
    """Nothing was changed; the message says which file is why."""


@dataclass(frozen=True)
class Change:
    """A withdrawal or reinstatement that is not carried out yet."""

    file: File
    is_out: bool
    withdrawn_at: datetime


def check_withdrawal(warehouse: Warehouse, file_ids: Sequence[str]) -> None:
    """Nothing; the files can be withdrawn.

    Raises:
        CannotWithdraw: one is not known, was not landed, or shares records with files whose bytes are gone.
    """
    with warehouse.transaction() as transaction:
        _find_withdrawable(transaction, file_ids)


def withdraw(warehouse: Warehouse, file_ids: Sequence[str], *, by: str, reason: str | None, as_of: datetime) -> None:
    """Mark landed files as withdrawn; those that are so already stay as they are.

    Raises:
        CannotWithdraw: as `check_withdrawal` says.
    """
    with warehouse.transaction() as transaction:
        new = _find_withdrawable(transaction, file_ids)
        rows = [
            {"withdrawn_at": as_of, "withdrawn_by": by, "reason": reason or None}
            | {name: file[name] for name in ("file_id", "account_id", "kind")}
            for file in new
        ]
        ids = [file["file_id"] for file in new]
        told = f"Withdrawn by {by} at {as_of:%Y-%m-%d %H:%M} UTC{f': {reason}' if reason else '.'}"
        transaction.upsert(Withdrawals, pl.DataFrame(rows, schema=Withdrawals.create_empty().schema))
        transaction.update(LandedFiles, {"status": WITHDRAWN}, {"file_id": ids})
        transaction.update(ImportPerformance, {"status": WITHDRAWN, "error": told}, {"file_id": ids})


def reinstate(warehouse: Warehouse, file_ids: Sequence[str], *, by: str, as_of: datetime) -> None:
    """Mark withdrawn files as landed again; those that are so already stay as they are.

    Raises:
        CannotWithdraw: one is not known, was not withdrawn, or its bytes are not there as fetched.
    """
    with warehouse.transaction() as transaction:
        files = _find(transaction, file_ids, wanted=[LANDED, WITHDRAWN])
        known = _newest(transaction.read(Withdrawals, {"file_id": file_ids}))
        never = sorted(set(file_ids) - set(known["file_id"]))
        if never:
            raise CannotWithdraw(f"{never[0]} was not withdrawn.")
        gone = [file for file in files if file["status"] == WITHDRAWN]
        _must_be_readable(transaction, gone, is_out=False)
        ids = [file["file_id"] for file in gone]
        back = {"reinstated_at": as_of, "reinstated_by": by}
        for row in known.filter(pl.col("file_id").is_in(ids)).select("file_id", "withdrawn_at").to_dicts():
            transaction.update(Withdrawals, back, {name: [value] for name, value in row.items()})
        transaction.update(LandedFiles, {"status": LANDED}, {"file_id": ids})
        shown = transaction.read(ImportPerformance, {"file_id": ids})
        transaction.delete(ImportPerformance, shown.filter(pl.col("total_entries").is_null()).to_dicts())
        transaction.update(ImportPerformance, {"status": LANDED, "error": None}, {"file_id": ids})


def pending_changes(warehouse: Warehouse, kinds: Collection[str]) -> list[Change]:
    """What is not carried out yet: what goes first, then what comes back, each in the order of reading."""
    rows = _newest(warehouse.read(Withdrawals, {"kind": kinds}))
    is_waiting = (
        pl.when(pl.col("reinstated_at").is_null())
        .then(pl.col("taken_out_at").is_null())
        .otherwise(pl.col("put_back_at").is_null())
    )
    waiting = rows.filter(is_waiting)
    if waiting.is_empty():
        return []
    files = warehouse.read(LandedFiles, {"file_id": waiting["file_id"].to_list()}).sort(ORDER).to_dicts()
    at = dict(waiting.select("file_id", "withdrawn_at").iter_rows())
    changes = [Change(file, file["status"] == WITHDRAWN, at[file["file_id"]]) for file in files]
    return sorted(changes, key=lambda change: not change.is_out)


def carry_out(
    warehouse: Warehouse,
    lake: Lake,
    kinds: Collection[str],
    *,
    take_out: Callable[[File], object],
    put_back: Callable[[File], object],
    as_of: datetime,
) -> int:
    """How many changes of these kinds of files waited; `take_out` and `put_back` did what each wanted.

    One that gives False leaves its file waiting.
    """
    changes = pending_changes(warehouse, kinds)
    for change in changes:
        if change.is_out:
            keep_entries(lake, change.file)
        if (take_out if change.is_out else put_back)(change.file) is False:
            continue
        done = {"taken_out_at" if change.is_out else "put_back_at": as_of}
        with warehouse.transaction() as transaction:
            which = {"file_id": [change.file["file_id"]], "withdrawn_at": [change.withdrawn_at]}
            transaction.update(Withdrawals, done, which)
    return len(changes)


def keep_entries(lake: Lake, file: File) -> None:
    """Keep which entries a file had brought, and when they were billed: the next booking asks for it."""
    entries = file_entries(lake, file)
    if entries.head(1).collect(engine="streaming").is_empty():
        return  # there were none; or they went before a crash, and are kept already
    billed = ["account_id", "source_id", "billed_at"]
    booked = pl.concat([lake.scan(table).select(billed) for table in (MepLedger, MepAdjustments)])
    rows = entries.join(booked.unique(billed[:2]), on=billed[:2], how="left").select(
        pl.lit(file["file_id"]).alias("file_id"), *billed[:2], "day", "billed_at"
    )
    lake.replace(WithdrawnEntries, rows, {"file_id": [file["file_id"]]})


def file_entries(lake: Lake, file: File) -> pl.LazyFrame:
    """JourneyEntries that a file brought, as long as its rows are in the lake."""
    is_its = (pl.col("account_id") == file["account_id"]) & (pl.col("file_id") == file["file_id"])
    return collect_entries(lake.scan(JourneyEvents).filter(is_its), lake.scan(ContactEntries).filter(is_its))


def later_files(warehouse: Warehouse, file: File) -> pl.DataFrame:
    """LandedFiles of the same kind and account that were read, and come after a file; with their FeedReadings."""
    with warehouse.transaction() as transaction:
        return _later(transaction, file)


def _later(transaction: Transaction, file: File) -> pl.DataFrame:
    within = {"account_id": [file["account_id"]], "kind": [file["kind"]]}
    files = transaction.read(LandedFiles, within | {"status": [LANDED]})
    read = transaction.read(FeedReadings, within).drop("account_id", "kind")
    place = tuple(file[name] for name in ORDER)
    after = [row["file_id"] for row in files.to_dicts() if tuple(row[name] for name in ORDER) > place]
    return files.filter(pl.col("file_id").is_in(after)).join(read, on="file_id").sort(ORDER)


def _find_withdrawable(transaction: Transaction, file_ids: Sequence[str]) -> list[File]:
    """The files that are not withdrawn yet."""
    files = _find(transaction, file_ids, wanted=[LANDED, WITHDRAWN])
    new = [file for file in files if file["status"] == LANDED]
    _must_be_readable(transaction, new, is_out=True)
    return new


def _find(transaction: Transaction, file_ids: Sequence[str], *, wanted: Collection[str]) -> list[File]:
    files = {file["file_id"]: file for file in transaction.read(LandedFiles, {"file_id": file_ids}).to_dicts()}
    for file_id in file_ids:
        if file_id not in files:
            raise CannotWithdraw(f"There is no file {file_id}. `journeys import files` lists them with their ids.")
        status, first = files[file_id]["status"], files[file_id]["duplicate_of"]
        if status not in wanted or files[file_id]["kind"] not in KINDS:
            instead = f" Its entries came with {first}." if first else ""
            raise CannotWithdraw(f"{file_id} has the status {status}: it brought nothing in.{instead}")
    return [files[file_id] for file_id in dict.fromkeys(file_ids)]


def _newest(rows: pl.DataFrame) -> pl.DataFrame:
    """The last withdrawal of each file."""
    return rows.sort("withdrawn_at").unique("file_id", keep="last", maintain_order=True)


def _must_be_readable(transaction: Transaction, files: Sequence[File], *, is_out: bool) -> None:
    """What has to be read again must be there as it was fetched.

    Raises:
        CannotWithdraw: it is not.
    """
    altered = {tuple(row) for row in transaction.read(AlteredBytes).select("connection_id", "sha256").iter_rows()}
    for file in files:
        for other in _read_again(transaction, file, is_out=is_out) if altered else ():
            if (other["connection_id"], other["sha256"]) in altered:
                raise CannotWithdraw(
                    f"{file['file_id']} stays as it is: {other['file_id']} would have to be read again, and its bytes "
                    "are not those that were fetched any more (retention, or an erasure)."
                )


def _read_again(transaction: Transaction, file: File, *, is_out: bool) -> Iterator[dict[str, Any]]:
    if not is_out:
        yield file
    if file["kind"] == "journeys":
        within = {"account_id": [file["account_id"]], "kind": ["journeys"], "status": [LANDED]}
        others = transaction.read(LandedFiles, within).to_dicts()
        yield from (other for other in others if other["file_id"] != file["file_id"])
    elif file["kind"] != "contacts":
        later = _later(transaction, file)
        yield from (later.filter(pl.col("records") > pl.col("accepted")) if is_out else later).to_dicts()
