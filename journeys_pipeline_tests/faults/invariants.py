"""What must hold after any fault, once a tick has run unaided: see docs/reliability.md."""

import csv
import email
import hashlib
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from email import policy
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.leftovers import PREFIXES
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.dashboards import MANIFEST, Manifest
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.landed_files import LANDED, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger, MepStatements, MepSummary
from journeys_pipeline.schemas.metrics import CampaignPerformance
from journeys_pipeline.schemas.reports import SENT, UNKNOWN, MailOutbox, ReportRegister
from journeys_pipeline_tests.faults.reckoning import Reckoning, reckon
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, GIVEN_BACK, SECRETS, World, phone
from journeys_pipeline_tests.faults.worlds import email as address

KNOWN_CONTACTS = 40
CONTACTS_BELONG = ("landing/", "lake/contact_entries/", "lake/people_changes/", "lake/quarantined_records/")
"""Where contacts of customers' people may be; the catalog's own recipients apart, they may be nowhere else."""


def statements(world: World) -> dict[str, bytes]:
    """The files of closed months."""
    folder = world.home / "statements"
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


@dataclass
class Invariants:
    """Asserted one by one, so that a failure names what does not hold."""

    world: World
    closed: dict[str, bytes] = field(default_factory=dict)  # the statements from before the fault
    mailed: list[bytes] | None = None  # what a mail server took; by default the outbox folder

    @classmethod
    def before(cls, world: World, *, mailed: list[bytes] | None = None) -> "Invariants":
        """To be made before the fault."""
        return cls(world, statements(world), mailed)

    def hold(self) -> int:
        """How many invariants were asserted; all of them hold."""
        checks = [
            self.each_file_landed_once, self.each_entry_counted_once, self.figures_are_those_of_brute_force,
            self.meps_are_those_of_brute_force, self.closed_statements_are_unchanged, self.what_is_served_is_whole,
            self.secrets_and_contacts_are_where_they_belong, self.no_account_sees_another, self.each_mail_went_once,
        ]  # fmt: skip
        for check in checks:
            check()
        return len(checks)

    @cached_property
    def _warehouse(self) -> Warehouse:
        return Warehouse(self.world.warehouse_url)

    @property
    def _lake(self) -> Lake:
        return Lake(self.world.home / "lake")

    @cached_property
    def _landed(self) -> dict[str, pl.DataFrame]:
        rows = self._warehouse.read(LandedFiles, {"status": [LANDED]})
        return {account_id: rows.filter(account_id=account_id) for account_id in ACCOUNTS}

    @cached_property
    def _reckonings(self) -> dict[str, Reckoning]:
        found: dict[str, Reckoning] = {}
        for account_id, landed in self._landed.items():
            came = {sha256: rest for sha256, *rest in landed.select("sha256", "file_id", "fetched_at").rows()}
            found[account_id] = reckon(self.world.sent, account_id, came)  # type: ignore[arg-type]
        return found

    def each_file_landed_once(self) -> None:
        """Once per content, byte for byte."""
        for account_id, landed in self._landed.items():
            sent = {hashlib.sha256(one.content).hexdigest() for one in self.world.sent if one.account_id == account_id}
            assert Counter(landed["sha256"]) == Counter(sent)
            for sha256 in sent:
                path = self.world.home / "landing" / f"{account_id}-sftp" / sha256[:2] / sha256
                assert hashlib.sha256(path.read_bytes()).hexdigest() == sha256

    def each_entry_counted_once(self) -> None:
        """Valid and invalid entries of each contact file; accepted events; and what of them entered a journey."""
        entries = self._lake.scan(ContactEntries).collect()
        events = self._lake.scan(JourneyEvents).select("account_id", "event_id").collect()
        facts = self._lake.scan(JourneyEntries).select("account_id", "source_id", "day").collect()
        for account_id, reckoned in self._reckonings.items():
            of_file = dict(self._landed[account_id].select("file_id", "sha256").rows())
            found = entries.filter(account_id=account_id).group_by("file_id", "is_valid").len().rows()
            counted = {(of_file[file_id], is_valid): count for file_id, is_valid, count in found}
            expected = {(sha256, True): count for sha256, count in reckoned.valid.items() if count}
            expected |= {(sha256, False): count for sha256, count in reckoned.invalid.items() if count}
            assert counted == expected
            assert Counter(events.filter(account_id=account_id)["event_id"]) == Counter(reckoned.events)
            made = facts.filter(account_id=account_id).select("source_id", "day").rows()
            assert sorted(made) == sorted((source, day) for source, (day, _) in reckoned.entries.items())

    def figures_are_those_of_brute_force(self) -> None:
        """Profiles in journey, entries, profiles exited and messages sent, by month."""
        served = self._warehouse.read(CampaignPerformance, grain="month")
        figures = ("profiles_in_journey", "entries", "profiles_exited", "messages_sent")
        for account_id, reckoned in self._reckonings.items():
            months = {month: reckoned.figures(month) for month in reckoned.months()}
            rows = served.filter(account_id=account_id).select("period", *figures).rows()
            assert {month: tuple(rest) for month, *rest in rows} == months

    def meps_are_those_of_brute_force(self) -> None:
        """One person, one month, once: in the ledger, or if the month had closed before, among the adjustments."""
        ledger, adjustments = self._lake.scan(MepLedger).collect(), self._lake.scan(MepAdjustments).collect()
        summaries = self._warehouse.read(MepSummary)
        for account_id, reckoned in self._reckonings.items():
            for month in reckoned.months():
                of_month = pl.col("account_id") == account_id
                billed = ledger.filter(of_month & (pl.col("month") == month))["person_id"].to_list()
                late = adjustments.filter(of_month & (pl.col("service_month") == month))["person_id"].to_list()
                assert Counter(map(_by_id, billed + late)) == Counter(self._named(account_id, reckoned.persons(month)))
                [summary] = summaries.filter(of_month & (pl.col("month") == month)).to_dicts()
                assert summary["mep"] == len(billed)
                frozen = self._frozen(account_id, month)
                assert sorted(billed) == (sorted(billed) if frozen is None else sorted(frozen))

    def closed_statements_are_unchanged(self) -> None:
        """Byte for byte; and each that is listed is the one file of its account and month."""
        now = statements(self.world)
        assert self.closed.items() <= now.items()
        listed = self._warehouse.read(MepStatements).select("path", "sha256").rows()
        assert dict(listed) == {path: hashlib.sha256(content).hexdigest() for path, content in now.items()}
        assert len({(path.split("/")[0], Path(path).name[:7]) for path in now}) == len(now)

    def what_is_served_is_whole(self) -> None:
        """Reports and pages have the hashes that were noted; what died on its way is known for what it is."""
        for report in self._warehouse.read(ReportRegister).to_dicts():
            content = (self.world.home / "reports" / report["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == report["file_sha256"]
            assert len(content.decode("utf-8-sig").splitlines()) == report["row_count"] + 1
        for listing in (self.world.home / "dashboards").glob(f"*/{MANIFEST}"):
            manifest = Manifest.model_validate_json(listing.read_bytes())
            for page in manifest.pages:
                assert hashlib.sha256((listing.parent / page.file).read_bytes()).hexdigest() == page.sha256
            assert {path.name for path in listing.parent.iterdir()} == {MANIFEST, *(one.file for one in manifest.pages)}
        for name in ("reports", "statements", "outbox", "landing"):
            hidden = [path.name for path in (self.world.home / name).rglob(".*") if path.is_file()]
            assert [found for found in hidden if not found.startswith(PREFIXES)] == []

    def secrets_and_contacts_are_where_they_belong(self) -> None:
        """No secret anywhere; contacts in landed files, entries and people alone, and with their sender."""
        secrets, contacts = list(SECRETS.values()), [one for account_id in ACCOUNTS for one in _contacts(account_id)]
        for path, content in chain(below(self.world.home), _served(self.world.warehouse_url)):
            wrong = secrets if path.startswith(CONTACTS_BELONG) else [*secrets, *contacts]
            assert which(wrong, content) == [], path
        assert which([*secrets, *contacts], (self.world.root / "ticks.log").read_bytes()) == []

    def no_account_sees_another(self) -> None:
        """In reports, pages, statements, mails and whatever is given back, only the account's own word is found."""
        for account_id, word in ACCOUNTS.items():
            others = [other for id_, other in ACCOUNTS.items() if id_ != account_id]
            others += [one for id_ in ACCOUNTS if id_ != account_id for one in _contacts(id_)]
            places = [self.world.home / name / account_id for name in ("reports", "dashboards", "statements")]
            given_back = [path for path in self.world.folder(account_id).iterdir() if path.name.endswith(GIVEN_BACK)]
            found = [each for place in places for each in below(place)]
            found += [(path.name, path.read_bytes()) for path in given_back]
            mails = [("mail", _text(mail)) for mail in self._mails if f"@{word}.".encode() in _headers(mail)]
            for path, content in (*found, *mails):
                assert which(others, content) == [], path

    def each_mail_went_once(self) -> None:
        """Each recipient of a report got it once; one that is in doubt at most once, and an operator is told."""
        arrived = Counter(email.message_from_bytes(mail)["Message-ID"] for mail in self._mails)
        outbox = self._warehouse.read(MailOutbox)
        assert set(arrived.values()) <= {1}
        assert set(outbox.filter(state=SENT)["message_id"]) <= set(arrived)
        assert set(arrived) <= set(outbox.filter(pl.col("state").is_in([SENT, UNKNOWN, "sending"]))["message_id"])
        of_reports = outbox.filter(pl.col("account_id").is_in(list(ACCOUNTS))).group_by("report_id").len()
        assert dict(of_reports.rows()) == dict.fromkeys(self._warehouse.read(ReportRegister)["report_id"], 2)

    @property
    def _mails(self) -> list[bytes]:
        if self.mailed is not None:
            return self.mailed
        return [path.read_bytes() for path in sorted((self.world.home / "outbox").glob("*.eml"))]

    def _frozen(self, account_id: str, month: date) -> list[str] | None:
        """The persons of a statement; None while the month is open."""
        found = [
            content
            for path, content in statements(self.world).items()
            if path.startswith(f"{account_id}/{month:%Y-%m}")
        ]
        return [row["person_id"] for row in csv.DictReader(io.StringIO(found[0].decode()))] if found else None

    def _named(self, account_id: str, persons: set[str]) -> Iterator[str]:
        """As the ledger names them: who is known by a contact only has a hash of it for an id."""
        for person in persons:
            is_contact = "@" in person or person.startswith("+")
            digest = hashlib.sha256(f"{account_id}\x1f{person}".encode()).hexdigest()
            yield f"contact-{digest[:32]}" if is_contact else person


def which(words: list[str], content: bytes) -> list[str]:
    """Those of the ASCII words that the bytes hold, all looked for at once."""
    found: list[str] = pl.Series([content.decode("latin-1")]).str.extract_many(words).item().to_list()
    return found


def below(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of all files by path, with Parquet as rows, databases as text and mails decoded."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content, name = path.read_bytes(), str(path.relative_to(folder))
        yield name, content
        if content.startswith(b"PAR1") and content.endswith(b"PAR1"):
            yield name, repr(pl.read_parquet(io.BytesIO(content), hive_partitioning=False).to_dicts()).encode()
        elif content.startswith(b"SQLite format 3"):
            yield name, _dump(path)
        elif path.suffix == ".eml":
            yield name, _text(content)


def _dump(path: Path) -> bytes:
    """All texts of a database, also those that its pages hold in pieces."""
    with sqlite3.connect(path) as connection:
        connection.text_factory = lambda value: value.decode(errors="replace")
        return "\n".join(connection.iterdump()).encode()


def _served(url: str) -> Iterator[tuple[str, bytes]]:
    """All rows of a database that is no file of the home."""
    if url.startswith("postgresql"):
        engine = sa.create_engine(url, poolclass=sa.NullPool)
        with engine.connect() as connection:
            for table in sa.inspect(engine).get_table_names():
                yield table, repr(connection.execute(sa.text(f'SELECT * FROM "{table}"')).all()).encode()


def _text(mail: bytes) -> bytes:
    message = email.message_from_bytes(mail, policy=policy.default)
    return b"\n".join([mail, *(part.get_payload(decode=True) or b"" for part in message.walk())])


def _headers(mail: bytes) -> bytes:
    return mail.replace(b"\r\n", b"\n").partition(b"\n\n")[0]


def _contacts(account_id: str) -> list[str]:
    """Contacts of the account's people as they can appear anywhere."""
    numbers = [phone(account_id, number) for number in range(KNOWN_CONTACTS)]
    local = [f"0{number[3:5]} {number[5:8]} {number[8:]}" for number in numbers]
    mails = [address(account_id, number) for number in range(KNOWN_CONTACTS)]
    return [*(number[1:] for number in numbers), *local, *mails, *(mail.upper() for mail in mails)]


def _by_id(person_id: Any) -> str:
    return str(person_id)


def as_of(text: str) -> datetime:
    """A moment of UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


def noted(world: World, table: Any, *columns: str) -> list[tuple[Any, ...]]:
    """The rows of a table of the warehouse, sorted."""
    return sorted(
        Warehouse(world.warehouse_url).read(table).select(columns).rows(), key=lambda row: json.dumps(row, default=str)
    )
