"""Files of journey definitions from the landing zone to the lake, and the days whose figures change with them."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.journey_files import read_journey_lines
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.reading import File, Reading, days_from, mark_read, newest_day, refuse_file, touch_days
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys, QuarantinedRecords
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
        account_id = file["account_id"]
        about_file = EventFile(file["file_id"], account_id, file["fetched_at"].date())
        with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
            try:
                accepted, refused = accept_journeys(read_journey_lines(path), file=about_file)
            except UnreadableFile as reason:
                refuse_file(self.warehouse, file, str(reason))
                return None
        before = self.lake.scan(Journeys).filter(pl.col("account_id") == account_id).collect()
        newest = pl.concat([before, accepted]).sort("valid_from", maintain_order=True)
        after = newest.unique(Journeys.primary_key(), keep="last", maintain_order=True)
        days = self._changed_days(before, after, account_id=account_id)
        # Marked before, so that a crash cannot lose them, and after, so that a refresh in between is repeated.
        touch_days(self.warehouse, account_id, dict.fromkeys(days, ()))
        self.lake.replace(Journeys, after.lazy(), {"account_id": [account_id]})
        self.lake.replace(QuarantinedRecords, refused.lazy(), {"file_id": [file["file_id"]]})
        reading = Reading(file, accepted.height + refused.height, accepted.height, refused.height, days)
        mark_read(self.warehouse, [reading], as_of=self.as_of)
        return reading

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
