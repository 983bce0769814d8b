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
from journeys_pipeline.defs.reading import File, Reading, first_readings, mark_read, refuse_file, touch_days
from journeys_pipeline.defs.withdrawals import later_files
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
        counted = [(file, count) for file in files if (count := self._count_or_refuse(file))]
        days = self._identify(files[0]["account_id"])
        readings = [Reading(file, *count, days) for file, count in counted]
        mark_read(self.warehouse, readings, as_of=self.as_of)
        return readings

    def take_out(self, file: File) -> bool:
        """Whether identities are as if a file had not come; it waits while feeds are not in the catalog."""
        return self._replay(file, is_out=True)

    def put_back(self, file: File) -> bool:
        """Whether identities are as if a file had come when it did; it waits while feeds are not in the catalog."""
        return self._replay(file, is_out=False)

    def _suspects(self, file: File) -> list[File]:
        """The later files that may say what a file says too: all whose records are not all their own."""
        later, said = later_files(self.warehouse, file), self._said_by(file)
        of_others = self.lake.scan(PeopleChanges).filter(
            (pl.col("account_id") == file["account_id"]) & (pl.col("file_id") != file["file_id"])
        )
        own = of_others.join(said, on="change_id", how="anti").group_by("file_id").agg(own=pl.len())
        suspects = (
            later.lazy().join(own, on="file_id", how="left").filter(pl.col("records") != pl.col("own").fill_null(0))
        )
        return suspects.collect().select(later.columns).to_dicts()

    def _said_by(self, file: File) -> pl.LazyFrame:
        """`change_id` of what a file says."""
        is_its = (pl.col("account_id") == file["account_id"]) & (pl.col("file_id") == file["file_id"])
        kept = self.lake.scan(PeopleChanges).filter(is_its).select("change_id").collect()
        return (self._accept(file)[0].select("change_id") if kept.is_empty() else kept).lazy()

    def _replay(self, cause: File, *, is_out: bool) -> bool:
        """Whether files could be read anew, each as if neither what is taken out nor later ones had come."""
        if not self._has_feed(cause):
            return False
        files, without = self._suspects(cause), [cause] if is_out else []
        files = files if is_out else [cause, *files]
        if not all(self._has_feed(file) for file in files):
            return False
        for number, file in enumerate(files):
            count = self._read_changes(file, besides=[*without, *files[number:]])
            mark_read(self.warehouse, [Reading(file, *count)], as_of=self.as_of)
        for file in without:
            within = {"day": [file["fetched_at"].date()], "file_id": [file["file_id"]]}
            for table in (PeopleChanges, QuarantinedRecords):
                self.lake.replace(table, table.create_empty().lazy(), within)
        days = self._identify(cause["account_id"])
        touch_days(self.warehouse, cause["account_id"], {day: [cause["file_id"]] for day in days})
        return True

    def _has_feed(self, file: File) -> bool:
        return self.catalog.has_feed(file["connection_id"], file["feed_id"])

    def _identify(self, account_id: str) -> list[date]:
        """The days to make anew, which are marked: the account's identities now follow what was said."""
        of_account = pl.col("account_id") == account_id
        changes = self.lake.scan(PeopleChanges).filter(of_account)
        identities = resolve_identities(changes).collect()
        affected = find_affected(self.lake.scan(Identities).filter(of_account), identities.lazy()).collect()
        days = self._days_of(affected)
        # Marked before, so that a crash cannot lose them, and after, so that a refresh in between is repeated.
        touch_days(self.warehouse, account_id, dict.fromkeys(days, ()))
        self.lake.replace(Identities, identities.lazy(), {"account_id": [account_id]})
        return days

    def _count_or_refuse(self, file: File) -> tuple[int, int, int] | None:
        """What `_read_changes` gives; None of a file that cannot be read, which is refused."""
        try:
            return self._read_changes(file)
        except UnreadableFile as reason:
            refuse_file(self.warehouse, file, str(reason))
            return None

    def _read_changes(self, file: File, *, besides: Sequence[File] = ()) -> tuple[int, int, int]:
        """Records, accepted and quarantined of a file; its changes that say something new are in the lake.

        What those of `besides` said does not count as said.
        """
        changes, refused = self._accept(file)
        ids = [file["file_id"], *(other["file_id"] for other in besides)]
        of_others = (pl.col("account_id") == file["account_id"]) & ~pl.col("file_id").is_in(ids)
        new = drop_repeated(changes.lazy(), self.lake.scan(PeopleChanges).filter(of_others)).collect()
        within = {"day": [file["fetched_at"].date()], "file_id": [file["file_id"]]}
        self.lake.replace(PeopleChanges, new.lazy(), within)
        self.lake.replace(QuarantinedRecords, refused.lazy(), within)
        return changes.height + refused.height, new.height, refused.height

    def _accept(self, file: File) -> tuple[pl.DataFrame, pl.DataFrame]:
        """PeopleChanges and QuarantinedRecords of a file."""
        feed = self.catalog.feed(file["connection_id"], file["feed_id"])
        landed_on = file["fetched_at"].date()
        region = feed.default_region if isinstance(feed, PeopleFeed) else None
        read_at = first_readings(self.warehouse, [file]).get(file["file_id"], self.as_of)
        about_file = PeopleFile(file["file_id"], file["account_id"], landed_on, read_at, region)
        with self.landing_zone.reading(file["connection_id"], file["sha256"]) as path:
            judged = [
                pl.collect_all(accept_people(records.lazy(), file=about_file)) for records in read_people_records(path)
            ]
        changes = pl.concat([PeopleChanges.create_empty(), *(accepted for accepted, _ in judged)])
        refused = pl.concat([QuarantinedRecords.create_empty(), *(refused for _, refused in judged)])
        return changes, refused

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
