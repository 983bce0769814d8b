"""Delta tables: large facts at person grain, replaced slice by slice, each slice in one commit."""

import json
import random
import re
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

from journeys_pipeline.adapters.buckets import is_bucket, open_bucket

PARTITION_COLUMNS = ("day", "month")
COMMIT_ATTEMPTS = 6
BYTES_PER_FILE = 1024 * 1024 * 1024  # as in memory; about a tenth of that on disk

Slice = Mapping[str, Collection[str] | Collection[date]]


def table_name(table: type[dy.Schema]) -> str:
    """The snake-case name of a table: JourneyEvents is journey_events."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", table.__name__).lower()


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

    @contextmanager
    def scratch(self) -> Generator[Path]:
        """A local folder for what is on its way into a table; gone when the block ends."""
        self._scratch_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch_folder, prefix=".scratch-") as folder:
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
        self._adopt(table, [file for file in written if file.num_rows], within)

    def _adopt(self, table: type[dy.Schema], files: list[SinkedPath], within: Slice) -> None:
        """Make files part of the table, in one commit; they are removed if they hold a row outside the slice."""
        if not files:
            return
        partition_by = _partition_column(table)
        paths = [file.path for file in files]
        rows = pl.scan_parquet(paths, hive_schema={partition_by: pl.Date()} if partition_by else None)
        if not rows.filter(~_is_inside(within)).head(1).collect().is_empty():
            self._remove(table, paths)
            raise SliceRejected(f"{table_name(table)}: rows lie outside the slice {_predicate(within)}")
        actions: list[AddAction | RemoveAction] = [
            AddAction(
                path=self._key(table, file.path),
                size=file.num_bytes,
                partition_values={partition_by: _partition_value(file.path)} if partition_by else {},
                modification_time=int(time.time() * 1000),
                data_change=True,
                stats=json.dumps({"numRecords": file.num_rows}),
            )
            for file in files
        ]
        delta = DeltaTable(self._path(table))
        delta.create_write_transaction(actions, "append", delta.schema(), partition_by)

    def _remove(self, table: type[dy.Schema], paths: list[str]) -> None:
        if is_bucket(self._root):
            open_bucket(self._path(table)).delete([self._key(table, path) for path in paths])
            return
        for path in paths:
            Path(path).unlink()

    def _key(self, table: type[dy.Schema], path: str) -> str:
        """A file's path below the table."""
        return path.removeprefix(self._path(table)).lstrip("/")

    def _path(self, table: type[dy.Schema]) -> str:
        return f"{self._root}/{table_name(table)}"

    def _create_if_missing(self, table: type[dy.Schema]) -> None:
        partition_by = _partition_column(table)
        if not DeltaTable.is_deltatable(self._path(table)):
            if not is_bucket(self._root):
                Path(self._root).mkdir(mode=0o700, parents=True, exist_ok=True)
            options = {"partition_by": partition_by, "description": table.__doc__}
            table.create_empty().write_delta(self._path(table), mode="ignore", delta_write_options=options)


def _partition_column(table: type[dy.Schema]) -> str | None:
    return next((name for name in PARTITION_COLUMNS if name in table.column_names()), None)


def _partition_value(path: str) -> str:
    """The day or month of a file, as its folder's name says."""
    return path.rsplit("/", 2)[1].partition("=")[2]


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
