"""An erasure that dies at any step is ended by the same command: nothing is left, and nothing else has changed."""

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.mail import Attachment, Letter, OutboxFolderSender
from journeys_pipeline.adapters.outbox import queue
from journeys_pipeline.adapters.table_upkeep import TableUpkeep
from journeys_pipeline.adapters.warehouse import Transaction, Warehouse
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.defs import erased_outputs
from journeys_pipeline.defs.erased_outputs import Outputs
from journeys_pipeline.defs.erasures import Eraser
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.rendering.xlsx import render_xlsx
from journeys_pipeline.schemas.erasures import AlteredBytes, Erasures
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline_tests.canaries import below, traces
from journeys_pipeline_tests.defs.withdrawing_worlds import KEY, MARCH, World, at, contacts, entered, lines, profile

PHONE, EMAIL = "+31206241987", "zoe.canary@mailbox.nl"
STEPS = [
    (Lake, "replace"), (TableUpkeep, "change"), (TableUpkeep, "forget_history"), (LandingZone, "alter"),
    (Transaction, "upsert"), (Transaction, "update"), (Transaction, "delete"), (Warehouse, "forget_deleted"),
    (erased_outputs, "write_whole"),
]  # fmt: skip
"""Whatever an erasure writes."""
MOST_STEPS = 44
MADE = pl.DataFrame(
    {"Person ID": ["p1", "p2"], "Campaign ID": ["p1", "spring"], "Campaign Name": [f"call {PHONE}", '=1+1, "x"']}
)


@dataclass(frozen=True)
class Home:
    """A world whose files name one person, and what was made of it for readers."""

    world: World

    def erase(self) -> dict[str, Any]:
        home, world = self.world.home, self.world
        outputs = Outputs(home / "reports", home / "outbox")
        eraser = Eraser(world.catalog, world.landing_zone, world.lake, world.warehouse, KEY, outputs, at(5))
        return eraser.erase("acme", person_id="p1", requested_by="ann")

    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.world.tables().items() if name != "PeopleChanges"}

    def report(self, form: str) -> Path:
        return self.world.home / "reports" / "acme" / "2026-03" / f"meps.{form}"

    def make_report(self, form: str) -> None:
        """A report is made, listed, and mailed into the outbox folder."""
        path = self.report(form)
        content = render_csv(MADE) if form == "csv" else render_xlsx(MADE, title=f"For {EMAIL}")
        write_whole(path, content)
        row = {
            "report_id": form, "account_id": "acme", "report_type": "MEP consumption", "name": f"For {EMAIL}",
            "month": MARCH, "is_provisional": True, "row_count": 2, "rows_sha256": "0", "format": form,
            "path": f"acme/2026-03/meps.{form}", "file_sha256": hashlib.sha256(content).hexdigest(), "made_at": at(4),
        }  # fmt: skip
        with self.world.warehouse.transaction() as transaction:
            transaction.upsert(ReportRegister, pl.DataFrame([row], schema=ReportRegister.create_empty().schema))
            queue(transaction, form, "acme", ["finance@acme.example"], at(4))
        [mail] = self.world.warehouse.read(MailOutbox, {"report_id": [form]}).to_dicts()
        attachment = Attachment(path.name, content, "text/csv" if form == "csv" else "application/vnd.ms-excel")
        letter = Letter(
            "reports@journeys.example", mail["recipient"], f"For {EMAIL}", f"Call {PHONE}.", mail["message_id"], at(4),
            attachment,
        )  # fmt: skip
        OutboxFolderSender(self.world.home / "outbox").send(letter.compose())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    world = World(tmp_path / "home")
    click = entered("e1", "p1").replace("}", f', "note": "mail zoe.canary%40mailbox.nl or {PHONE}"}}')
    world.land(lines("events-1", click, entered("e2", "p2")), contacts("contacts-1", PHONE, "+31206241112"), step=0)
    world.land(lines("people-1", profile("p1", PHONE, email=EMAIL), profile("p2", "+31206241112")), step=1)
    world.refresh(at=at(2))
    home = Home(world)
    for form in ("csv", "xlsx"):
        home.make_report(form)
    return home


