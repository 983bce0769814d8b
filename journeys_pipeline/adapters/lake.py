"""Delta tables: large facts at person grain, replaced slice by slice, each slice in one commit."""

import random
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

from journeys_pipeline.adapters.buckets import is_bucket
from journeys_pipeline.adapters.table_files import TableFiles, one_after_the_other, partition_column
from journeys_pipeline.adapters.table_upkeep import TableUpkeep
from journeys_pipeline.schemas.shared_columns import table_name

COMMIT_ATTEMPTS = 12

Slice = Mapping[str, Collection[str] | Collection[date]]


class SliceRejected(Exception):
    """Rows lie outside the slice that they should replace, or could not be written."""


class Lake:
    """Delta tables below one folder or object-store URL, one table per schema class.

    Args:
        root: The folder, or a URL such as s3://bucket/lake; writers on many machines rely on its conditional puts.
        scratch_folder: Where `scratch` folders are made: a local one; by default the root.
    """

    def __init__(self, root: Path | str, scratch_folder: Path | None = None) -> None:
        self._root = root
        self._scratch_folder = scratch_folder or Path(root)

    def scan(self, table: type[dy.Schema]) -> pl.LazyFrame:
        """All rows of a table in the schema's columns and types; none if nothing was written yet."""
        if not DeltaTable.is_deltatable(self._path(table)):
            return table.create_empty().lazy()
        return pl.scan_delta(self._path(table)).select(table.column_names())

    def version(self, table: type[dy.Schema]) -> int:
        """A number that every commit to the table raises; -1 before the first."""
        return DeltaTable(self._path(table)).version() if DeltaTable.is_deltatable(self._path(table)) else -1

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """A local folder for what is on its way into a table; gone when the block ends."""
        self._scratch_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch_folder, prefix=".scratch-") as folder:
            yield Path(folder)

    def upkeep(self, table: type[dy.Schema]) -> TableUpkeep | None:
        """What keeps the table's files in order; None if nothing was written yet."""
        return TableUpkeep(self._path(table), table) if DeltaTable.is_deltatable(self._path(table)) else None

    def replace(self, table: type[dy.Schema], rows: pl.LazyFrame, within: Slice, *, is_sorted: bool = False) -> None:
        """Put `rows` in the place of all rows of the slice, in one commit.

        Args:
            table: The schema; rows are checked against its column types and sorted by its key.
            rows: The slice's rows, all of them; a row outside the slice is an error.
            within: Column to the values that make the slice, e.g. day and account_id. An empty
                collection of values is an empty slice: nothing is written.
            is_sorted: The rows come in the order in which they shall lie, any number of them: a few are in memory at
                once.

        Raises:
            SliceRejected: a row lies outside the slice, or the table cannot be written.
            CommitFailedError: other writers got in the way at every attempt.
        """
        if any(len(values) == 0 for values in within.values()):
            return
        self._create_if_missing(table)
        if is_sorted:
            self._stream(table, table.cast(rows), within)
            return
        # Of several batches the engine writes the one that is ready first.
        ordered = table.cast(rows).sort(table.primary_key()).collect(engine="streaming").rechunk()
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            try:
                write_deltalake(
                    self._path(table),
                    ordered,
                    mode="overwrite",
                    predicate=_predicate(within),
                    commit_properties=one_after_the_other(),
                )
            except CommitFailedError:
                if attempt == COMMIT_ATTEMPTS:
                    raise
                _wait_for_others(attempt)
            except DeltaError:
                # The engine's message quotes rows, and rows may hold contacts.
                raise SliceRejected(f"{table_name(table)}: the lake refused the slice {_predicate(within)}") from None
            else:
                return

    def _stream(self, table: type[dy.Schema], rows: pl.LazyFrame, within: Slice) -> None:
        """Write the rows to files as they come, then put these files in the place of the slice's.

        The engine's own writer takes rows faster than it writes them, and so has most of them in memory.
        """
        files, is_inside = TableFiles(self._path(table), table), _is_inside(within)
        added = files.write(rows)
        if added and not files.scan(added).filter(~is_inside).head(1).collect().is_empty():
            files.remove(added)
            raise SliceRejected(f"{table_name(table)}: rows lie outside the slice {_predicate(within)}")
        partitions = within.get(partition_column(table) or "")
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            delta = DeltaTable(self._path(table))
            replaced = files.holding(delta, is_inside, in_partitions=partitions)
            kept = files.write(files.scan(replaced).filter(~is_inside)) if replaced else []
            try:
                files.exchange(delta, new=[*added, *kept], old=replaced)
            except CommitFailedError:
                files.remove(kept)
                if attempt == COMMIT_ATTEMPTS:
                    files.remove(added)
                    raise
                _wait_for_others(attempt)
            else:
                return

    def _path(self, table: type[dy.Schema]) -> str:
        return f"{self._root}/{table_name(table)}"

    def _create_if_missing(self, table: type[dy.Schema]) -> None:
        if not DeltaTable.is_deltatable(self._path(table)):
            if not is_bucket(self._root):
                Path(self._root).mkdir(mode=0o700, parents=True, exist_ok=True)
            options = {"partition_by": partition_column(table), "description": table.__doc__}
            table.create_empty().write_delta(self._path(table), mode="ignore", delta_write_options=options)


def _wait_for_others(attempt: int) -> None:
    """Other writers were first: a while that spreads them."""
    time.sleep(random.uniform(0.05, 0.3) * attempt)  # noqa: S311 - spreads writers, guards no secret


def _is_inside(within: Slice) -> pl.Expr:
    inside = [pl.col(column).is_in(list(values)) for column, values in within.items()]
    return pl.all_horizontal(inside).fill_null(value=False)


def _predicate(within: Slice) -> str:
    return " AND ".join(
        f"{column} IN ({', '.join(_literal(value) for value in sorted(values))})" for column, values in within.items()
    )


def _literal(value: str | date) -> str:
    text = value.isoformat() if isinstance(value, date) else value.replace("'", "''")
    return f"'{text}'"
