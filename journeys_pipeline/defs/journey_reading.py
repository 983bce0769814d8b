"""Files of journey definitions from the landing zone to the lake, and the days whose figures change with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.journey_files import read_journey_lines
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import (
    ORDER,
    File,
    Reading,
    days_from,
    mark_read,
    newest_day,
    refuse_file,
    touch_days,
)
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import LANDED, FeedReadings, LandedFiles
from journeys_pipeline.transforms.journey_events import (
    EventFile,
    accept_journeys,
    concerned_since,
    find_redefinitions,
)


@dataclass(frozen=True)
class JourneyReader:
    """Reads landed files of journey definitions, each once."""

    landing_zone: LandingZone
    lake: Lake
    warehouse: Warehouse
    as_of: datetime

    def read(self, file: File) -> Reading | None:
        """What became of a file, whose definitions now are in the lake; the days to make anew are marked.

        None if it cannot be read: then it is refused as a whole, and its manifest row says why.
        """
        try:
            accepted, refused = self._accept(file)
        except UnreadableFile as reason:
            refuse_file(self.warehouse, file, str(reason))
            return None
        before = self._defined(file["account_id"])
        days = self._define(file, before, [before, accepted])
        self.lake.replace(QuarantinedRecords, refused.lazy(), {"file_id": [file["file_id"]]})
        reading = Reading(file, accepted.height + refused.height, accepted.height, refused.height, days)
        mark_read(self.warehouse, [reading], as_of=self.as_of)
        return reading

    def take_out(self, file: File) -> None:
        """Nothing; journeys are defined as if a file had not come, and the days to make anew are marked."""
        self._define_anew(file)
        self.lake.replace(QuarantinedRecords, QuarantinedRecords.create_empty().lazy(), {"file_id": [file["file_id"]]})

    def put_back(self, file: File) -> None:
        """Nothing; journeys are defined as if a file had come when it did, and the days to make anew are marked."""
        self.read(file)
        self._define_anew(file)

    def _define_anew(self, file: File) -> None:
        """Read all files of the account's definitions once more, for of what they say only the newest is kept."""
        within = {"account_id": [file["account_id"]], "kind": ["journeys"]}
        read = self.warehouse.read(FeedReadings, within, columns=["file_id"])
        landed = self.warehouse.read(LandedFiles, within | {"status": [LANDED]}).join(read, on="file_id", how="semi")
        definitions = [self._accept(other)[0] for other in landed.sort(ORDER).to_dicts()]
        days = self._define(file, self._defined(file["account_id"]), definitions)
        touch_days(self.warehouse, file["account_id"], {day: [file["file_id"]] for day in days})

    def _accept(self, file: File) -> tuple[pl.DataFrame, pl.DataFrame]:
        about_file = EventFile(file["file_id"], file["account_id"], file["fetched_at"].date())
        with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
            return accept_journeys(read_journey_lines(path), file=about_file)

    def _defined(self, account_id: str) -> pl.DataFrame:
        return self.lake.scan(Journeys).filter(pl.col("account_id") == account_id).collect()

    def _define(self, file: File, before: pl.DataFrame, definitions: Sequence[pl.DataFrame]) -> list[date]:
        """The days to make anew, which are marked; the newest of the definitions now are the account's."""
        account_id = file["account_id"]
        newest = pl.concat([Journeys.create_empty(), *definitions]).sort("valid_from", maintain_order=True)
        after = newest.unique(Journeys.primary_key(), keep="last", maintain_order=True)
        days = self._changed_days(before, after, account_id=account_id)
        # Marked before, so that a crash cannot lose them; the caller marks them again, so that a refresh in between is
        # repeated.
        touch_days(self.warehouse, account_id, dict.fromkeys(days, ()))
        self.lake.replace(Journeys, after.lazy(), {"account_id": [account_id]})
        return days

    def _changed_days(self, before: pl.DataFrame, after: pl.DataFrame, *, account_id: str) -> list[date]:
        """The days from the first on which anything of what is defined otherwise happened."""
        redefinitions = find_redefinitions(before.lazy(), after.lazy()).collect()
        if redefinitions.is_empty():
            return []
        of_account = pl.col("account_id") == account_id
        events, contacts = (self.lake.scan(table).filter(of_account) for table in (JourneyEvents, ContactEntries))
        first = concerned_since(redefinitions.lazy(), events, contacts).collect(engine="streaming").item()
        last = newest_day(self.warehouse, account_id, touched=[], as_of=self.as_of)
        return [] if first is None else days_from(first, last)
