"""Event files that are taken back or given back: of each key, the event is kept that the first file left brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from journeys_pipeline.defs.event_reading import EventReader, Spool, reading_of
from journeys_pipeline.defs.reading import File, mark_read, touch_days
from journeys_pipeline.defs.withdrawals import later_files
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents
from journeys_pipeline.transforms.journey_events import EVENT_KEY

FIRST_OF_FILE = ["account_id", "event_id", "file_id"]


@dataclass(frozen=True)
class EventRereader(EventReader):
    """Reads event files once more, as if one had not come, or had come when it did."""

    def take_out(self, file: File) -> None:
        """Nothing; a file's events are gone, and those that later files had brought too are theirs."""
        self._replay(file, self._sharing(file), without=[file])

    def put_back(self, file: File) -> None:
        """Nothing; a file's events are kept, and those that later files had brought too are not theirs any more."""
        self._replay(file, [file, *self._sharing(file)], without=[])

    def _sharing(self, file: File) -> list[File]:
        """The later files with an event of the same key, in order."""
        with self.lake.scratch() as folder:
            keys = self._keys_of(file, folder)
            later = later_files(self.warehouse, file)
            of_others = self.lake.scan(EventKeys).filter(
                (pl.col("account_id") == file["account_id"]) & pl.col("file_id").is_in(later["file_id"].to_list())
            )
            own = of_others.join(keys, on=EVENT_KEY, how="anti").group_by("file_id").agg(own=pl.len())
            # where all records are kept under keys of no one else, there is nothing to look for
            suspects = (
                later.lazy().join(own, on="file_id", how="left").filter(pl.col("records") != pl.col("own").fill_null(0))
            )
            found = suspects.collect().select(later.columns).to_dicts()
            return [other for other in found if self._is_sharing(other, keys, folder)]

    def _keys_of(self, file: File, folder: Path) -> pl.LazyFrame:
        """The keys that a file holds in the lake; if it holds none, those of its events."""
        of_file = (pl.col("account_id") == file["account_id"]) & (pl.col("file_id") == file["file_id"])
        held = self.lake.scan(EventKeys).filter(of_file).select(EVENT_KEY).collect()
        if not held.is_empty():
            return held.lazy()
        return self._read_again([file], folder / "keys").events().select(EVENT_KEY).collect().lazy()

    def _is_sharing(self, other: File, keys: pl.LazyFrame, folder: Path) -> bool:
        events = self._read_again([other], folder / other["file_id"]).events().select(EVENT_KEY)
        return not events.join(keys, on=EVENT_KEY, how="semi").head(1).collect(engine="streaming").is_empty()

    def _read_again(self, files: Sequence[File], folder: Path) -> Spool:
        """What files hold; nothing if their bytes are gone."""
        folder.mkdir()
        there: list[File] = []
        for file in files:
            with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
                there += [file] if path.exists() else []
        return self.fill_spool(there, folder)

    def _replay(self, cause: File, files: Sequence[File], *, without: Sequence[File]) -> None:
        """Read files anew in one commit; those of `without` come to nothing. The days that change are marked."""
        every, account_id = [*without, *files], cause["account_id"]
        with self.lake.scratch() as folder:
            spool = self.fill_spool(files, folder)
            new, counted = self.accept_new(spool, files, without=without)
            before = self._kept_of(every)
            # where its events went before a crash already, its bytes tell of which days they were
            is_there = not before.filter(pl.col("file_id") == cause["file_id"]).head(1).collect().is_empty()
            gone = self._read_again([] if is_there else without, folder / "gone").events()
            columns = JourneyEvents.column_names()
            days = self._days_of(before, new.select(columns), gone.select(columns), account_id=account_id)
            # Marked before, so that a crash cannot lose them, and after, so that a refresh in between is repeated.
            touch_days(self.warehouse, account_id, dict.fromkeys(days, ()))
            slice_days = {*before.select("day").unique().collect()["day"], *counted["day"]}
            self.write(spool, new, files=every, days=sorted(slice_days))
            refused = spool.count_refused()
        readings = [reading_of(file, counted, None, refused.get(file["file_id"], 0)) for file in files]
        mark_read(self.warehouse, readings, as_of=self.as_of)
        touch_days(self.warehouse, account_id, {day: [cause["file_id"]] for day in days})

    def _kept_of(self, files: Sequence[File]) -> pl.LazyFrame:
        """JourneyEvents of files of one account."""
        ids = [file["file_id"] for file in files]
        of_files = (pl.col("account_id") == files[0]["account_id"]) & pl.col("file_id").is_in(ids)
        return self.lake.scan(JourneyEvents).filter(of_files)

    def _days_of(self, before: pl.LazyFrame, after: pl.LazyFrame, gone: pl.LazyFrame, *, account_id: str) -> set[date]:
        """The days whose figures differ, for their events, or who brought these, are not the same before and after."""
        moved = [some.join(others, on=FIRST_OF_FILE, how="anti") for some, others in ((before, after), (after, before))]
        changes = pl.concat([*moved, gone])
        own = changes.select("day").unique().collect(engine="streaming")["day"].to_list()
        known = pl.concat([self.lake.scan(JourneyEvents), after, gone])
        depending = self.changed_days(changes, known, touched=own, account_id=account_id)
        return {*own, *(day for days in depending.values() for day in days)}
