"""What is done to one Delta table beside writing it: rows changed where they lie, and history forgotten."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import dataframely as dy
import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError

from journeys_pipeline.adapters.table_files import DataFile, TableFiles

LOG_RETENTION = "delta.logRetentionDuration"
SMALL_BYTES = 32 * 1024 * 1024
FEWEST_JOINED = 8  # small files of a partition; fewer are not worth the rewriting
USUAL_LOG_RETENTION = "interval 30 days"


@dataclass(frozen=True)
class TableUpkeep:
    """The table at `root`, a folder or an object-store URL."""

    root: str
    table: type[dy.Schema]

    def change(self, is_wanted: pl.Expr, change: Callable[[pl.LazyFrame], pl.LazyFrame]) -> None:
        """Change rows where they lie, in one commit; the order of rows, and what they are partitioned by, stays.

        Args:
            is_wanted: Whether a row is to be changed; files without such a row are left alone.
            change: From all rows of a file to the same rows, in order.

        Raises:
            CommitFailedError: another writer was at work.
            DamagedFiles: a file is not what was written.
        """
        files, delta = self._files, DeltaTable(self.root)
        old = files.holding(delta, is_wanted, in_partitions=None)
        files.verify(old)
        new: list[DataFile] = []
        for file in old:
            new += files.write(change(files.scan([file])))
        files.exchange(delta, new=new, old=old)

    def verify(self, *, month: date | None = None, share: tuple[int, int] = (0, 1)) -> None:
        """Look at every byte of the table's files.

        Args:
            month: Only files of this month; of a table that is not partitioned, all.
            share: The number, from 0, of an even share of the files, and how many shares there are.

        Raises:
            DamagedFiles: some are not what was written.
        """
        number, shares = share
        of_month = f"{month:%Y-%m}-" if month else ""
        listed = self._files.listed(DeltaTable(self.root))
        wanted = [file for file in listed if file.partition is None or file.partition.startswith(of_month)]
        self._files.verify([file for file in wanted if crc32(file.path.encode()) % shares == number])

    def damaged(self) -> list[DataFile]:
        """The table's files that are not what was written."""
        return self._files.damaged(self._files.listed(DeltaTable(self.root)))

    def take_out(self, files: Sequence[DataFile]) -> None:
        """The table has not these files, nor their rows, any more, in one commit.

        Raises:
            CommitFailedError: another writer was at work.
        """
        self._files.exchange(DeltaTable(self.root), new=[], old=files)

    def size(self) -> tuple[int, int]:
        """How many files the table has, and how many bytes."""
        files = self._files.listed(DeltaTable(self.root))
        return len(files), sum(file.size for file in files)

    def compact(self) -> None:
        """Join small files of one partition, in one commit for each partition that has several.

        Rows of a file keep their order, and files come one after the other by account. If another writer is at work,
        the partition stays as it is.

        Raises:
            DamagedFiles: a file is not what was written.
        """
        small: dict[str | None, list[DataFile]] = {}
        for file in self._files.listed(DeltaTable(self.root)):
            if file.size < SMALL_BYTES:
                small.setdefault(file.partition, []).append(file)
        for files in small.values():
            if len(files) >= FEWEST_JOINED:
                self._join(files)

    def vacuum(self, *, keep_days: int) -> None:
        """Remove files that no version of the last days needs, and those that died writers have left for as long."""
        delta = DeltaTable(self.root)
        delta.create_checkpoint()
        delta.cleanup_metadata()
        delta.vacuum(retention_hours=24 * keep_days, enforce_retention_duration=False, dry_run=False, full=True)

    @property
    def _files(self) -> TableFiles:
        return TableFiles(self.root, self.table)

    def _join(self, old: list[DataFile]) -> None:
        files, delta = self._files, DeltaTable(self.root)
        if not set(old) <= set(files.listed(delta)):
            return
        files.verify(old)
        first = {file.path: files.scan([file]).select("account_id").head(1).collect().item() for file in old}
        ordered = sorted(old, key=lambda file: (first[file.path], file.path))
        new = files.write(files.scan(ordered))
        try:
            files.exchange(delta, new=new, old=old)
        except CommitFailedError:
            files.remove(new)

    def forget_history(self) -> None:
        """Nothing; only what the newest version holds is in any file any more.

        The log goes too: other writers tell the smallest and largest value of columns there. Only for when nobody else
        reads or writes the table.
        """
        DeltaTable(self.root).vacuum(
            retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True, keep_versions=None
        )
        self._keep_log("interval 0 seconds")
        delta = DeltaTable(self.root)
        delta.create_checkpoint()
        delta.cleanup_metadata()
        self._keep_log(USUAL_LOG_RETENTION)

    def _keep_log(self, interval: str) -> None:
        DeltaTable(self.root).alter.set_table_properties({LOG_RETENTION: interval})