class Killed(BaseException):
    pass


@pytest.fixture
def dying(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The process ends before the so-manyth step; afterwards what it would have done is there again."""
    done: list[str] = []

    def count(place: Any, name: str) -> None:
        whole = getattr(place, name)

        def step(*arguments: Any, **options: Any) -> Any:
            if len(done) == request.param:
                raise Killed
            done.append(name)
            return whole(*arguments, **options)

        monkeypatch.setattr(place, name, step)

    for place, name in STEPS:
        count(place, name)
    return done


@pytest.mark.parametrize("dying", range(MOST_STEPS), indirect=True)
def test_an_erasure_that_dies_is_ended_by_the_same_command(
    home: Home, dying: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    had, counts, billed = traces(home.world.home), home.counts(), home.world.billed("source_id", "billed_at")
    with suppress(Killed):
        home.erase()
        dying.append("it was done")

    monkeypatch.undo()
    home.erase()
    home.world.book(at=at(6))

    assert len(had) > 8
    assert traces(home.world.home) == []
    assert home.counts() == counts
    assert home.world.billed("source_id", "billed_at") == billed
    assert not home.world.warehouse.read(Erasures).is_empty()
    registered = home.world.warehouse.read(ReportRegister).select("format", "file_sha256", "altered_at").rows()
    assert registered == [
        (form, hashlib.sha256(home.report(form).read_bytes()).hexdigest(), at(5)) for form in ("csv", "xlsx")
    ]


@pytest.mark.parametrize("dying", [MOST_STEPS], indirect=True)
def test_the_steps_above_are_all(home: Home, dying: list[str]) -> None:
    home.erase()

    assert len(dying) <= MOST_STEPS
    assert {name for _, name in STEPS} - {"delete"} <= {*dying, "replace"}


def test_reports_and_mails_hold_the_hash_that_the_ledger_holds_and_all_else_as_it_was(home: Home) -> None:
    home.erase()
    home.world.book(at=at(6))

    rewritten = pl.read_csv(home.report("csv"))
    assert rewritten["Person ID"][0] in {person for (person,) in home.world.billed("person_id")}
    assert rewritten["Person ID"][1] == "p2"
    assert rewritten["Campaign ID"].to_list() == ["p1", "spring"]
    assert rewritten["Campaign Name"].to_list() == ["call +99999999999", '\'=1+1, "x"']
    assert rewritten.equals(
        pl.read_excel(home.report("xlsx"), engine="openpyxl").with_columns(
            pl.col("Campaign Name").str.replace("^=", "'=")
        )
    )
    mailed = [content for path, content in below(home.world.home / "outbox").items() if "part" in path]
    assert home.report("csv").read_bytes() in mailed
    assert home.report("xlsx").read_bytes() in mailed


def test_a_withdrawn_file_that_names_the_person_is_emptied(home: Home) -> None:
    home.world.withdraw(["contacts-1"], step=3)

    home.erase()

    removed = home.world.warehouse.read(AlteredBytes, {"state": ["removed"]})
    assert removed.height == 1
    assert traces(home.world.home) == []


def test_a_withdrawn_file_that_alone_knew_a_contact_of_the_person_is_emptied(home: Home) -> None:
    told = [profile("p1", "+31206241113", day=2), profile("p10", "+31206241114")]
    home.world.land(lines("people-2", told[0]), lines("people-3", told[1]), step=3)
    home.world.withdraw(["people-2", "people-3"], step=4)

    home.erase()

    holding = [content for content in below(home.world.home).values() if b"+31206241113" in content]
    assert holding == []
    assert home.world.warehouse.read(AlteredBytes, {"state": ["removed"]}).height == 1
