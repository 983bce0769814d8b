"""A report goes to each recipient of its account once, whatever is retried."""

from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Account
from journeys_pipeline.defs.resources import MailAccount
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.reports import FAILED, QUEUED, SENT, MailOutbox
from journeys_pipeline.transforms.reports import XLSX_ROW_LIMIT

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def queue_mail(entry: dict[str, Any], account: Account, warehouse: Warehouse, *, as_of: datetime) -> None:
    """One outbox row per recipient of the account that has none for this report yet."""
    known = set(warehouse.read(MailOutbox, {"report_id": [entry["report_id"]]})["recipient"])
    rows = [
        {
            "report_id": entry["report_id"],
            "recipient": recipient,
            "account_id": account.id,
            "message_id": f"<{identify(entry['report_id'], recipient)}@journeys-pipeline>",
            "state": QUEUED,
            "attempts": 0,
            "last_error": None,
            "updated_at": as_of,
        }
        for recipient in account.recipients
        if recipient not in known
    ]
    warehouse.upsert(MailOutbox, pl.DataFrame(rows, schema=MailOutbox.create_empty().schema))


def mail_queued(
    report: dict[str, Any], account: Account, mail_account: MailAccount, warehouse: Warehouse, folder: Path
) -> None:
    """Send a report to whoever has not got it yet and is a recipient of the account still.

    Raises:
        MailFailed: at least one mail was not accepted; its outbox row says why. The others went out.
    """
    outbox = warehouse.read(MailOutbox, {"report_id": [report["report_id"]], "state": [QUEUED, FAILED]})
    failures: list[str] = []
    for row in outbox.filter(pl.col("recipient").is_in(account.recipients)).to_dicts():
        outcome: dict[str, Any] = {"state": SENT, "last_error": None}
        try:
            mail_account.open().send(_compose(report, row, mail_account.sender, folder))
        except MailFailed as failure:
            outcome = {"state": FAILED, "last_error": str(failure)}
            failures.append(str(failure))
        done = row | outcome | {"attempts": row["attempts"] + 1, "updated_at": now()}
        warehouse.upsert(MailOutbox, pl.DataFrame([done], schema=MailOutbox.create_empty().schema))
    if failures:
        raise MailFailed(f"{len(failures)} of {outbox.height} mails were not accepted: {failures[0]}")


def _compose(report: dict[str, Any], row: dict[str, Any], sender: str, folder: Path) -> EmailMessage:
    path = folder / report["path"]
    month = f"{report['month']:%Y-%m}"
    return Letter(
        sender=sender,
        recipient=row["recipient"],
        subject=f"{report['name']}: {report['account_id']}, {month}",
        body=describe_report(report),
        message_id=row["message_id"],
        date=report["made_at"],
        attachment=Attachment(path.name, path.read_bytes(), MEDIA_TYPES[report["format"]]),
    ).compose()


def describe_report(report: dict[str, Any]) -> str:
    """The mail's text: account, month, rows, whether the month is closed, and why .csv (F71)."""
    state = "provisional: the month is still open" if report["is_provisional"] else "final: the month is closed"
    lines = [
        f"{report['report_type']} report for account {report['account_id']}.",
        f"Month: {report['month']:%Y-%m} (UTC), {state}.",
        f"Sub-accounts: {report['sub_accounts'] or 'all'}.",
        f"Rows: {report['row_count']:,}, one per monthly engaged person.",
    ]
    if report["row_count"] > XLSX_ROW_LIMIT:
        lines.append(f"It comes as .csv because it has more than {XLSX_ROW_LIMIT:,} rows.")
    return "\n".join(lines) + "\n"
