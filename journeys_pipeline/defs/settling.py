"""After a restore: the lake has of files what the warehouse has as read, and no more."""

from collections.abc import Iterable
from datetime import date, datetime

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import days_from, newest_day, touch_days
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import FeedReadings
from journeys_pipeline.schemas.people import PeopleChanges
from journeys_pipeline.schemas.shared_columns import table_name

COUNTED: list[type[dy.Schema]] = [ContactEntries, JourneyEvents]
OF_FILES: list[type[dy.Schema]] = [*COUNTED, EventKeys, QuarantinedRecords, PeopleChanges]


def settle(lake: Lake, warehouse: Warehouse, *, as_of: datetime) -> dict[str, int]:
    """How many rows were taken out of each table of the lake: those of files that are not marked as read.

    Such files are read when they are fetched, on whatever day that is. The days that they had touched are made anew
    with the next refresh. A backup whose lake is younger than its warehouse has such rows; a running pipeline has them
    between a commit and its mark, so it is not for running ones. Safe to repeat.
    """
    read = warehouse.read(FeedReadings, columns=["file_id"])["file_id"].to_list()
    unknown = {table: lake.scan(table).filter(~pl.col("file_id").is_in(read)) for table in OF_FILES}
    for account_id, first in _first_days(unknown[table] for table in COUNTED):
        last = newest_day(warehouse, account_id, touched=[first], as_of=as_of)
        touch_days(warehouse, account_id, {day: [] for day in days_from(first, last)})
    removed: dict[str, int] = {}
    for table, rows in unknown.items():
        counts = rows.group_by("file_id").len().collect(engine="streaming")
        lake.replace(table, table.create_empty().lazy(), {"file_id": counts["file_id"].to_list()})
        removed[table_name(table)] = int(counts["len"].sum())
    return removed


def _first_days(tables: Iterable[pl.LazyFrame]) -> list[tuple[str, date]]:
    """Account, and the first day that any of its rows lies on."""
    days = pl.concat([rows.select("account_id", "day") for rows in tables])
    return days.group_by("account_id").agg(pl.col("day").min()).collect(engine="streaming").rows()
