"""An account whose files of all kinds land, are read, made to facts and billed; and are taken back and given back."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.statements import Statements
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog, load_catalog
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.booking import adjust_month, book_and_close
from journeys_pipeline.defs.contact_reading import ContactReader
from journeys_pipeline.defs.event_rereading import EventRereader
from journeys_pipeline.defs.journey_reading import JourneyReader
from journeys_pipeline.defs.people_reading import PeopleReader
from journeys_pipeline.defs.reading import batches, unread_files
from journeys_pipeline.defs.refresh import Scope, stale_days
from journeys_pipeline.defs.withdrawals import carry_out, reinstate, withdraw
from journeys_pipeline.periods import days_between, month_closes_at
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import JourneyEntries, MessageEvents
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, Journeys, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.daily_facts import collect_entries, collect_messages

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds:
      - {kind: events, id: events, glob: "events*"}
      - {kind: people, id: people, glob: "people*"}
      - {kind: journeys, id: journeys, glob: "journeys*"}
      - {kind: contacts, id: contacts, glob: "contacts*", journey_id: spring, contact_type: phone, phone_column: Phone}
"""
KEY = b"a key of this test"
MARCH = date(2026, 3, 1)
DAYS = days_between(MARCH, date(2026, 3, 21))
BEGIN = datetime(2026, 3, 20, 6, tzinfo=UTC)
CLOSES = month_closes_at(MARCH, grace_hours=72)
FROM_FILES = [
    JourneyEvents, EventKeys, QuarantinedRecords, Journeys, PeopleChanges, Identities, ContactEntries, JourneyEntries,
    MessageEvents,
]  # fmt: skip
KINDS = ["contacts", "journeys", "events", "people"]


@dataclass(frozen=True)
class File:
    """A file that lands: its name is its id, and says of which kind it is."""

    name: str
    content: str

    @property
    def kind(self) -> str:
        return self.name.split("-")[0]


class World:
    """One account in a folder. Steps are an hour apart, and count from 0."""

    def __init__(self, home: Path, *, database: str = "") -> None:
        home.mkdir(exist_ok=True)
        (home / "journeys.yaml").write_text(CATALOG)
        self.home = home
        self.catalog: Catalog = load_catalog(home / "journeys.yaml")
        self.landing_zone = LandingZone(home / "landing")
        self.lake = Lake(home / "lake")
        self.warehouse = Warehouse(database or f"sqlite:///{home / 'warehouse.sqlite'}")
        self.warehouse.migrate()
        self.books = Books(self.lake, self.warehouse, Statements(home / "statements"), KEY)

    def land(self, *files: File, step: int) -> None:
        """Files come, and are read."""
        rows = []
        for file in files:
            digest = sha256(file.content.encode()).hexdigest()
            with self.landing_zone.receive("sftp") as incoming:
                incoming.stream.write(file.content.encode())
                incoming.keep(digest)
            row = {
                "file_id": file.name, "account_id": "acme", "connection_id": "sftp", "feed_id": file.kind,
                "kind": file.kind, "file_name": file.name, "file_bytes": len(file.content), "sha256": digest,
                "fetched_at": at(step), "status": "landed", "journey_id": "spring" if file.kind == "contacts" else None,
            }  # fmt: skip
            rows.append(row)
        self.warehouse.upsert(LandedFiles, pl.DataFrame(rows, schema=LandedFiles.create_empty().schema))
        self.read(step=step)

    def withdraw(self, names: Sequence[str], *, step: int) -> None:
        withdraw(self.warehouse, names, by="ann", reason="wrong", as_of=at(step))
        self.read(step=step)

    def reinstate(self, names: Sequence[str], *, step: int) -> None:
        reinstate(self.warehouse, names, by="ann", as_of=at(step))
        self.read(step=step)

    def read(self, *, step: int) -> None:
        """What the assets that read files do."""
        place = (self.landing_zone, self.lake, self.warehouse, at(step))
        readers: dict[str, Any] = {
            "contacts": ContactReader(self.catalog, *place),
            "journeys": JourneyReader(*place),
            "events": EventRereader(*place),
            "people": PeopleReader(self.catalog, *place),
        }
        for kind, reader in readers.items():
            todo = {"take_out": reader.take_out, "put_back": reader.put_back, "as_of": at(step)}
            carry_out(self.warehouse, self.lake, [kind], **todo)
            for batch in batches(unread_files(self.warehouse, [kind])):
                if kind == "journeys":
                    [reader.read(file) for file in batch]
                else:
                    reader.read(batch)

    def stale(self) -> list[date]:
        return sorted(stale_days(self.warehouse, ["acme"], as_of=at(0))["day"])

    def refresh(self, *, at: datetime, months: Sequence[date] = (MARCH,)) -> None:
        """The facts of the stale days are made anew, and the months booked."""
        days = self.stale()
        touched = self.warehouse.read(TouchedDays).filter(pl.col("day").is_in(days))
        in_days = pl.col("day").is_in(days)
        events = self.lake.scan(JourneyEvents).filter(in_days)
        within = {"day": days, "account_id": ["acme"]}
        self.lake.replace(
            JourneyEntries, collect_entries(events, self.lake.scan(ContactEntries).filter(in_days)), within
        )
        self.lake.replace(MessageEvents, collect_messages(events), within)
        made = touched.select("account_id", "day", as_of="touched_at", begun_at="touched_at")
        self.warehouse.upsert(Refreshes, made.with_columns(tier=pl.lit("scale")))
        self.book(at=at, months=months)

    def book(self, *, at: datetime, months: Sequence[date] = (MARCH,)) -> None:
        for month in months:
            scope = Scope([month], ["acme"], at)
            book_and_close(self.books, scope, month, is_due=at >= month_closes_at(month, grace_hours=72))
            adjust_month(self.books, scope, month)

    def tables(self, *, besides: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """All that is made from files, and what became of each file but some."""
        found = {table.__name__: rows(self.lake.scan(table).collect()) for table in FROM_FILES}
        read = self.warehouse.read(FeedReadings).filter(~pl.col("file_id").is_in(list(besides)))
        return found | {"FeedReadings": rows(read)}

    def billed(self, *columns: str) -> list[tuple[Any, ...]]:
        return rows(self.lake.scan(MepLedger).select(columns or MepLedger.column_names()).collect())

    def adjusted(self, *columns: str) -> list[tuple[Any, ...]]:
        return rows(self.lake.scan(MepAdjustments).select(columns or MepAdjustments.column_names()).collect())

    def statements(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.home / "statements").rglob("*.csv")}


