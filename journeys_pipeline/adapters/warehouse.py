"""SQL tables that people and BI tools read, on SQLite or PostgreSQL; each slice replaced in one transaction."""

from collections.abc import Collection, Generator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from journeys_pipeline.adapters.migrations import NEWEST, upgrade
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.erasures import AlteredBytes, Erasures
from journeys_pipeline.schemas.ivr_metrics import IVR_FIGURES
from journeys_pipeline.schemas.landed_files import (
    ConnectionLeases,
    FeedReadings,
    FileReturns,
    FileSightings,
    LandedFiles,
    Withdrawals,
)
from journeys_pipeline.schemas.mep_ledger import MEP_SUMMARIES, MepStatements
from journeys_pipeline.schemas.metrics import (
    FIGURES,
    MONTH_FIGURES,
    AccountMonthStarts,
    Bookings,
    JourneySummary,
    Refreshes,
    TouchedDays,
)
from journeys_pipeline.schemas.reports import MailOutbox, OperatorNotices, ReportRegister
from journeys_pipeline.schemas.shared_columns import meaning_of, table_name
from journeys_pipeline.schemas.viewer import ReportRequests, TermsAcceptances

BUSY_TIMEOUT_S = 30
GRAINS = ("day", "month")
REPLACING = 0x6A6F7572  # our own among a PostgreSQL database's advisory locks

Slice = Mapping[str, Collection[Any]]


