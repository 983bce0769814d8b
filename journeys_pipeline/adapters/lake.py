"""Delta tables: large facts at person grain, replaced slice by slice, each slice in one commit."""

import json
import random
import tempfile
import time
from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import uuid4

import dataframely as dy
import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction
from polars.io.partition import FileProviderArgs, SinkedPath

from journeys_pipeline.schemas.shared_columns import table_name

PARTITION_COLUMNS = ("day", "month")
COMMIT_ATTEMPTS = 6
BYTES_PER_FILE = 1024 * 1024 * 1024  # as in memory; about a tenth of that on disk

Slice = Mapping[str, Collection[str] | Collection[date]]


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
            is_sorted: The rows come in the order in which they shall lie, any number of them: a few are in memory at
                once. If the slice holds rows already, a commit of its own removes them first.

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
                write_deltalake(self._path(table), ordered, mode="overwrite", predicate=_predicate(within))
            except CommitFailedError:
                if attempt == COMMIT_ATTEMPTS:
                    raise
                time.sleep(random.uniform(0.05, 0.3) * attempt)  # noqa: S311 - spreads writers, guards no secret
            except DeltaError:
                # The engine's message quotes rows, and rows may hold contacts.
                raise SliceRejected(f"{table_name(table)}: the lake refused the slice {_predicate(within)}") from None
            else:
                return

    def _stream(self, table: type[dy.Schema], rows: pl.LazyFrame, within: Slice) -> None:
        """Write the rows to files as they come, then make these part of the table.

        The engine's own writer takes rows faster than it writes them, and so has most of them in memory.
        """
        if not self.scan(table).filter(_is_inside(within)).head(1).collect().is_empty():
            DeltaTable(self._path(table)).delete(_predicate(within))
        partition_by = _partition_column(table)
        written: list[SinkedPath] = []
        rows.sink_parquet(
            pl.PartitionBy(
                self._path(table),
                key=partition_by,
                include_key=False if partition_by else None,
                file_path_provider=_new_file,
                approximate_bytes_per_file=BYTES_PER_FILE,
            ),
            mkdir=True,
            sinked_paths_callback=lambda sinked: written.extend(sinked.paths),
        )
        self._adopt(table, [Path(file.path) for file in written if file.num_rows], within)

    def _adopt(self, table: type[dy.Schema], files: list[Path], within: Slice) -> None:
        """Make files part of the table, in one commit; they are removed if they hold a row outside the slice."""
        if not files:
            return
        partition_by = _partition_column(table)
        rows = pl.scan_parquet(files, hive_schema={partition_by: pl.Date()} if partition_by else None)
        if not rows.filter(~_is_inside(within)).head(1).collect().is_empty():
            for file in files:
                file.unlink()
            raise SliceRejected(f"{table_name(table)}: rows lie outside the slice {_predicate(within)}")
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                path=file.relative_to(self._path(table)).as_posix(),
                size=file.stat().st_size,
                partition_values={partition_by: file.parent.name.partition("=")[2]} if partition_by else {},
                modification_time=int(file.stat().st_mtime * 1000),
                data_change=True,
                stats=json.dumps({"numRecords": pl.scan_parquet(file).select(pl.len()).collect().item()}),
            )
            for file in files
        ]
        delta = DeltaTable(self._path(table))
        delta.create_write_transaction(actions, "append", delta.schema(), partition_by)

    def _path(self, table: type[dy.Schema]) -> str:
        return str(self._root / table_name(table))

    def _create_if_missing(self, table: type[dy.Schema]) -> None:
        partition_by = _partition_column(table)
        if not DeltaTable.is_deltatable(self._path(table)):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            options = {"partition_by": partition_by, "description": table.__doc__}
            table.create_empty().write_delta(self._path(table), mode="ignore", delta_write_options=options)


def _partition_column(table: type[dy.Schema]) -> str | None:
    return next((name for name in PARTITION_COLUMNS if name in table.column_names()), None)


def _new_file(args: FileProviderArgs) -> str:
    """The name of a new file, in its partition's folder."""
    name = f"part-{uuid4()}.parquet"
    partition = args.partition_keys.to_dicts()
    return "/".join([*(f"{key}={value}" for keys in partition for key, value in keys.items()), name])


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
