"""A database of any earlier revision comes to the newest one whole, with its rows, on SQLite and on PostgreSQL."""

import signal
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters import migrations
from journeys_pipeline.adapters.migrations import WarehouseIsNewer
from journeys_pipeline.adapters.warehouse import METADATA, TABLES, Warehouse
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.mep_ledger import MepStatements, MepSummary
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline_tests.adapters.test_warehouse import differences

REVISIONS = sorted(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"))
NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
MARCH = date(2026, 3, 1)
COUNTED_ANEW_SINCE = {"0004": ["channel_performance", "element_performance", "goal_values"]}
BILLING = {
    "mep_summary": {
        "account_id": "acme", "month": MARCH, "plan": "grow", "price": Decimal("1249.990001"), "currency": "EUR",
        "mep": 5_000_000_001, "allowance": 5_000_000_000, "overage": 1, "projected": None, "adjustments": 3,
        "is_closed": True, "as_of": NOON,
    },
    "mep_statements": {
        "account_id": "acme", "month": MARCH, "closed_at": NOON, "row_count": 5_000_000_001, "sha256": "a" * 64,
        "path": "acme/2026-03_closed_20260404T000000000000Z.csv",
    },
    "report_register": {
        "report_id": "r1", "account_id": "acme", "report_type": "MEP consumption", "name": "Bill", "month": MARCH,
        "requested_by": "ann", "parameters": "{}", "first_day": MARCH, "last_day": date(2026, 3, 31),
        "sub_accounts": "north", "is_provisional": False, "row_count": 5_000_000_001, "rows_sha256": "b" * 64,
        "file_sha256": "c" * 64, "format": "csv", "path": "acme/2026-03/bill-r1.csv", "made_at": NOON,
        "altered_at": NOON,
    },
    "mail_outbox": {
        "report_id": "r1", "recipient": "ann@acme.example", "account_id": "acme", "message_id": "<m1@acme>",
        "state": "failed", "attempts": 2, "due_at": NOON, "last_error": "421", "updated_at": NOON,
    },
}  # fmt: skip
ADDED = {
    "mep_summary": {"plan": None, "price": None, "currency": None, "projected": None, "adjustments": 0},
    "report_register": dict.fromkeys(
        ["requested_by", "parameters", "first_day", "last_day", "file_sha256", "altered_at"]
    ),
    "mail_outbox": {"due_at": NOON},
}
UPGRADE = "import sys; from journeys_pipeline.adapters.warehouse import Warehouse; Warehouse(sys.argv[1]).migrate()"
KILLED = """
import os, signal, sys
import sqlalchemy as sa
@sa.event.listens_for(sa.Engine, "after_cursor_execute")
def die(_connection, _cursor, statement, *_):
    if statement.startswith("UPDATE alembic_version") and sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)
"""
Rows = dict[str, list[dict[str, Any]]]


def value_of(column: sa.Column[Any], number: int) -> object:
    """The most that a column of that type has to keep, other in each row."""
    scale = getattr(column.type, "scale", None) or 0
    by_type: dict[type[sa.types.TypeEngine[Any]], object] = {
        sa.Boolean: number % 2 == 0,
        sa.BigInteger: 5_000_000_000_000_000 + number,
        sa.Integer: 2_000_000_000 + number,
        sa.Float: number + 1 / 3,
        sa.Numeric: Decimal(99_999_999_999_999_999 - number).scaleb(-scale),
        sa.DateTime: NOON + timedelta(microseconds=number),
        sa.Date: MARCH + timedelta(days=number),
        sa.String: f"{column.name} {number}; 'ä' \\ 漢 \U0001f600",
    }
    return next(value for kind, value in by_type.items() if isinstance(column.type, kind))


def fill(url: str) -> Rows:
    """Rows that every table of the database has now: full ones, one with nothing that may be left out, and billing."""
    engine, reflected = sa.create_engine(url, poolclass=sa.NullPool), sa.MetaData()
    reflected.reflect(engine)
    rows: Rows = {}
    with engine.begin() as connection:
        for table in reflected.sorted_tables:
            if table.name != "alembic_version":
                rows[table.name] = list(_rows_of(table))
                connection.execute(_as_the_program_writes(table).insert(), rows[table.name])
    return rows


def _rows_of(table: sa.Table) -> Iterable[dict[str, Any]]:
    columns = _as_the_program_writes(table).columns
    for number in range(2):
        yield {column.name: value_of(column, number) for column in columns}
    key = set(table.primary_key.columns.keys())
    optional = {column.name for column in table.columns if column.nullable and column.name not in key}
    yield {column.name: None if column.name in optional else value_of(column, 2) for column in columns}
    if table.name in BILLING:
        yield {column.name: BILLING[table.name][column.name] for column in columns}


def _as_the_program_writes(table: sa.Table) -> sa.Table:
    """With our types: SQLite tells of Decimals that they are texts."""
    known = METADATA.tables.get(table.name)
    types = {} if known is None else {column.name: column.type for column in known.columns}
    return sa.Table(
        table.name, sa.MetaData(), *(sa.Column(each.name, types.get(each.name, each.type)) for each in table.columns)
    )


def read_all(warehouse: Warehouse) -> Rows:
    return {table.name: warehouse.read(schema, grain=grain).to_dicts() for (schema, grain), table in TABLES.items()}


def by_key(table: str, rows: list[dict[str, Any]], columns: Iterable[str]) -> list[dict[str, Any]]:
    key = [column.name for column in METADATA.tables[table].primary_key.columns]
    return sorted(
        ({name: row[name] for name in columns} for row in rows), key=lambda row: [str(row[name]) for name in key]
    )


def expected(revision: str, rows: Rows) -> Rows:
    """The rows as the program finds them: figures that a later revision counts anew are gone, months open again."""
    gone = {
        f"{table}_by_{grain}"
        for since, tables in COUNTED_ANEW_SINCE.items()
        for table in tables
        for grain in ("day", "month")
        if revision < since
    }
    opened = {"mep_summary": {"is_closed": False}} if revision < "0006" else {}
    return {
        table: by_key(table, [] if table in gone else [row | opened.get(table, {}) for row in kept], kept[0])
        for table, kept in rows.items()
        if table in METADATA.tables
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_each_revision_becomes_the_newest_and_keeps_its_rows(url: str, revision: str) -> None:
    warehouse = Warehouse(url)
    warehouse.migrate(revision)
    rows = fill(url)

    warehouse.migrate()

    found = read_all(warehouse)
    assert differences(url) == []
    assert {name: by_key(name, found[name], kept[0]) for name, kept in rows.items() if name in found} == expected(
        revision, rows
    )


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_was_billed_at_each_revision_is_billed_after_it(url: str, revision: str) -> None:
    warehouse = Warehouse(url)
    warehouse.migrate(revision)
    before = fill(url)

    warehouse.migrate()

    of_acme = {"account_id": ["acme"]}
    for table in (MepSummary, MepStatements, ReportRegister, MailOutbox):
        name = TABLES[table, ""].name
        wanted = [BILLING[name] | _added(name, before)] if name in before else []
        assert table.validate(warehouse.read(table, of_acme)).to_dicts() == wanted


def _added(table: str, before: Rows) -> dict[str, Any]:
    """What stands in columns that the revision did not have; a month of before the statements is open again."""
    added = {name: value for name, value in ADDED.get(table, {}).items() if name not in before[table][0]}
    return added | ({"is_closed": False} if table == "mep_summary" and "mep_statements" not in before else {})


def test_an_import_of_before_feeds_were_named_has_the_feed_of_its_file(url: str) -> None:
    warehouse = Warehouse(url)
    warehouse.migrate("0002")
    feeds = {row["file_id"]: row["feed_id"] for row in fill(url)["landed_files"]}

    warehouse.migrate()

    imports = warehouse.read(ImportPerformance).select("file_id", "feed_id").iter_rows()
    assert dict(imports) == feeds


@pytest.mark.parametrize("at", ["0004", "0008"])
def test_an_upgrade_that_is_killed_has_changed_nothing_and_can_be_run_again(url: str, at: str) -> None:
    warehouse = Warehouse(url)
    warehouse.migrate("0003")
    rows = fill(url)
    tables = sa.inspect(sa.create_engine(url, poolclass=sa.NullPool)).get_table_names()

    killed = subprocess.run([sys.executable, "-c", KILLED + UPGRADE, url, at], check=False)

    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    left = sa.inspect(engine).get_table_names()
    warehouse.migrate()
    found = read_all(warehouse)
    assert killed.returncode == -signal.SIGKILL
    assert (revision, sorted(left)) == ("0003", sorted(tables))
    assert differences(url) == []
    assert {name: by_key(name, found[name], kept[0]) for name, kept in rows.items() if name in found} == expected(
        "0003", rows
    )


def test_services_that_start_at_once_migrate_once(url: str) -> None:
    Warehouse(url).migrate("0003")
    rows = fill(url)

    services = [
        subprocess.Popen([sys.executable, "-c", UPGRADE, url], stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    errors = [service.communicate(timeout=60)[1] for service in services]

    assert errors == [""] * 3
    assert differences(url) == []
    assert len(Warehouse(url).read(MepSummary)) == len(rows["mep_summary"])


def test_threads_of_one_process_migrate_once(url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: Warehouse(url).migrate(), range(4)))

    assert differences(url) == []


def test_a_database_of_a_newer_version_is_left_alone_and_says_what_to_do(warehouse: Warehouse, url: str) -> None:
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(WarehouseIsNewer) as refusal:
        Warehouse(url).migrate()

    assert f"at revision 9999, and this version of journeys_pipeline knows none after {REVISIONS[-1]}" in str(
        refusal.value
    )
    assert "Install that version again, or put back the backup" in str(refusal.value)
