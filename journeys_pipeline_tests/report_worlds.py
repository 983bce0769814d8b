"""One account whose ledger, facts and figures are put in place, and reports made of them by the job's assets."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets.reports import mail_outbox, report_register
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.jobs import report_config
from journeys_pipeline.defs.resources import (
    CatalogFile,
    LakeFolder,
    MailAccount,
    ReportsFolder,
    StatementsFolder,
    WarehouseDatabase,
)
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline_tests.databases import warehouse_url

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    sub_accounts: [{id: north, name: North}, {id: south, name: South}]
    recipients: [ann@acme.example, bob@acme.example]
  - id: zeta
    name: Zeta
    tiers: [{tier: scale, valid_from: 2026-01-01}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
reports:
  - {kind: custom, id: summary, name: Summary, dataset: mep_summary, columns: [account_id, month, mep], format: csv}
  - {kind: custom, id: ledger, name: Ledger, dataset: mep_ledger, columns: [account_id, person_id]}
"""
OCTOBER = date(2026, 10, 1)
IN_OCTOBER, IN_NOVEMBER = datetime(2026, 10, 20, 6, tzinfo=UTC), datetime(2026, 11, 4, 6, tzinfo=UTC)


@dataclass(frozen=True)
class ReportWorld:
    """A home of its own."""

    home: Path

    @cached_property
    def resources(self) -> dict[str, Any]:
        (self.home / "journeys.yaml").write_text(CATALOG)
        return {
            "catalog_file": CatalogFile(path=str(self.home / "journeys.yaml")),
            "lake_folder": LakeFolder(folder=str(self.home / "lake")),
            "warehouse_database": WarehouseDatabase(url=warehouse_url(self.home)),
            "statements_folder": StatementsFolder(folder=str(self.home / "statements")),
            "reports_folder": ReportsFolder(folder=str(self.home / "reports")),
            "mail_account": MailAccount(
                host="", port=25, security="none", user="", sender="a@b.example", outbox=str(self.home / "outbox")
            ),
        }

    @property
    def lake(self) -> Lake:
        return self.resources["lake_folder"].open()

    @property
    def warehouse(self) -> Warehouse:
        return self.resources["warehouse_database"].open()

    def bill(self, *persons: str, account_id: str = "acme", month: date = OCTOBER) -> None:
        """These are the month's billed people; each entered once, on the 2nd, into the sub-account north."""
        at = datetime(month.year, month.month, 2, 10, 30, 15, tzinfo=UTC)
        common = {
            "account_id": account_id, "sub_account_id": "north", "journey_id": "welcome", "entry_source": "api",
        }  # fmt: skip
        campaign = {"campaign_id": "c1", "campaign_name": "=Spring", "engaged_at": at, "billed_at": IN_OCTOBER}
        entry = {"day": at.date(), "journey_version": 1, "entered_at": at}
        named = [{"person_id": person, "source_id": f"e-{person}"} for person in persons]
        ledger = [common | campaign | {"month": month} | name for name in named]
        entries = [common | entry | name for name in named]
        self._put(MepLedger, ledger, {"month": [month], "account_id": [account_id]})
        self._put(JourneyEntries, entries, {"day": [at.date()], "account_id": [account_id]})

    def enter(self, person: str, day: int, sub_account_id: str) -> None:
        """A further entry in October that came too late to be billed."""
        at = datetime(2026, 10, day, 12, tzinfo=UTC)
        entry = {
            "account_id": "acme", "sub_account_id": sub_account_id, "journey_id": "welcome", "entry_source": "api",
            "day": at.date(), "journey_version": 1, "entered_at": at, "person_id": person, "source_id": f"l-{person}",
        }  # fmt: skip
        self._put(JourneyEntries, [entry], {"day": [at.date()], "account_id": ["acme"]})

    def close(self, *, mep: int, account_id: str = "acme") -> None:
        """October is closed: its statement is frozen, and its summary says so."""
        folders = (self.resources[name] for name in ("lake_folder", "warehouse_database", "statements_folder"))
        Books.open(*folders).close(account_id, OCTOBER, as_of=IN_NOVEMBER)
        row = {
            "account_id": account_id, "month": OCTOBER, "mep": mep, "adjustments": 0, "is_closed": True,
            "as_of": IN_NOVEMBER,
        }  # fmt: skip
        self.warehouse.upsert(MepSummary, pl.DataFrame([row], schema=MepSummary.create_empty().schema))

    def report(self, at: datetime = IN_NOVEMBER, **config: Any) -> dict[str, Any]:
        """Make a report, by default that of October; the register's row."""
        asked = config if config.keys() & {"kind", "declared", "month"} else {"month": "2026-10"} | config
        done = dg.materialize(
            [report_register, mail_outbox],
            resources=self.resources,
            tags={"journeys/as_of": at.isoformat()},
            run_config=report_config({"account": "acme"} | asked),
        )
        report_id = done.asset_materializations_for_node("report_register")[0].metadata["report_id"].value
        [row] = self.warehouse.read(ReportRegister, {"report_id": [str(report_id)]}).to_dicts()
        return row

    def content(self, report: dict[str, Any]) -> bytes:
        return (self.home / "reports" / report["path"]).read_bytes()

    def lines(self, report: dict[str, Any]) -> list[str]:
        return self.content(report).decode().splitlines()

    def register(self, *columns: str) -> list[tuple[Any, ...]]:
        return self.warehouse.read(ReportRegister).sort("made_at", "row_count").select(columns).rows()

    def mails(self) -> list[str]:
        """Who was sent a mail, as often as it was."""
        return sorted(self.warehouse.read(MailOutbox, {"state": ["sent"]})["recipient"])

    def _put(self, table: Any, rows: list[dict[str, Any]], within: dict[str, Any]) -> None:
        self.lake.replace(table, pl.DataFrame(rows, schema=table.create_empty().schema).lazy(), within)


def asked_for(report: dict[str, Any]) -> dict[str, Any]:
    """The register's parameters."""
    return json.loads(report["parameters"])
