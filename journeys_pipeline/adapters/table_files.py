"""The Parquet files of one Delta table: written as rows come, and exchanged for others in one commit.

In a folder the name of a file ends with the SHA-256 of its bytes: a disk may give back other bytes than it took, and
Parquet's readers would not see it. A store of objects sees to that itself.
"""

import hashlib
import json
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import dataframely as dy
import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction
from polars.io.partition import FileProviderArgs, SinkedPath

from journeys_pipeline.adapters.buckets import is_bucket, open_bucket
from journeys_pipeline.schemas.shared_columns import table_name

PARTITION_COLUMNS = ("day", "month")
BYTES_PER_FILE = 1024 * 1024 * 1024  # as in memory; about a tenth of that on disk
DIGEST = re.compile(r"-([0-9a-f]{64})\.parquet$")  # files of before have none, and are taken for whole


class DamagedFiles(Exception):
    """Files of a table are gone, or hold other bytes than were written."""


@dataclass(frozen=True)
class DataFile:
    """A Parquet file below the table's folder or URL."""

    path: str
    size: int
    row_count: int

    @property
    def partition(self) -> str | None:
        """The value of the column that the table is partitioned by, if it is."""
        return self.path.rsplit("/", 2)[-2].partition("=")[2] if "/" in self.path else None


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
        new = [DataFile(self._key(file.path), file.num_bytes, file.num_rows) for file in written if file.num_rows]
        return new if is_bucket(self.root) else [self._name_by_digest(file) for file in new]

    def listed(self, delta: DeltaTable, *, in_partitions: Collection[Any] | None = None) -> list[DataFile]:
        """The files that the table has; only those of some partitions, if named."""
        found = pl.DataFrame(delta.get_add_actions(flatten=True)).select("path", "size_bytes", "num_records")
        files = [DataFile(*values) for values in found.iter_rows()]
        if in_partitions is None or partition_column(self.table) is None:
            return files
        names = {str(value) for value in in_partitions}
        return [file for file in files if file.partition in names]

    def damaged(self, files: Sequence[DataFile]) -> list[DataFile]:
        """Those that are gone, or hold other bytes than were written; a store of objects sees to that itself."""
        return [] if is_bucket(self.root) else [file for file in files if not _is_whole(Path(self.root, file.path))]

    def verify(self, files: Sequence[DataFile]) -> None:
        """Look at every byte of files.

        Raises:
            DamagedFiles: some are damaged; which.
        """
        damaged = self.damaged(files)
        if damaged:
            raise DamagedFiles(
                f"{table_name(self.table)}: {', '.join(file.path for file in damaged)}: gone, or other bytes than were "
                "written. Put the file back from the backup, under its name, or use `journeys lake mend`."
            )

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
        files = {file.path: file for file in self.listed(delta, in_partitions=in_partitions)}
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
                commit_properties=_one_after_the_other(),
            )

    def _name_by_digest(self, file: DataFile) -> DataFile:
        path = Path(self.root, file.path)
        named = f"{file.path.removesuffix('.parquet')}-{_digest(path)}.parquet"
        path.rename(Path(self.root, named))
        return replace(file, path=named)

    def _key(self, path: str) -> str:
        return path.removeprefix(self.root).lstrip("/")

    def _partition_values(self, file: DataFile) -> dict[str, str | None]:
        partition_by = partition_column(self.table)
        return {partition_by: file.partition} if partition_by else {}


def _one_after_the_other() -> CommitProperties:
    """Makes a commit fail if another one came after the table was read: two that fill the same slice are both wrong.

    Delta lets appends pass each other; not those that are of one application.
    """
    return CommitProperties(app_transactions=[Transaction("journeys_pipeline", time.time_ns())])


def partition_column(table: type[dy.Schema]) -> str | None:
    """The column that a table is partitioned by, if any."""
    return next((name for name in PARTITION_COLUMNS if name in table.column_names()), None)


def _is_whole(path: Path) -> bool:
    named = DIGEST.search(path.name)
    return path.exists() and (named is None or named[1] == _digest(path))


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _new_file(args: FileProviderArgs) -> str:
    """The name of a new file, in its partition's folder."""
    name = f"part-{uuid4()}.parquet"
    partition = args.partition_keys.to_dicts()
    return "/".join([*(f"{key}={value}" for keys in partition for key, value in keys.items()), name])
