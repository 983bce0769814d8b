"""One person is one MEP by whatever id or contact they came, as soon as that is known and while the month is open."""

import json
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.defs import people_reading
from journeys_pipeline.defs.assets.mep_ledger import mep_ledger, mep_summary
from journeys_pipeline.defs.assets.people import people
from journeys_pipeline.defs.assets.reports import report_register
from journeys_pipeline.defs.fact_reading import read_facts
from journeys_pipeline.defs.resources import (
    CatalogFile,
    LakeFolder,
    LandingFolder,
    MailAccount,
    ReportsFolder,
    StatementsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import JourneyEntries, MessageEvents
from journeys_pipeline.schemas.journey_events import JourneyEvents, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.daily_facts import collect_entries

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    sub_accounts: [{id: north, name: North}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: people, id: people, glob: "people-*.ndjson", default_region: NL}]
"""
PHONE, EMAIL = "+31206241111", "ann@mailbox.nl"
FIRST, SECOND, CLOSED, AFTER = (datetime(2026, *day, 6, tzinfo=UTC) for day in ((3, 10), (3, 12), (4, 5), (4, 6)))
MARCH = date(2026, 3, 1)


def derived(contact: str) -> str:
    return f"contact-{identify('acme', contact)}"


def entry(event_id: str, person_id: str, day: int, **changes: Any) -> dict[str, Any]:
    at = datetime(2026, 3, day, 10, tzinfo=UTC)
    return {
        "account_id": "acme", "event_id": event_id, "event_type": "journey_entered", "occurred_at": at,
        "day": at.date(), "journey_id": "welcome", "journey_version": 1, "person_id": person_id, "entry_id": event_id,
        "entry_source": "api", "is_test": False, "file_id": "f", "row_number": 1, "sub_account_id": "north",
    } | changes  # fmt: skip


def contact(row: int, day: int, *, phone: str | None = None, email: str | None = None) -> dict[str, Any]:
    at = datetime(2026, 3, day, 8, tzinfo=UTC)
    return {
        "file_id": "c", "row_number": row, "account_id": "acme", "journey_id": "welcome", "phone": phone,
        "email": email, "person_id": derived(phone or email or ""), "is_valid": True, "is_duplicate": False,
        "attributes": "{}", "imported_at": at, "day": at.date(), "sub_account_id": "north",
    }  # fmt: skip


class World:
    """One account whose entries, people feed and ledger are made step by step."""

    def __init__(self, home: Path) -> None:
        (home / "journeys.yaml").write_text(CATALOG)
        self.home = home
        self.lake = LakeFolder(folder=str(home / "lake")).open()
        self.resources = {
            "catalog_file": CatalogFile(path=str(home / "journeys.yaml")),
            "landing_folder": LandingFolder(folder=str(home / "landing")),
            "lake_folder": LakeFolder(folder=str(home / "lake")),
            "warehouse_database": WarehouseDatabase(url=f"sqlite:///{home / 'warehouse.sqlite'}"),
            "statements_folder": StatementsFolder(folder=str(home / "statements")),
            "reports_folder": ReportsFolder(folder=str(home / "reports")),
            "mail_account": MailAccount(
                host="", port=25, security="none", user="", sender="a@b.example", outbox=str(home / "outbox")
            ),
        }
        self.warehouse = self.resources["warehouse_database"].open()

    def enter(self, *entries: dict[str, Any]) -> None:
        """Make these all the entries of March; events have an event_id."""
        events = [found for found in entries if "event_id" in found]
        contacts = [found for found in entries if "event_id" not in found]
        facts = collect_entries(
            pl.DataFrame(events, schema=JourneyEvents.create_empty().schema).lazy(),
            pl.DataFrame(contacts, schema=ContactEntries.create_empty().schema).lazy(),
        )
        days = [date(2026, 3, day) for day in range(1, 32)]
        self.lake.replace(JourneyEntries, facts, {"day": days, "account_id": ["acme"]})

    def tell(self, *lines: dict[str, Any] | str, at: datetime) -> None:
        """A people file lands and is read."""
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        digest = sha256(text.encode()).hexdigest()
        path = LandingZone(self.home / "landing").path("sftp", digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        row = {
            "file_id": digest[:32], "account_id": "acme", "connection_id": "sftp", "feed_id": "people",
            "kind": "people", "file_name": "people-1.ndjson", "file_bytes": len(text), "sha256": digest,
            "fetched_at": at, "status": "landed",
        }  # fmt: skip
        self.warehouse.upsert(LandedFiles, pl.DataFrame([row], schema=LandedFiles.create_empty().schema))
        self.make(people, at=at)

    def make(self, *assets: Any, at: datetime, partition: str | None = None, config: Any = None) -> None:
        tags = {"journeys/as_of": at.isoformat()}
        done = dg.materialize(assets, resources=self.resources, partition_key=partition, tags=tags, run_config=config)
        assert done.success

    def book(self, at: datetime) -> list[tuple[str, datetime]]:
        """The ledger of March: person and Billed At."""
        self.make(mep_ledger, mep_summary, at=at, partition="2026-03-01")
        booked = self.lake.scan(MepLedger).select("person_id", "billed_at").collect()
        return sorted(booked.rows())

    def touched(self) -> list[int]:
        return [found.day for found in self.warehouse.read(TouchedDays)["day"]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def profile(person_id: str, day: int = 1, **contacts: str) -> dict[str, Any]:
    return {"person_id": person_id, "account_id": "acme", "updated_at": f"2026-03-{day:02}T00:00:00Z", **contacts}


def merge(survivor_id: str, merged_id: str, day: int = 11) -> dict[str, Any]:
    return {"survivor_id": survivor_id, "merged_id": merged_id, "merged_at": f"2026-03-{day:02}T00:00:00Z"}


BY_CONTACT = [
    pytest.param(contact(2, 5, phone=PHONE), {"phone": "020 624 1111"}, id="phone"),
    pytest.param(contact(2, 5, email=EMAIL), {"email": "Ann@Mailbox.nl"}, id="email"),
    pytest.param(contact(2, 5, phone=PHONE, email=EMAIL), {"email": EMAIL}, id="known by the second contact"),
]


@pytest.mark.parametrize(("imported", "contacts"), BY_CONTACT)
def test_an_import_and_a_platform_entry_of_one_known_profile_are_one_mep_f56_d23(
    world: World, imported: dict[str, Any], contacts: dict[str, str]
) -> None:
    world.tell(profile("ann", **contacts), at=FIRST)
    world.enter(imported, entry("e1", "ann", 6))

    booked = world.book(FIRST)

    assert booked == [("ann", FIRST)]


@pytest.mark.parametrize(("imported", "contacts"), BY_CONTACT)
def test_a_profile_that_comes_later_makes_two_meps_of_an_open_month_one_with_the_earlier_billed_at_d6(
    world: World, imported: dict[str, Any], contacts: dict[str, str]
) -> None:
    world.enter(imported)
    before = world.book(FIRST)
    world.enter(imported, entry("e1", "ann", 6))
    between = world.book(SECOND)

    world.tell(profile("ann", 20, **contacts), at=SECOND)

    assert before == [(imported["person_id"], FIRST)]
    assert between == sorted([(imported["person_id"], FIRST), ("ann", SECOND)])
    assert world.book(SECOND) == [("ann", FIRST)]


def test_a_merge_within_an_open_month_leaves_one_mep_d6(world: World) -> None:
    world.enter(entry("e1", "bob", 5), entry("e2", "ann", 6))
    before = world.book(FIRST)

    world.tell(merge("ann", "bob"), at=SECOND)

    assert before == [("ann", FIRST), ("bob", FIRST)]
    assert world.book(SECOND) == [("ann", FIRST)]
    assert world.lake.scan(MepLedger).select("source_id").collect().item() == "e1"


def test_who_was_booked_and_is_merged_stays_one_mep_when_the_entries_are_gone_d1_d6(world: World) -> None:
    world.enter(entry("e1", "bob", 5), entry("e2", "ann", 6), entry("e3", "cor", 7))
    world.book(FIRST)
    world.tell(merge("ann", "bob"), at=SECOND)
    world.enter(entry("e3", "cor", 7))

    assert world.book(SECOND) == [("ann", FIRST), ("cor", FIRST)]


def test_a_merge_after_the_close_leaves_ledger_and_reports_as_they_are_d6(world: World) -> None:
    world.tell(merge("bob", "rob", 2), at=FIRST)
    world.enter(entry("e1", "rob", 5), entry("e2", "ann", 6))
    closed = world.book(CLOSED)
    as_closed = report(world, "as closed", at=CLOSED)

    world.tell(merge("ann", "bob", 1), at=AFTER)

    assert closed == [("ann", CLOSED), ("bob", CLOSED)]
    assert world.book(AFTER) == closed
    assert report(world, "after the merge", at=AFTER) == as_closed
    assert sorted(line.split(",")[0] for line in as_closed[1:]) == ["ann", "bob"]


def report(world: World, name: str, *, at: datetime) -> list[str]:
    """The lines of a report of the only sub-account (D8)."""
    config = {"account": "acme", "month": "2026-03", "name": name, "sub_accounts": ["north"], "format": "csv"}
    ops = {"ops": {"report_register": {"config": config | {"mail": False}}}}
    world.make(report_register, at=at, config=ops)
    [newest] = sorted((world.home / "reports").rglob("*.csv"), key=lambda path: path.stat().st_mtime)[-1:]
    return newest.read_text().splitlines()


def test_figures_are_counted_under_the_resolved_person(world: World) -> None:
    world.tell(merge("ann", "bob"), at=FIRST)
    world.enter(entry("e1", "bob", 5), entry("e2", "ann", 6))

    people_entered = read_facts(world.lake, ["acme"]).entries.select("person_id").collect()["person_id"]

    assert people_entered.to_list() == ["ann", "ann"]


def test_days_on_which_ids_of_a_changed_person_stand_are_marked_and_no_others(world: World) -> None:
    world.enter(
        entry("e1", "bob", 5), entry("e2", "ann", 6), entry("e3", "cor", 7), contact(2, 8, phone=PHONE),
        contact(3, 9, phone="+31206241112", email=EMAIL), entry("e4", "dee", 10),
    )  # fmt: skip
    message = {"day": date(2026, 3, 14), "account_id": "acme", "source_id": "e5", "person_id": "bob"}
    messages = pl.DataFrame([message], schema=MessageEvents.create_empty().schema).lazy()
    world.lake.replace(MessageEvents, messages, {"day": [message["day"]], "account_id": ["acme"]})

    world.tell(merge("ann", "bob"), profile("bob", phone=PHONE, email=EMAIL), merge("x", "y"), at=FIRST)

    assert world.touched() == [5, 6, 8, 9, 14]


def test_a_feed_that_says_nothing_new_marks_no_day(world: World) -> None:
    world.enter(entry("e1", "bob", 5), contact(2, 8, phone=PHONE))
    world.tell(merge("ann", "bob"), profile("ann", phone=PHONE), at=FIRST)
    before = world.warehouse.read(TouchedDays)

    world.tell(profile("ann", phone=PHONE), merge("ann", "bob"), profile("ann", 2, phone=PHONE), at=SECOND)

    assert world.warehouse.read(TouchedDays).equals(before)
    readings = world.warehouse.read(FeedReadings).sort("read_at").select("records", "accepted", "duplicates").rows()
    assert readings == [(2, 2, 0), (3, 1, 2)]


def test_bad_lines_are_set_aside_and_the_others_count(world: World) -> None:
    world.tell("{", {"person_id": "ann"}, "", merge("ann", "bob"), at=FIRST)

    refused = world.lake.scan(QuarantinedRecords).sort("row_number").select("row_number", "reason").collect().rows()
    assert [row for row, _ in refused] == [1, 2]
    assert world.lake.scan(PeopleChanges).collect()["row_number"].to_list() == [4]
    assert world.lake.scan(Identities).select("person_id", "resolved_person_id").collect().rows() == [("bob", "ann")]


def test_a_crash_after_the_identities_loses_no_day(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    world.enter(entry("e1", "bob", 5))
    with monkeypatch.context() as patch:
        patch.setattr(people_reading, "mark_read", crash)
        with pytest.raises(KeyboardInterrupt):
            world.tell(merge("ann", "bob"), at=FIRST)

    world.make(people, at=SECOND)

    assert world.touched() == [5]
    assert world.warehouse.read(FeedReadings).select("records", "accepted").rows() == [(1, 1)]
