"""Books of the account acme in a folder: entries and people are told, runs book, close and adjust January."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.statements import Statements
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.booking import adjust_month, book_and_close
from journeys_pipeline.defs.refresh import Scope
from journeys_pipeline.periods import days_of_month, month_closes_at
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.mep_ledger import MepAdjustments
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline.schemas.people import DELETION, MERGE, PROFILE, Identities, PeopleChanges
from journeys_pipeline.transforms.people import resolve_identities
from journeys_pipeline_tests.databases import warehouse_url
from journeys_pipeline_tests.transforms.mep_ledger.examples import JANUARY, Entry, facts

OPEN, DUE, AFTER, LATER = (datetime(2026, *day, 6, tzinfo=UTC) for day in ((1, 20), (2, 4), (2, 5), (3, 10)))
KEY = b"a key of this test"
SLICE = {"day": days_of_month(JANUARY), "account_id": ["acme"]}


class World:
    """What has come, and the books that were made of it."""

    def __init__(self, home: Path, *, key: bytes | None = KEY) -> None:
        self.home = home
        warehouse = Warehouse(warehouse_url(home))
        warehouse.migrate()
        self.books = Books(Lake(home / "lake"), warehouse, Statements(home / "statements"), key)
        self.changes = PeopleChanges.create_empty()

    def enter(self, *entries: Entry) -> None:
        """Make these all the entries of January."""
        self.books.lake.replace(JourneyEntries, facts(entries), SLICE)

    def merge(self, survivor: str, merged: str, *, at: datetime) -> None:
        self._learn(at, change_type=MERGE, person_id=merged, survivor_id=survivor)

    def delete(self, person: str, *, at: datetime) -> None:
        self._learn(at, change_type=DELETION, person_id=person)

    def profile(self, person: str, phone: str, *, at: datetime) -> None:
        self._learn(at, change_type=PROFILE, person_id=person, phone=phone)

    def touch(self, day: date) -> None:
        """A file brought records for a day, and no run made its facts anew."""
        row = {"account_id": "acme", "day": day, "touched_at": AFTER}
        self.books.warehouse.upsert(TouchedDays, pl.DataFrame([row], schema=TouchedDays.create_empty().schema))

    def run(self, at: datetime) -> None:
        """What the job `book` does for January."""
        scope, is_due = Scope([JANUARY], ["acme"], at), at >= month_closes_at(JANUARY, grace_hours=72)
        book_and_close(self.books, scope, JANUARY, is_due=is_due)
        adjust_month(self.books, scope, JANUARY)

    def billed(self) -> dict[str, tuple[str, datetime]]:
        """Person to entry and Billed At, as the month's ledger says."""
        rows = self.books.ledger("acme", JANUARY).select("person_id", "source_id", "billed_at").collect().rows()
        return {person: (source, billed_at) for person, source, billed_at in rows}

    def in_lake(self) -> dict[str, tuple[str, datetime]]:
        rows = self.books.booked(["acme"], JANUARY).select("person_id", "source_id", "billed_at").collect().rows()
        return {person: (source, billed_at) for person, source, billed_at in rows}

    def adjusted(self) -> dict[str, tuple[str, datetime, date]]:
        """Person to entry, Billed At and the month booked in."""
        rows = self.books.lake.scan(MepAdjustments).select("person_id", "source_id", "billed_at", "month").collect()
        return {person: tuple(rest) for person, *rest in rows.rows()}

    def files(self) -> dict[str, bytes]:
        """The statements' files."""
        return {path.name: path.read_bytes() for path in sorted((self.home / "statements").rglob("*.csv"))}

    def _learn(self, at: datetime, **change: str) -> None:
        row = {
            "account_id": "acme", "change_id": f"c{self.changes.height}", "read_at": at, "file_id": "f",
            "row_number": 1, "day": at.date(), "changed_at": OPEN + timedelta(minutes=self.changes.height),
        } | change  # fmt: skip
        self.changes = pl.concat([self.changes, pl.DataFrame([row], schema=self.changes.schema)])
        self.books.lake.replace(PeopleChanges, self.changes.lazy(), {"account_id": ["acme"]})
        self.books.lake.replace(Identities, resolve_identities(self.changes.lazy()), {"account_id": ["acme"]})


def january(number: int, person: str, *, day: int = 10, journey: str = "welcome") -> Entry:
    """An entry of January; those of smaller numbers come first."""
    at = datetime(2026, 1, day, 10, 0, number, tzinfo=UTC)
    return Entry(f"e{number}", person, at, journey_id=journey)


def persons(entries: Iterable[Entry]) -> set[str]:
    return {entry.person_id for entry in entries}
