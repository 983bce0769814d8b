"""What an operator's monitoring asks of the warehouse: a few aggregates, the same whichever machine is asked."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import dataframely as dy
import sqlalchemy as sa

from journeys_pipeline.adapters.warehouse import TABLES, Warehouse, in_utc
from journeys_pipeline.schemas.landed_files import (
    CONNECTION_ERROR,
    REFUSED,
    SKIPPED,
    ConnectionLeases,
    FeedReadings,
    LandedFiles,
)
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.schemas.reports import SENT, STATES, MailOutbox

RECENT = timedelta(days=1)
Labels = tuple[str, ...]


@dataclass(frozen=True)
class Measure:
    """A figure of one moment, for each combination of its labels."""

    name: str
    meaning: str
    labels: Labels
    values: dict[Labels, float] = field(default_factory=dict)


def measure(warehouse: Warehouse, *, at: datetime) -> list[Measure]:
    """All figures, as they are at a time; nothing in them but ids, states and numbers."""
    with warehouse.transaction() as transaction:
        connection = transaction.connection
        return [
            _refreshed(connection),
            _fetched(connection),
            _failed_files(connection, since=at - RECENT),
            _quarantined(connection, since=at - RECENT),
            _mails(connection),
        ]


def _refreshed(connection: sa.Connection) -> Measure:
    table = TABLES[Refreshes, ""]
    newest = _grouped(connection, Refreshes, sa.func.max(table.c.as_of), "account_id")
    meaning = "Up to when the figures of an account are counted, seconds since 1970"
    return Measure("refreshed_timestamp_seconds", meaning, ("account",), _seconds(newest))


def _fetched(connection: sa.Connection) -> Measure:
    table = TABLES[ConnectionLeases, ""]
    ended = _grouped(connection, ConnectionLeases, sa.func.max(table.c.expires_at), "connection_id")
    meaning = "When the last fetch of a connection ended, with or without new files, seconds since 1970"
    return Measure("fetched_timestamp_seconds", meaning, ("connection",), _seconds(ended))


def _failed_files(connection: sa.Connection, *, since: datetime) -> Measure:
    table = TABLES[LandedFiles, ""]
    is_failed = (table.c.fetched_at >= since) & table.c.status.in_([REFUSED, SKIPPED, CONNECTION_ERROR])
    counts = _grouped(connection, LandedFiles, sa.func.count(), "account_id", "status", where=is_failed)
    return Measure("failed_files", "Files and fetches that failed in the last 24 hours", ("account", "status"), counts)


def _quarantined(connection: sa.Connection, *, since: datetime) -> Measure:
    table = TABLES[FeedReadings, ""]
    refused = sa.func.sum(table.c.quarantined)
    counts = _grouped(connection, FeedReadings, refused, "account_id", "kind", where=table.c.read_at >= since)
    meaning = "Records and entries that were refused in the last 24 hours"
    return Measure("quarantined_records", meaning, ("account", "kind"), {key: float(n) for key, n in counts.items()})


def _mails(connection: sa.Connection) -> Measure:
    counts = _grouped(connection, MailOutbox, sa.func.count(), "state")
    meaning = "Mails that were not sent, by state; refused and unknown ones wait for an operator"
    return Measure(
        "mails", meaning, ("state",), {(state,): counts.get((state,), 0) for state in STATES if state != SENT}
    )


def _grouped(
    connection: sa.Connection, table: type[dy.Schema], value: Any, *keys: str, where: Any = None
) -> dict[Labels, Any]:
    columns = [TABLES[table, ""].c[key] for key in keys]
    statement = sa.select(*columns, value).group_by(*columns).order_by(*columns)
    rows = connection.execute(statement if where is None else statement.where(where))
    return {tuple(map(str, row[:-1])): row[-1] for row in rows}


def _seconds(times: dict[Labels, Any]) -> dict[Labels, float]:
    moments = {key: in_utc(time) for key, time in times.items()}
    return {key: moment.timestamp() for key, moment in moments.items() if isinstance(moment, datetime)}
