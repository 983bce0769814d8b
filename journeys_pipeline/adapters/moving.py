"""A whole warehouse copied into another database: all of it, found equal there row by row, or nothing."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from journeys_pipeline.adapters.warehouse import METADATA, Warehouse, in_utc

ROWS_AT_ONCE = 5_000
Watch = Callable[[int, int], None]
"""Is told how many rows are copied, and how many there are."""


class CannotMove(Exception):
    """The target is not empty, or does not keep what it is given; the message says what to do. Nothing was kept."""


@dataclass
class _Content:
    """How many rows, and the sum of their hashes: equal for equal rows, in whatever order a database gives them."""

    rows: int = 0
    digest: int = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            text = "\x1f".join(_canonical(value) for value in row)
            self.digest = (self.digest + int.from_bytes(hashlib.sha256(text.encode()).digest())) % 2**256
        self.rows += len(rows)


def move(source: Warehouse, target: Warehouse, watch: Watch) -> dict[str, int]:
    """How many rows each table has in both databases now; the source stays as it is.

    The source is of one moment: SQLite lets nobody write meanwhile, PostgreSQL shows no later write. What is copied is
    read again, counted and hashed before it is committed, in one transaction.

    Raises:
        CannotMove: the target has rows, or what it gives back is not what it was given.
    """
    _refuse_rows(target)
    source.migrate()
    target.migrate()
    with source.transaction() as reading, target.transaction() as writing:
        if reading.connection.dialect.name == "postgresql":
            reading.connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        counts = {table.name: _count(reading.connection, table) for table in METADATA.sorted_tables}
        done, total = 0, sum(counts.values())
        for table in METADATA.sorted_tables:
            sent = _Content()
            for rows in _read(reading.connection, table):
                _write(writing.connection, table, rows)
                sent.add(rows)
                done += len(rows)
                watch(done, total)
            _compare(sent, writing.connection, table)
    return counts


def _refuse_rows(target: Warehouse) -> None:
    with target.transaction() as transaction:
        there = sa.inspect(transaction.connection).get_table_names()
        ours = [table for table in METADATA.sorted_tables if table.name in there]
        filled = [table.name for table in ours if _count(transaction.connection, table)]
    if filled:
        raise CannotMove(
            f"The target holds a warehouse already: there are rows in {', '.join(filled[:3])}"
            f"{' and others' if filled[3:] else ''}. Nothing was changed. Name a new, empty database."
        )


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def _read(connection: sa.Connection, table: sa.Table) -> Iterator[Sequence[Sequence[Any]]]:
    found = connection.execute(sa.select(table), execution_options={"yield_per": ROWS_AT_ONCE})
    for part in found.partitions():
        yield [[in_utc(value) for value in row] for row in part]


def _write(connection: sa.Connection, table: sa.Table, rows: Sequence[Sequence[Any]]) -> None:
    names = table.columns.keys()
    try:
        connection.execute(table.insert(), [dict(zip(names, row, strict=True)) for row in rows])
    except (SQLAlchemyError, ValueError) as error:  # psycopg2 refuses NUL characters by a ValueError
        raise CannotMove(
            f"The target does not take the rows of {table.name}: {type(error).__name__}. Nothing was kept there."
        ) from None  # the database's own words may hold a row's values


def _compare(sent: _Content, connection: sa.Connection, table: sa.Table) -> None:
    found = _Content()
    for rows in _read(connection, table):
        found.add(rows)
    if found != sent:
        raise CannotMove(
            f"The target gives back other rows of {table.name} than it was given ({sent.rows:,} rows sent, "
            f"{found.rows:,} found). Nothing was kept there. Is its encoding UTF-8?"
        )


def _canonical(value: object) -> str:
    """The same text for the same value, whichever database it comes from."""
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    return repr(value)
