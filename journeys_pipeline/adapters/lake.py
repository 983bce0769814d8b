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
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from journeys_pipeline.adapters.buckets import is_bucket
from journeys_pipeline.adapters.table_files import DamagedFiles, TableFiles, partition_column
from journeys_pipeline.adapters.table_upkeep import TableUpkeep
from journeys_pipeline.schemas.shared_columns import table_name

COMMIT_ATTEMPTS = 12

Slice = Mapping[str, Collection[str] | Collection[date]]


class SliceRejected(Exception):
    """Rows lie outside the slice that they should replace."""


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
            SliceRejected: a row lies outside the slice.
            DamagedFiles: a file that the slice is in is not what was written.
            CommitFailedError: other writers got in the way at every attempt.
        """
        if any(len(values) == 0 for values in within.values()):
            return
        self._create_if_missing(table)
        ordered = table.cast(rows) if is_sorted else _sorted(table, rows)
        files, is_inside = TableFiles(self._path(table), table), _is_inside(within)
        added = files.write(ordered)
        if added and not files.scan(added).filter(~is_inside).head(1).collect().is_empty():
            files.remove(added)
            raise SliceRejected(f"{table_name(table)}: rows lie outside the slice {_told(within)}")
        partitions = within.get(partition_column(table) or "")
        for attempt in range(1, COMMIT_ATTEMPTS + 1):
            delta = DeltaTable(self._path(table))
            replaced = files.holding(delta, is_inside, in_partitions=partitions)
            try:
                files.verify(replaced)  # damage must not get a name that says that it is none
            except DamagedFiles:
                files.remove(added)
                raise
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


def _sorted(table: type[dy.Schema], rows: pl.LazyFrame) -> pl.LazyFrame:
    return table.cast(rows).sort(table.primary_key()).collect(engine="streaming").lazy()


def _told(within: Slice) -> str:
    return ", ".join(f"{column} in {', '.join(map(str, sorted(values)))}" for column, values in within.items())
