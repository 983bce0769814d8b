"""What `journeys import` shows: landed files with their ids, and what a withdrawal would take back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from journeys_pipeline import environment
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import File
from journeys_pipeline.defs.withdrawals import file_entries
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger, MepStatements

COLUMNS = ["file_id", "account_id", "kind", "file_name", "fetched_at", "status", "records", "accepted"]
EFFECTS = {
    "file_id": pl.String, "file_name": pl.String, "kind": pl.String, "status": pl.String, "records": pl.Int64,
    "accepted": pl.Int64, "entries": pl.Int64, "first_day": pl.Date, "last_day": pl.Date, "meps_open": pl.Int64,
    "meps_closed": pl.Int64,
}  # fmt: skip


def open_warehouse() -> Warehouse:
    """The warehouse, where the environment says."""
    warehouse = Warehouse(environment.warehouse_url())
    warehouse.migrate()  # a home in which nothing was run yet has no files
    return warehouse


def file_table(account: str | None, *, name: str | None, most: int) -> pl.DataFrame:
    """The newest files of an account (None: of all), those whose name has a text in it (None: all of them)."""
    warehouse = open_warehouse()
    files = warehouse.read(LandedFiles, {"account_id": [account]} if account else {})
    is_wanted = pl.col("file_name").str.contains(name, literal=True) if name else pl.lit(value=True)
    read = warehouse.read(FeedReadings).select("file_id", "records", "accepted")
    found = files.filter(is_wanted & pl.col("sha256").is_not_null()).join(read, on="file_id", how="left")
    return found.sort("fetched_at", "file_name", descending=[True, False]).head(most).select(COLUMNS)


def effects_table(warehouse: Warehouse, file_ids: Sequence[str]) -> pl.DataFrame:
    """One row per file: its records and journey entries, their days, and the MEPs that are credited to them.

    MEPs of closed months stay, and show in the restatement; one of an open month stays if the person entered otherwise.
    """
    lake = Lake(environment.lake_place())
    files = warehouse.read(LandedFiles, {"file_id": file_ids}).to_dicts()
    return pl.DataFrame([_effects(warehouse, lake, file) for file in files], schema=EFFECTS)


def _effects(warehouse: Warehouse, lake: Lake, file: File) -> dict[str, Any]:
    read = warehouse.read(FeedReadings, {"file_id": [file["file_id"]]}).to_dicts()
    entries = file_entries(lake, file).select("account_id", "source_id", "day")
    told = entries.select(pl.len(), first=pl.col("day").min(), last=pl.col("day").max()).collect(engine="streaming")
    credited = {"account_id", "source_id", "month"}
    booked = pl.concat([lake.scan(table).select(sorted(credited)) for table in (MepLedger, MepAdjustments)])
    months = booked.join(entries, on=["account_id", "source_id"], how="semi").collect(engine="streaming")["month"]
    statements = warehouse.read(MepStatements, {"account_id": [file["account_id"]]})
    closed: set[date] = set(statements["month"])
    return {name: file[name] for name in ("file_id", "file_name", "kind", "status")} | {
        "records": read[0]["records"] if read else None,
        "accepted": read[0]["accepted"] if read else None,
        "entries": told["len"].item(),
        "first_day": told["first"].item(),
        "last_day": told["last"].item(),
        "meps_open": sum(month not in closed for month in months),
        "meps_closed": sum(month in closed for month in months),
    }
