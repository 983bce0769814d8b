"""People files from the landing zone to identities in the lake, and the days whose figures change with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from journeys_pipeline.adapters.contact_files import UnreadableFile
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.people_files import read_people_records
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog, PeopleFeed
from journeys_pipeline.defs.reading import File, Reading, mark_read, refuse_file, touch_days
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import QuarantinedRecords
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.people import (
    PeopleFile,
    accept_people,
    drop_repeated,
    find_affected,
    resolve_identities,
)

FACTS = [JourneyEntries, JourneyExits, JourneySteps, MessageEvents, GoalEvents, Calls, MenuSteps, CollectedInputs]


@dataclass(frozen=True)
class PeopleReader:
    """Reads landed people files, each once."""

    catalog: Catalog
    landing_zone: LandingZone
    lake: Lake
    warehouse: Warehouse
    as_of: datetime

    def read(self, files: Sequence[File]) -> list[Reading]:
        """What became of files of one account; its identities now follow them, and the days to make anew are marked.

        A file that cannot be read is refused as a whole, and its manifest row says why.
        """
        account_id = files[0]["account_id"]
        counted = [(file, count) for file in files if (count := self._read_changes(file)) is not None]
        of_account = pl.col("account_id") == account_id
        changes = self.lake.scan(PeopleChanges).filter(of_account)
        identities = resolve_identities(changes).collect()
        affected = find_affected(self.lake.scan(Identities).filter(of_account), identities.lazy()).collect()
        days = self._days_of(affected)
        # Marked before, so that a crash cannot lose them, and after, so that a refresh in between is repeated.
        touch_days(self.warehouse, account_id, dict.fromkeys(days, ()))
        self.lake.replace(Identities, identities.lazy(), {"account_id": [account_id]})
        readings = [Reading(file, *count, days) for file, count in counted]
        mark_read(self.warehouse, readings, as_of=self.as_of)
        return readings

    def _read_changes(self, file: File) -> tuple[int, int, int] | None:
        """Records, accepted and quarantined of a file, whose news are in the lake; None if it is refused."""
        feed = self.catalog.feed(file["connection_id"], file["feed_id"])
        landed_on = file["fetched_at"].date()
        region = feed.default_region if isinstance(feed, PeopleFeed) else None
        about_file = PeopleFile(file["file_id"], file["account_id"], landed_on, self.as_of, region)
        with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
            try:
                records = list(read_people_records(path))
            except UnreadableFile as reason:
                refuse_file(self.warehouse, file, str(reason))
                return None
        judged = [pl.collect_all(accept_people(chunk.lazy(), file=about_file)) for chunk in records]
        changes = pl.concat([PeopleChanges.create_empty(), *(accepted for accepted, _ in judged)])
        refused = pl.concat([QuarantinedRecords.create_empty(), *(refused for _, refused in judged)])
        of_others = (pl.col("account_id") == file["account_id"]) & (pl.col("file_id") != file["file_id"])
        new = drop_repeated(changes.lazy(), self.lake.scan(PeopleChanges).filter(of_others)).collect()
        within = {"day": [landed_on], "file_id": [file["file_id"]]}
        self.lake.replace(PeopleChanges, new.lazy(), within)
        self.lake.replace(QuarantinedRecords, refused.lazy(), within)
        return changes.height + refused.height, new.height, refused.height

    def _days_of(self, persons: pl.DataFrame) -> list[date]:
        """The days on which facts hold one of these ids."""
        if persons.is_empty():
            return []
        ids = persons.lazy().select("account_id", "person_id")
        alternates = ids.rename({"person_id": "alternate_person_id"})
        found = [
            self.lake.scan(table).join(ids, on=["account_id", "person_id"], how="semi").select("day") for table in FACTS
        ]
        entries = self.lake.scan(JourneyEntries)
        found += [entries.join(alternates, on=["account_id", "alternate_person_id"], how="semi").select("day")]
        return pl.concat(found).unique().sort("day").collect(engine="streaming")["day"].to_list()
