"""Contact files from the landing zone to accepted and refused entries in the lake, in bounded memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.contact_files import Limits, UnreadableFile, read_contact_rows
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog, ContactsFeed
from journeys_pipeline.defs.reading import (
    File,
    Reading,
    days_from,
    mark_read,
    newest_day,
    refuse_file,
    touch_days,
)
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.transforms.contact_entries import ContactFile, find_repetitions, judge_contacts

PEOPLE_PER_PART = 2_000_000
JUDGED_AT_ONCE = 2  # some steps of judging use one processor only


def judge_file(path: Path, *, feed: ContactsFeed, about: ContactFile) -> Iterator[pl.DataFrame]:
    """ContactEntries of a contact file in order, in chunks; duplicates are flagged within a chunk only.

    Raises:
        UnreadableFile: the file is refused as a whole; it may come after some chunks.
    """
    rows = read_contact_rows(
        path,
        phone_column=feed.phone_columns,
        email_column=feed.email_columns,
        delimiter=feed.delimiter,
        encoding=feed.encoding,
        limits=Limits(feed.max_bytes, feed.max_expansion, feed.max_row_bytes, feed.max_columns),
    )
    under_way: deque[Future[pl.DataFrame]] = deque()
    with ThreadPoolExecutor(JUDGED_AT_ONCE) as pool:
        for chunk in rows:
            under_way.append(pool.submit(judge_contacts(chunk.lazy(), feed=feed, file=about).collect))
            if len(under_way) > JUDGED_AT_ONCE:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@dataclass(frozen=True)
class Chunk:
    """Some consecutive entries of a file, in a Parquet file."""

    path: Path
    entries: int
    valid: int
    first_row: int
    last_row: int

    @classmethod
    def write(cls, path: Path, entries: pl.DataFrame) -> "Chunk":
        """The entries, at that path."""
        entries.write_parquet(path, compression="lz4")
        rows = entries["row_number"]
        first, last = (rows[0], rows[-1]) if entries.height else (0, 0)
        return cls(path, entries.height, int(entries["is_valid"].sum()), first, last)

    def read(self) -> pl.LazyFrame:
        return pl.scan_parquet(self.path)


@dataclass(frozen=True)
class JudgedFile:
    """A file whose entries are judged and wait in chunks."""

    file: File
    chunks: list[Chunk] = field(default_factory=list)

    @property
    def entries(self) -> int:
        return sum(chunk.entries for chunk in self.chunks)

    @property
    def valid(self) -> int:
        return sum(chunk.valid for chunk in self.chunks)

    @property
    def day(self) -> date:
        return self.file["fetched_at"].date()

    def read(self) -> Iterator[pl.LazyFrame]:
        """The chunks in order, with duplicates flagged over the whole file (D9)."""
        if len(self.chunks) == 1:
            yield self.chunks[0].read()
            return
        repeated = self._repetitions()
        for chunk in self.chunks:
            begin, end = repeated.search_sorted(pl.Series([chunk.first_row, chunk.last_row + 1]))
            here = repeated.slice(begin, end - begin)
            yield chunk.read().with_columns(is_duplicate=pl.col("row_number").is_in(here.implode()))

    def _repetitions(self) -> pl.Series:
        """The row numbers of duplicates, in order."""
        entries = pl.concat([chunk.read() for chunk in self.chunks])
        parts = self.valid // PEOPLE_PER_PART + 1
        found = (find_repetitions(entries, part=part, of_parts=parts) for part in range(parts))
        return pl.concat([numbers.collect() for numbers in found])["row_number"].sort()


@dataclass(frozen=True)
class ContactReader:
    """Reads landed contact files, each once."""

    catalog: Catalog
    landing_zone: LandingZone
    lake: Lake
    warehouse: Warehouse
    as_of: datetime

    def read(self, files: Iterable[File]) -> int:
        """The number of entries in files of one account, which now are in the lake, in one commit.

        A file that cannot be read is refused as a whole, and its manifest row says why.
        """
        with self.lake.scratch() as folder:
            in_key_order = sorted(files, key=lambda file: file["file_id"])
            judged = [done for file in in_key_order if (done := self._judge(file, folder)) is not None]
            if not judged:
                return 0
            entries = pl.concat([chunk for done in judged for chunk in done.read()])
            within = {"day": {done.day for done in judged}, "file_id": [done.file["file_id"] for done in judged]}
            self.lake.replace(ContactEntries, entries, within, is_sorted=True)
        last = newest_day(self.warehouse, in_key_order[0]["account_id"], touched=within["day"], as_of=self.as_of)
        readings = [
            Reading(done.file, done.entries, done.valid, done.entries - done.valid, days_from(done.day, last))
            for done in judged
        ]
        mark_read(self.warehouse, readings, as_of=self.as_of)
        return sum(done.entries for done in judged)

    def take_out(self, file: File) -> None:
        """Nothing; a file's entries are not in the lake any more, and its days are marked."""
        day = file["fetched_at"].date()
        last = newest_day(self.warehouse, file["account_id"], touched=[day], as_of=self.as_of)
        days = {day: [file["file_id"]] for day in days_from(day, last)}
        # Marked before, so that a crash cannot lose them, and after, so that a refresh in between is repeated.
        touch_days(self.warehouse, file["account_id"], days)
        self.lake.replace(
            ContactEntries, ContactEntries.create_empty().lazy(), {"day": [day], "file_id": [file["file_id"]]}
        )
        touch_days(self.warehouse, file["account_id"], days)

    def put_back(self, file: File) -> bool:
        """Whether a file's entries are in the lake again; they wait while its feed is not in the catalog."""
        is_known = self.catalog.has_feed(file["connection_id"], file["feed_id"])
        if is_known:
            self.read([file])
        return is_known

    def _judge(self, file: File, folder: Path) -> JudgedFile | None:
        """The judged file; None if it is refused."""
        feed = self.catalog.contacts_feed(file["connection_id"], file["feed_id"])
        about = ContactFile(file["file_id"], file["account_id"], file["fetched_at"])
        judged = JudgedFile(file)
        try:
            with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
                for number, entries in enumerate(judge_file(path, feed=feed, about=about)):
                    chunk = Chunk.write(folder / f"{file['file_id']}-{number}.parquet", entries)
                    judged.chunks.append(chunk)
        except UnreadableFile as failure:
            refuse_file(self.warehouse, file, str(failure))
            return None
        return judged
