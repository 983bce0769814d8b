"""Event files from the landing zone to typed events in the lake, each key once, in bounded memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.event_files import read_records
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import File, Reading, days_from, mark_read, newest_day, refuse_file
from journeys_pipeline.environment import first_day
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, QuarantinedRecords
from journeys_pipeline.transforms.journey_events import (
    CONFLICT,
    DUPLICATE,
    EVENT_KEY,
    NEW,
    EventFile,
    accept_events,
    is_in_part,
    judge_repetitions,
    lasting_since,
    reach_of_messages,
    sign_events,
)

BATCH_BYTES = 256 * 1024 * 1024  # as landed; a batch looks through the account's known keys once
EVENTS_PER_CHUNK = 100_000
KEYS_PER_PART = 2_000_000

REASON = "event_id came before with other content; the first is kept"
COLUMNS_TO_JUDGE = ["position", "file_id", "row_number", "day", *EVENT_KEY, "content"]


class _Refused(Exception):
    """A file cannot be read; the message says why."""

    def __init__(self, file: File, reason: UnreadableFile) -> None:
        super().__init__(str(reason))
        self.file = file


class Spool:
    """What was read of some files, in Parquet files: typed events in the order of arrival, and refused records."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events_written = 0
        self._chunks: list[Path] = []
        self._waiting = [sign_events(JourneyEvents.create_empty().lazy()).collect()]

    def add(self, accepted: pl.DataFrame, refused: pl.DataFrame) -> None:
        self._waiting.append(accepted)
        if sum(part.height for part in self._waiting) >= EVENTS_PER_CHUNK:
            self.flush()
        self.refuse(refused)

    def flush(self) -> None:
        """Write the events that wait to make up a chunk; the first time even if there are none."""
        if not self._waiting:
            return
        events = pl.concat(self._waiting).with_row_index("position", offset=self.events_written)
        self._chunks.append(self.folder / f"events-{len(self._chunks):06}.parquet")
        events.write_parquet(self._chunks[-1], compression="lz4")
        self.events_written += events.height
        self._waiting.clear()

    def refuse(self, records: pl.DataFrame) -> None:
        if not records.is_empty():
            number = len(list(self.folder.glob("refused-*")))
            records.write_parquet(self.folder / f"refused-{number:06}.parquet", compression="lz4")

    def events(self) -> pl.LazyFrame:
        """All typed events with their keys, and their `position` from 0 in the order of arrival."""
        return pl.scan_parquet(self._chunks)

    def keep_keys(self, keys: pl.DataFrame) -> None:
        """Keep the keys of new events; they come in their order."""
        keys.write_parquet(self.folder / f"keys-{len(list(self.folder.glob('keys-*'))):06}.parquet", compression="lz4")

    def keys(self) -> pl.LazyFrame:
        return pl.scan_parquet(sorted(self.folder.glob("keys-*.parquet")))

    def count_refused(self) -> dict[str, int]:
        """How many records of each file were refused."""
        return dict(self.refused().group_by("file_id").len().collect().iter_rows())

    def refused(self) -> pl.LazyFrame:
        paths = sorted(self.folder.glob("refused-*.parquet"))
        return pl.scan_parquet(paths) if paths else QuarantinedRecords.create_empty().lazy()


