"""What monitoring is told follows from the warehouse's rows alone, on SQLite and on PostgreSQL alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.measures import measure
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.landed_files import ConnectionLeases, FeedReadings, LandedFiles
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.schemas.reports import MailOutbox

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
CONTACT = "ann@acme.example"


def put(warehouse: Warehouse, table: type[dy.Schema], *rows: dict[str, Any]) -> None:
    warehouse.upsert(table, pl.DataFrame(list(rows), schema=table.create_empty().schema))


def refresh(account_id: str, days_ago: int, at: datetime) -> dict[str, Any]:
    day = (NOON - timedelta(days=days_ago)).date()
    return {"account_id": account_id, "day": day, "tier": "scale", "as_of": at, "begun_at": at}


def landed(number: int, status: str, at: datetime) -> dict[str, Any]:
    return {
        "file_id": f"f{number}", "account_id": "acme", "connection_id": "sftp", "status": status, "fetched_at": at,
        "file_name": f"{CONTACT}.csv", "error": CONTACT,
    }  # fmt: skip


def read(number: int, kind: str, quarantined: int, at: datetime) -> dict[str, Any]:
    return {
        "file_id": f"f{number}", "account_id": "acme", "kind": kind, "records": 10, "accepted": 10 - quarantined,
        "duplicates": 0, "quarantined": quarantined, "read_at": at,
    }  # fmt: skip


def mail(number: int, state: str) -> dict[str, Any]:
    return {
        "report_id": f"r{number}", "recipient": CONTACT, "account_id": "acme", "message_id": "m", "state": state,
        "attempts": 1, "last_error": CONTACT, "updated_at": NOON,
    }  # fmt: skip


def values(warehouse: Warehouse) -> dict[str, dict[tuple[str, ...], float]]:
    return {each.name: each.values for each in measure(warehouse, at=NOON)}


def test_of_each_account_the_newest_refresh_is_told(warehouse: Warehouse) -> None:
    put(warehouse, Refreshes, refresh("acme", 1, NOON - HOUR), refresh("acme", 0, NOON - 2 * HOUR))
    put(warehouse, Refreshes, refresh("zeta", 0, NOON))

    told = values(warehouse)["refreshed_timestamp_seconds"]

    assert told == {("acme",): (NOON - HOUR).timestamp(), ("zeta",): NOON.timestamp()}


def test_of_each_connection_the_end_of_its_last_fetch_is_told(warehouse: Warehouse) -> None:
    put(warehouse, ConnectionLeases, {"connection_id": "sftp", "token": 7, "expires_at": NOON - HOUR})

    assert values(warehouse)["fetched_timestamp_seconds"] == {("sftp",): (NOON - HOUR).timestamp()}


def test_failed_files_of_the_last_day_are_counted_by_status(warehouse: Warehouse) -> None:
    old, edge = NOON - 24 * HOUR - SECOND, NOON - 24 * HOUR
    put(warehouse, LandedFiles, landed(1, "refused", old), landed(2, "refused", edge), landed(3, "refused", NOON))
    put(warehouse, LandedFiles, landed(4, "connection_error", NOON), landed(5, "skipped", NOON))

    told = values(warehouse)["failed_files"]

    assert told == {("acme", "refused"): 2, ("acme", "connection_error"): 1, ("acme", "skipped"): 1}


def test_refused_records_of_the_last_day_are_summed_by_kind(warehouse: Warehouse) -> None:
    old = read(4, "events", 7, NOON - 25 * HOUR)
    put(
        warehouse,
        FeedReadings,
        read(1, "events", 2, NOON),
        read(2, "events", 3, NOON),
        read(3, "contacts", 4, NOON),
        old,
    )

    told = values(warehouse)["quarantined_records"]

    assert told == {("acme", "events"): 5, ("acme", "contacts"): 4}


def test_mails_that_were_not_sent_are_counted_and_states_without_any_are_zero(warehouse: Warehouse) -> None:
    put(warehouse, MailOutbox, mail(1, "unknown"), mail(2, "unknown"), mail(3, "sent"))

    told = values(warehouse)["mails"]

    assert told == {("unknown",): 2, ("queued",): 0, ("sending",): 0, ("failed",): 0, ("refused",): 0}


def test_nothing_that_is_told_holds_a_name_or_a_contact(warehouse: Warehouse) -> None:
    put(warehouse, LandedFiles, landed(1, "refused", NOON))
    put(warehouse, MailOutbox, mail(1, "unknown"))

    told = measure(warehouse, at=NOON)

    assert CONTACT not in repr(told)