class ExactDecimal(TypeDecorator[Decimal]):
    """Decimal as text where the database has no exact numeric type (SQLite)."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy passes it
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy passes it
        return None if value is None else Decimal(value)


def _columns(table: type[dy.Schema]) -> list[sa.Column[Any]]:
    columns = table.to_sqlalchemy_columns(sa.create_engine("sqlite://").dialect)
    for column, definition in zip(columns, table.columns().values(), strict=True):
        column.comment = meaning_of(column.name, definition.description)
        if isinstance(column.type, sa.Numeric) and column.type.asdecimal:
            column.type = column.type.with_variant(ExactDecimal(), "sqlite")
        elif isinstance(column.type, sa.BigInteger):
            column.type = column.type.with_variant(sa.Integer(), "sqlite")
    return columns


def _define(metadata: sa.MetaData) -> dict[tuple[type[dy.Schema], str], sa.Table]:
    one_grain = [
        LandedFiles,
        FileSightings,
        ConnectionLeases,
        FeedReadings,
        FileReturns,
        Withdrawals,
        ImportPerformance,
        Bookings,
        Refreshes,
        TouchedDays,
        JourneySummary,
        AccountMonthStarts,
        *MEP_SUMMARIES,
        MepStatements,
        ReportRegister,
        MailOutbox,
        TermsAcceptances,
        ReportRequests,
        Erasures,
        AlteredBytes,
        OperatorNotices,
    ]
    by_grain = [*FIGURES, *IVR_FIGURES]
    names = [(schema, "") for schema in one_grain] + [(schema, grain) for schema in by_grain for grain in GRAINS]
    names += [(schema, "month") for schema in MONTH_FIGURES]
    return {
        (schema, grain): sa.Table(
            table_name(schema) + (f"_by_{grain}" if grain else ""),
            metadata,
            *_columns(schema),
            comment=(schema.__doc__ or "").splitlines()[0],
        )
        for schema, grain in names
    }


METADATA = sa.MetaData()
TABLES = _define(METADATA)


class Transaction:
    """Reads and writes that others see together, or not at all."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._is_postgresql = connection.dialect.name == "postgresql"

    def read(
        self,
        table: type[dy.Schema],
        within: Slice | None = None,
        *,
        grain: str = "",
        columns: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of a table in the schema's columns and types, ordered by key.

        Args:
            table: The schema.
            within: Column to the values wanted; none means all rows.
            grain: "day" or "month" for the metrics tables.
            columns: Those wanted; none means all.
        """
        target = TABLES[table, grain]
        schema = {name: dtype for name, dtype in table.create_empty().schema.items() if name in (columns or [name])}
        statement = sa.select(*(target.c[name] for name in schema)).where(*_conditions(target, within or {}))
        rows = self.connection.execute(statement.order_by(*target.primary_key.columns)).all()
        return pl.DataFrame(
            [[in_utc(value) for value in row] for row in rows], schema=schema, orient="row", infer_schema_length=None
        )

    def replace(self, table: type[dy.Schema], rows: pl.DataFrame, within: Slice, *, grain: str = "") -> None:
        """Put validated `rows` in the place of all rows of the slice."""
        target = TABLES[table, grain]
        records = table.validate(rows, cast=True).to_dicts()
        self.take_turns(table, grain=grain)
        self.connection.execute(target.delete().where(*_conditions(target, within)))
        if records:
            self.connection.execute(target.insert(), records)

    def upsert(self, table: type[dy.Schema], rows: pl.DataFrame) -> None:
        """Insert validated `rows`, each in the place of the row with its key."""
        records, key = _by_key(table, rows), table.primary_key()
        if records:
            insert = self._insert(TABLES[table, ""])
            values = {name: insert.excluded[name] for name in table.column_names() if name not in key}
            self.connection.execute(insert.on_conflict_do_update(index_elements=key, set_=values), records)

    def add(self, table: type[dy.Schema], rows: pl.DataFrame) -> int:
        """How many of the validated `rows` are new; one whose key is there, from whomever, stays as it was."""
        records, target = _by_key(table, rows), TABLES[table, ""]
        if not records:
            return 0
        insert = self._insert(target).on_conflict_do_nothing().returning(*target.primary_key.columns)
        return len(self.connection.execute(insert, records).all())

    def delete(self, table: type[dy.Schema], rows: Collection[Mapping[str, Any]]) -> None:
        """Remove the rows that have the keys of these."""
        target = TABLES[table, ""]
        keys = [column.name for column in target.primary_key.columns]
        matches_key = sa.and_(*(target.c[name] == sa.bindparam(f"key_{name}") for name in keys))
        if rows:
            self.connection.execute(
                target.delete().where(matches_key), [{f"key_{name}": row[name] for name in keys} for row in rows]
            )

    def update(self, table: type[dy.Schema], values: Mapping[str, Any], within: Slice) -> int:
        """How many rows the slice has; these columns of them now have these values."""
        target = TABLES[table, ""]
        return self.connection.execute(target.update().where(*_conditions(target, within)).values(**values)).rowcount

    def take_turns(self, table: type[dy.Schema], *, grain: str = "") -> None:
        """Until the transaction ends nobody else takes a turn at the table, as whoever replaces a slice of it does.

        Else two who change what they have read change each the old rows. SQLite locks the whole database when the
        transaction begins.
        """
        if self._is_postgresql:
            turn = sa.func.pg_advisory_xact_lock(REPLACING, sa.func.hashtext(TABLES[table, grain].name))
            self.connection.execute(sa.select(turn))

    def _insert(self, target: sa.Table) -> postgresql.Insert | sqlite.Insert:
        return postgresql.insert(target) if self._is_postgresql else sqlite.insert(target)


class Warehouse:
    """Small served tables; one table per schema class (and grain, for metrics)."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, hide_parameters=True)  # rows may hold contacts
        if self._engine.dialect.name == "sqlite":
            _make_sqlite_wait(self._engine)

    def migrate(self, revision: str = NEWEST) -> None:
        """Bring the database to the newest revision, or another, in one transaction; safe to repeat.

        Raises:
            WarehouseIsNewer: a newer version of this program has migrated it.
        """
        with self._engine.begin() as connection:
            upgrade(connection, revision)

    @contextmanager
    def transaction(self) -> Generator[Transaction]:
        """Several reads and writes as one; if the block raises, nothing is kept."""
        with self._engine.begin() as connection:
            yield Transaction(connection)

    def read(
        self,
        table: type[dy.Schema],
        within: Slice | None = None,
        *,
        grain: str = "",
        columns: Collection[str] | None = None,
    ) -> pl.DataFrame:
        """Rows of a table, see `Transaction.read`."""
        with self._engine.connect() as connection:
            return Transaction(connection).read(table, within, grain=grain, columns=columns)

    def replace(self, table: type[dy.Schema], rows: pl.DataFrame, within: Slice, *, grain: str = "") -> None:
        """Put validated `rows` in the place of all rows of the slice, in one transaction."""
        with self.transaction() as transaction:
            transaction.replace(table, rows, within, grain=grain)

    def upsert(self, table: type[dy.Schema], rows: pl.DataFrame) -> None:
        """Insert validated `rows`, each in the place of the row with its key, in one transaction."""
        with self.transaction() as transaction:
            transaction.upsert(table, rows)

    def forget_deleted(self) -> None:
        """Nothing; what rows held before they were changed or deleted is in none of the database's files any more."""
        if self._engine.dialect.name == "sqlite":
            connection = self._engine.raw_connection()  # a connection of the engine begins a transaction by itself
            with closing(connection):
                connection.driver_connection.execute("VACUUM")  # pyright: ignore[reportOptionalMemberAccess]
                connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # pyright: ignore[reportOptionalMemberAccess]
            return
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for table in METADATA.sorted_tables:
                connection.execute(sa.text(f"VACUUM (FULL, ANALYZE) {table.name}"))
            # what columns hold most often is kept for the planner, too
            connection.execute(sa.text("VACUUM FULL pg_statistic"))


def _by_key(table: type[dy.Schema], rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Validated records, in an order that keeps writers of the same rows from waiting for each other in a ring."""
    return table.validate(rows, cast=True).sort(table.primary_key()).to_dicts()


def _conditions(target: sa.Table, within: Slice) -> list[sa.ColumnElement[bool]]:
    return [target.c[column].in_(list(values)) for column, values in within.items()]


def in_utc(value: object) -> object:
    """SQLite keeps no zone; every time that we store is UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value


def _make_sqlite_wait(engine: sa.Engine) -> None:
    """Take the write lock when a transaction begins: deferred locks fail under concurrent writers."""

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # pyright: ignore[reportUnusedFunction] - registered
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000}")
        connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:  # pyright: ignore[reportUnusedFunction] - registered
        connection.exec_driver_sql("BEGIN IMMEDIATE")
