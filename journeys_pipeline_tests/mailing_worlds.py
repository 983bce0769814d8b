"""A made report, the recipients of its account, and a server that its mails go to."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.outbox import Outbox, queue
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.defs.mailing import Mailing
from journeys_pipeline.defs.resources import MailAccount
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline_tests.databases import warehouse_url

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    recipients: [RECIPIENTS]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
settings: {largest_attachment_mb: 1}
"""
MADE_AT = datetime(2026, 11, 4, 6, tzinfo=UTC)
ASKED = {"edition": "as_closed", "format": "csv", "kind": "mep", "sub_accounts": []}


@dataclass(frozen=True)
class MailingWorld:
    """One account in a folder of its own."""

    home: Path
    port: int
    recipients: str = "ann@acme.example, bob@acme.example"

    @cached_property
    def warehouse(self) -> Warehouse:
        warehouse = Warehouse(warehouse_url(self.home))
        warehouse.migrate()
        return warehouse

    @property
    def mailing(self) -> Mailing:
        path = self.home / "journeys.yaml"
        path.write_text(CATALOG.replace("RECIPIENTS", self.recipients))
        account = MailAccount(
            host="127.0.0.1", port=self.port, security="none", user="", sender="reports@journeys.example", outbox=""
        )
        return Mailing(load_catalog(path), self.warehouse, account, self.home / "reports")

    def make(self, *recipients: str, content: bytes = b"Person ID\r\n", **changes: Any) -> dict[str, Any]:
        """A report is made and its mails are queued."""
        report = {
            "report_id": "r1", "account_id": "acme", "report_type": "MEP consumption", "name": "Bill",
            "requested_by": "ann", "parameters": json.dumps(ASKED), "month": date(2026, 10, 1),
            "sub_accounts": None, "first_day": date(2026, 10, 1), "last_day": date(2026, 10, 31),
            "is_provisional": False, "row_count": 1, "rows_sha256": "0", "format": "csv", "path": "acme/r1.csv",
            "file_sha256": hashlib.sha256(content).hexdigest(), "made_at": MADE_AT,
        } | changes  # fmt: skip
        path = self.home / "reports" / report["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        rows = pl.DataFrame([report], schema=ReportRegister.create_empty().schema)
        with self.warehouse.transaction() as transaction:
            transaction.upsert(ReportRegister, rows)
            queue(transaction, report["report_id"], "acme", recipients, MADE_AT)
        return report

    def send(self, **outbox: Any) -> dict[str, int]:
        """One round of sending."""
        return self.mailing.send_due(Outbox(self.warehouse, **outbox))

    def states(self, *columns: str) -> list[tuple[Any, ...]]:
        return self.warehouse.read(MailOutbox).select("recipient", "state", *columns).rows()