def at(step: int) -> datetime:
    return BEGIN + timedelta(hours=step)


def rows(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    return sorted(table.rows(), key=str)


def entered(event_id: str, person: str, *, day: int = 2) -> str:
    return _event(event_id, "journey_entered", day, person_id=person, entry_source="api")


def sent(event_id: str, price: str, *, day: int = 2) -> str:
    return _event(
        event_id, "message_sent", day, person_id="p1", message_id="m", channel="sms", price=price, currency="EUR"
    )


def priced(event_id: str, price: str, *, day: int = 3) -> str:
    return _event(event_id, "message_priced", day, message_id="m", channel="sms", price=price, currency="EUR")


def _event(event_id: str, kind: str, day: int, **fields: Any) -> str:
    envelope = {
        "event_id": event_id, "event_type": kind, "occurred_at": f"2026-03-{day:02}T10:00:00Z", "account_id": "acme",
        "journey_id": "welcome", "journey_version": 1,
    }  # fmt: skip
    return json.dumps(envelope | fields)


def profile(person: str, phone: str, *, day: int = 1, **more: str) -> str:
    told = more | {
        "person_id": person,
        "account_id": "acme",
        "phone": phone,
        "updated_at": f"2026-03-{day:02}T01:00:00Z",
    }
    return json.dumps(told)


def merged(survivor: str, other: str, *, day: int = 1) -> str:
    told = {
        "survivor_id": survivor,
        "merged_id": other,
        "account_id": "acme",
        "merged_at": f"2026-03-{day:02}T02:00:00Z",
    }
    return json.dumps(told)


def defined(version: int, campaign: str, *, day: int = 1) -> str:
    told = {
        "journey_id": "welcome", "version": version, "account_id": "acme", "name": "Welcome", "campaign_id": campaign,
        "campaign_name": campaign, "status": "active", "valid_from": f"2026-03-{day:02}T00:00:00Z", "elements": [],
    }  # fmt: skip
    return json.dumps(told)


def lines(name: str, *texts: str) -> File:
    return File(name, "\n".join(texts))


def contacts(name: str, *phones: str) -> File:
    return File(name, "\r\n".join(["Phone", *phones]) + "\r\n")
