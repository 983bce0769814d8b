"""The Parquet files of one Delta table: written as rows come, and exchanged for others in one commit."""

import json
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import dataframely as dy
import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction
from polars.io.partition import FileProviderArgs, SinkedPath

from journeys_pipeline.adapters.buckets import is_bucket, open_bucket

PARTITION_COLUMNS = ("day", "month")
BYTES_PER_FILE = 1024 * 1024 * 1024  # as in memory; about a tenth of that on disk


@dataclass(frozen=True)
class DataFile:
    """A Parquet file below the table's folder or URL."""

    path: str
    size: int
    row_count: int


@dataclass(frozen=True)
class TableFiles:
    """The files of a table at `root`, a folder or an object-store URL."""

    root: str
    table: type[dy.Schema]

    def write(self, rows: pl.LazyFrame) -> list[DataFile]:
        """New files with the rows, in their order, which are no part of the table yet."""
        partition_by = partition_column(self.table)
        written: list[SinkedPath] = []
        rows.sink_parquet(
            pl.PartitionBy(
                self.root,
                key=partition_by,
                include_key=False if partition_by else None,
                file_path_provider=_new_file,
                approximate_bytes_per_file=BYTES_PER_FILE,
            ),
            mkdir=True,
            sinked_paths_callback=lambda sinked: written.extend(sinked.paths),
        )
        return [DataFile(self._key(file.path), file.num_bytes, file.num_rows) for file in written if file.num_rows]

    def scan(self, files: Sequence[DataFile], **options: Any) -> pl.LazyFrame:
        """The rows of files."""
        partition_by = partition_column(self.table)
        paths = [f"{self.root}/{file.path}" for file in files]
        return pl.scan_parquet(paths, hive_schema={partition_by: pl.Date()} if partition_by else None, **options)

    def remove(self, files: Sequence[DataFile]) -> None:
        """Nothing; files that are no part of the table are gone."""
        if is_bucket(self.root):
            open_bucket(self.root).delete([file.path for file in files])
            return
        for file in files:
            Path(self.root, file.path).unlink()

    def holding(
        self, delta: DeltaTable, is_wanted: pl.Expr, *, in_partitions: Collection[Any] | None
    ) -> list[DataFile]:
        """The table's files that hold a wanted row; only those of some partitions are looked into, if named."""
        partition_by = partition_column(self.table)
        found = pl.DataFrame(delta.get_add_actions(flatten=True))
        if partition_by and in_partitions is not None:
            found = found.filter(pl.col(f"partition.{partition_by}").is_in(list(in_partitions)))
        files = {row["path"]: DataFile(row["path"], row["size_bytes"], row["num_records"]) for row in found.to_dicts()}
        if not files:
            return []
        wanted = self.scan(list(files.values()), include_file_paths="path").filter(is_wanted)
        paths = wanted.select(pl.col("path").unique()).collect(engine="streaming")["path"]
        return [files[self._key(path)] for path in paths]

    def exchange(self, delta: DeltaTable, *, new: Sequence[DataFile], old: Sequence[DataFile]) -> None:
        """Make new files part of the table in the place of old ones, in one commit.

        Raises:
            CommitFailedError: the table changed since `delta` was read.
        """
        now_ms = int(time.time() * 1000)
        added = [
            AddAction(
                path=file.path,
                size=file.size,
                partition_values=self._partition_values(file),
                modification_time=now_ms,
                data_change=True,
                stats=json.dumps({"numRecords": file.row_count}),
            )
            for file in new
        ]
        removed = [
            RemoveAction(
                path=file.path,
                data_change=True,
                deletion_timestamp=now_ms,
                size=file.size,
                partition_values=self._partition_values(file),
            )
            for file in old
        ]
        if added or removed:
            delta.create_write_transaction(
                [*added, *removed],
                "append",
                delta.schema(),
                partition_column(self.table),
                commit_properties=one_after_the_other(),
            )

    def _key(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def _partition_values(self, file: DataFile) -> dict[str, str | None]:
        partition_by = partition_column(self.table)
        return {partition_by: file.path.rsplit("/", 2)[-2].partition("=")[2]} if partition_by else {}


def one_after_the_other() -> CommitProperties:
    """Makes a commit fail if another one came after the table was read: two that fill the same slice are both wrong.

    Delta lets appends pass each other; not those that are of one application.
    """
    return CommitProperties(app_transactions=[Transaction("journeys_pipeline", time.time_ns())])


def partition_column(table: type[dy.Schema]) -> str | None:
    """The column that a table is partitioned by, if any."""
    return next((name for name in PARTITION_COLUMNS if name in table.column_names()), None)


def _new_file(args: FileProviderArgs) -> str:
    """The name of a new file, in its partition's folder."""
    name = f"part-{uuid4()}.parquet"
    partition = args.partition_keys.to_dicts()
    return "/".join([*(f"{key}={value}" for keys in partition for key, value in keys.items()), name])