@dataclass(frozen=True)
class EventReader:
    """Reads landed event files, each once."""

    landing_zone: LandingZone
    lake: Lake
    warehouse: Warehouse
    as_of: datetime

    def read(self, files: Sequence[File]) -> list[Reading]:
        """What became of files of one account, whose events now are in the lake, in one commit.

        A file that cannot be read is refused as a whole, and its manifest row says why.
        """
        sound = list(files)
        while sound:
            try:
                return self._read(sound)
            except _Refused as refused:
                refuse_file(self.warehouse, refused.file, str(refused))
                sound.remove(refused.file)
        return []

    def _read(self, files: Sequence[File]) -> list[Reading]:
        with self.lake.scratch() as folder:
            spool = self.fill_spool(files, folder)
            new, counted = self.accept_new(spool, files)
            self.write(spool, new, files=files, days=counted["day"].unique().to_list())
            refused = spool.count_refused()
            account_id = files[0]["account_id"]
            touched = counted.filter(pl.col("verdict") == NEW)["day"].to_list()
            changed = self.changed_days(new, self.lake.scan(JourneyEvents), touched=touched, account_id=account_id)
        readings = [reading_of(file, counted, changed, refused.get(file["file_id"], 0)) for file in files]
        mark_read(self.warehouse, readings, as_of=self.as_of)
        return readings

    def accept_new(
        self, spool: Spool, files: Sequence[File], *, without: Sequence[File] = ()
    ) -> tuple[pl.LazyFrame, pl.DataFrame]:
        """The spool's events that no other file brought before; and all its events, counted by file, day and verdict.

        Args:
            spool: What was read of the files.
            files: LandedFiles rows.
            without: Others that do not count as having come before.
        """
        counts: list[pl.DataFrame] = []
        dropped: list[pl.DataFrame] = []
        for judged in self._judge(spool, files, without):
            spool.refuse(_conflicts(judged))
            spool.keep_keys(_new_keys(judged))
            dropped.append(judged.filter(pl.col("verdict") != NEW).select("position"))
            counts.append(judged.group_by("file_id", "day", "verdict").len())
        new = spool.events().join(pl.concat(dropped).lazy(), on="position", how="anti", maintain_order="left")
        return new, pl.concat(counts)

    def fill_spool(self, files: Sequence[File], folder: Path) -> Spool:
        spool = Spool(folder)
        for file in files:
            about_file = EventFile(file["file_id"], file["account_id"], file["fetched_at"].date())
            with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
                try:
                    for records in _ahead(_records_of(path)):
                        accepted, refused = accept_events(records.lazy(), file=about_file)
                        spool.add(*pl.collect_all([sign_events(accepted), refused]))
                except UnreadableFile as reason:
                    raise _Refused(file, reason) from None
        spool.flush()
        return spool

    def _judge(self, spool: Spool, files: Sequence[File], without: Sequence[File]) -> Iterator[pl.DataFrame]:
        """All typed events, one range of keys after the other: where each comes from, and its verdict."""
        origins = pl.LazyFrame(
            {
                "file_id": [file["file_id"] for file in files],
                "account_id": [file["account_id"] for file in files],
                "fetched_on": [file["fetched_at"].date() for file in files],
            },
            schema={"file_id": pl.String, "account_id": pl.String, "fetched_on": pl.Date},
        )
        every = [*files, *without]
        of_others = (pl.col("account_id") == every[0]["account_id"]) & ~pl.col("file_id").is_in(
            [file["file_id"] for file in every]
        )
        parts = spool.events_written // KEYS_PER_PART + 1
        for part in range(parts):
            in_part = is_in_part(part, of_parts=parts)
            arriving = spool.events().filter(in_part).select(COLUMNS_TO_JUDGE).collect()
            known = self.lake.scan(EventKeys).filter(of_others & in_part)
            judged = judge_repetitions(arriving.lazy(), known).join(origins, on="file_id", how="left")
            yield judged.collect(engine="streaming")

    def write(self, spool: Spool, new: pl.LazyFrame, *, files: Sequence[File], days: Sequence[date]) -> None:
        """Put the events, the refused records and the keys in the place of all that came of these files before."""
        file_ids = [file["file_id"] for file in files]
        fetched = {"day": {file["fetched_at"].date() for file in files}, "file_id": file_ids}
        self.lake.replace(JourneyEvents, new, {"day": days, "file_id": file_ids}, is_sorted=True)
        self.lake.replace(QuarantinedRecords, spool.refused(), fetched, is_sorted=True)
        self.lake.replace(EventKeys, spool.keys(), fetched, is_sorted=True)

    def changed_days(
        self, new: pl.LazyFrame, known: pl.LazyFrame, *, touched: Collection[date], account_id: str
    ) -> dict[str, set[date]]:
        """The days whose figures each file's events change, their own apart.

        Args:
            new: Events that came, or went.
            known: All events, these included.
            touched: The days of the former.
            account_id: The account.
        """
        last = newest_day(self.warehouse, account_id, touched=touched, as_of=self.as_of)
        counts = pl.col("day").is_between(first_day(), last)
        known = known.filter(counts & (pl.col("account_id") == account_id))
        new = new.filter(counts)
        since, lives = pl.collect_all([lasting_since(new), reach_of_messages(new, known)], engine="streaming")
        spans = [*since.with_columns(last=pl.lit(last, pl.Date)).iter_rows(), *lives.iter_rows()]
        changed: dict[str, set[date]] = {}
        for file_id, *span in spans:
            changed.setdefault(file_id, set()).update(days_from(*span))
        return changed


def _records_of(path: Path) -> Iterator[pl.DataFrame]:
    try:
        yield from read_records(path)
    except pl.exceptions.PolarsError as error:
        raise UnreadableFile("The Parquet file is damaged or cut off. Write it and send it again.") from error


def _ahead(chunks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same chunks; the next is made while the caller works on one."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        coming = thread.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = thread.submit(next, chunks, None)
            yield chunk


def _conflicts(judged: pl.DataFrame) -> pl.DataFrame:
    conflicts = judged.filter(pl.col("verdict") == CONFLICT)
    return QuarantinedRecords.cast(conflicts.with_columns(reason=pl.lit(REASON), day="fetched_on"))


def _new_keys(judged: pl.DataFrame) -> pl.DataFrame:
    return EventKeys.cast(judged.filter(pl.col("verdict") == NEW).with_columns(day="fetched_on")).sort(EVENT_KEY)


def reading_of(
    file: File, counted: pl.DataFrame, changed: Mapping[str, Collection[date]] | None, refused: int
) -> Reading:
    """What became of a file: its events per day and verdict, the days they change if asked for, its refused records."""
    of_file = counted.filter(pl.col("file_id") == file["file_id"])
    new = of_file.filter(pl.col("verdict") == NEW)
    duplicates = of_file.filter(pl.col("verdict") == DUPLICATE)["len"].sum()
    accepted = int(new["len"].sum())
    days = set() if changed is None else {*new["day"], *changed.get(file["file_id"], ())}
    return Reading(file, accepted + int(duplicates) + refused, accepted, refused, days)
