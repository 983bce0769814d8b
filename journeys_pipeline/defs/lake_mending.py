"""Damaged files of the lake: found, and taken out of the tables that a refresh makes anew."""

from collections.abc import Collection
from datetime import date

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.lake_tables import LAKE_TABLES
from journeys_pipeline.defs.people_reading import FACTS
from journeys_pipeline.defs.reading import touch_days
from journeys_pipeline.schemas.metrics import PeopleByDay, PeopleSpans, Refreshes

MADE_BY_A_REFRESH = {*FACTS, PeopleByDay, PeopleSpans}


def find_damage(lake: Lake) -> list[str]:
    """A sentence for each table of which files are not what was written."""
    found: list[str] = []
    for table in LAKE_TABLES:
        upkeep = lake.upkeep(table)
        try:
            if upkeep:
                upkeep.verify()
        except DamagedFiles as error:
            found.append(str(error))
    return found


def mend(lake: Lake, warehouse: Warehouse) -> list[date]:
    """Take out the damaged files of tables that a refresh makes; the days that it has to make anew.

    Their days wait from before the files are gone, so that no month closes without them. Safe to repeat.

    Raises:
        CommitFailedError: another writer was at work.
    """
    mended: set[date] = set()
    for table in LAKE_TABLES:
        upkeep = lake.upkeep(table) if table in MADE_BY_A_REFRESH else None
        damaged = upkeep.damaged() if upkeep else []
        if upkeep and damaged:
            days = {date.fromisoformat(file.partition) for file in damaged if file.partition}
            _touch(warehouse, days)
            upkeep.take_out(damaged)
            mended |= days
    return sorted(mended)


def _touch(warehouse: Warehouse, days: Collection[date]) -> None:
    """The days are to be made anew, of all accounts of which they were made."""
    made = warehouse.read(Refreshes, {"day": list(days)}).group_by("account_id").agg(pl.col("day"))
    for account_id, of_account in made.iter_rows():
        touch_days(warehouse, account_id, {day: [] for day in of_account})
