"""Delta tables: large facts at person grain, replaced slice by slice, each slice in one commit."""

import random
import re
import tempfile
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import dataframely as dy
import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError

PARTITION_COLUMNS = ("day", "month")
COMMIT_ATTEMPTS = 6
ONE_BATCH = 2**40  # rows; more than any slice has

Slice = Mapping[str, Collection[str] | Collection[date]]


def table_name(table: type[dy.Schema]) -> str:
    """The snake-case name of a table: JourneyEvents is journey_events."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", table.__name__).lower()


class SliceRejected(Exception):
    """Rows lie outside the slice that they should replace, or could not be written."""


class Lake:
    """Delta tables in one folder, one table per schema class."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def scan(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """All rows of a table in the schema's columns and types; none if nothing was written yet."""
        if not DeltaTable.is_deltatable(self._path(table)):
            return table.create_empty().lazy()
        return pl.scan_delta(self._path(table)).select(table.column_names())

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """A folder beside the tables for what is on its way into one; gone when the block ends."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._root, prefix=".scratch-") as folder:
            yield Path(folder)

    def replace(self, table: type[dy.Schema], rows: pl.LazyFrame, within: Slice, *, is_sorted: bool = False) -> None:
        """Put `rows` in the place of all rows of the slice, in one commit.

        Args:
            table: The schema; rows are checked against its column types and sorted by its key.
            rows: The slice's rows, all of them; a row outside the slice is an error.
            within: Column to the values that make the slice, e.g. day and account_id. An empty
                collection of values is an empty slice: nothing is written.
            is_sorted: The rows come sorted by the key, so that they need not be in memory all at once. Then they
                lie sorted within each batch only, since the engine writes batches as they come.

        Raises:
            SliceRejected: a row lies outside the slice, or the table cannot be written.
            CommitFailedError: other writers got in the way at every attempt.
        """
        if any(len(values) == 0 for values in within.values()):
            return
        self._create_if_missing(table)
        ordered = table.cast(rows) if is_sorted else table.cast(rows).sort(table.primary_key())
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            try:
                # sink_delta would take the rows in any order, and several batches are written in any order
                batches = ordered.collect_batches(
                    maintain_order=True, lazy=True, chunk_size=None if is_sorted else ONE_BATCH
                )
                write_deltalake(self._path(table), batches, mode="overwrite", predicate=_predicate(within))
            except CommitFailedError:
                if attempt == COMMIT_ATTEMPTS:
                    raise
                time.sleep(random.uniform(0.05, 0.3) * attempt)  # noqa: S311 - spreads writers, guards no secret
            except DeltaError:
                # The engine's message quotes rows, and rows may hold contacts.
                raise SliceRejected(f"{table_name(table)}: the lake refused the slice {_predicate(within)}") from None
            else:
                return

    def _path(self, table: type[dy.Schema]) -> str:
        return str(self._root / table_name(table))

    def _create_if_missing(self, table: type[dy.Schema]) -> None:
        partition_by = [name for name in PARTITION_COLUMNS if name in table.column_names()][:1]
        if not DeltaTable.is_deltatable(self._path(table)):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            options = {"partition_by": partition_by, "description": table.__doc__}
            table.create_empty().write_delta(self._path(table), mode="ignore", delta_write_options=options)


def _predicate(within: Slice) -> str:
    return " AND ".join(
        f"{column} IN ({', '.join(_literal(value) for value in sorted(values))})" for column, values in within.items()
    )


def _literal(value: str | date) -> str:
    text = value.isoformat() if isinstance(value, date) else value.replace("'", "''")
    return f"'{text}'"
