"""A report goes to each recipient of its account once, whatever is retried or killed."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed, MailRefused, Sender
from journeys_pipeline.adapters.outbox import Outbox, Row
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.letters import write_letter
from journeys_pipeline.defs.notices import OPERATOR, compose_notice
from journeys_pipeline.defs.resources import MailAccount
from journeys_pipeline.schemas.reports import UNKNOWN, ReportRegister

MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Mailing:
    """Everything that sending takes."""

    catalog: Catalog
    warehouse: Warehouse
    mail_account: MailAccount
    folder: Path

    def send_due(self, outbox: Outbox) -> dict[str, int]:
        """How many mails reached which state: all that are due are tried once, and dead attempts given up."""
        states, due = Counter({UNKNOWN: outbox.give_up_dead()}), outbox.due()
        sender = self.mail_account.open()  # wrong settings fail here, before a mail is under way
        for row in due:
            claimed = outbox.claim(row)
            if claimed:
                states[outbox.settle(claimed, self._try(claimed, sender))] += 1
        return {state: count for state, count in states.items() if count}

    def _try(self, row: Row, sender: Sender) -> MailFailed | None:
        """Why the mail was not sent; None if it was."""
        try:
            sender.send(self._compose(row))
        except MailFailed as failure:
            return failure
        return None

    def _compose(self, row: Row) -> EmailMessage:
        """The mail of an outbox row.

        Raises:
            MailRefused: whom it is for is no recipient of the account any more, or it cannot be written as a mail.
            MailFailed: the file is not as it was made.
        """
        if row["account_id"] == OPERATOR:
            return compose_notice(
                self.warehouse, row, operator=self.catalog.settings.operator, sender=self.mail_account.sender
            )
        accounts = {account.id: account for account in self.catalog.accounts}
        account = accounts.get(row["account_id"])
        if account is None or row["recipient"] not in account.recipients:
            raise MailRefused(f"This is no recipient of account {row['account_id']} in the catalog any more.")
        [report] = self.warehouse.read(ReportRegister, {"report_id": [row["report_id"]]}).to_dicts()
        attachment = self._attachment(report)
        letter = Letter(
            sender=self.mail_account.sender,
            recipient=row["recipient"],
            subject=f"{report['name']}: {report['account_id']}{_days(report)}",
            body=write_letter(report, is_attached=attachment is not None),
            message_id=row["message_id"],
            date=report["made_at"],
            attachment=attachment,
        )
        try:
            return letter.compose()
        except ValueError as error:
            raise MailRefused(f"The mail cannot be written. {error}") from None

    def _attachment(self, report: dict[str, Any]) -> Attachment | None:
        """The report's file, or None if it is too large to mail."""
        path = self.folder / report["path"]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MailFailed(f"The report's file cannot be read ({error.strerror}); make the report again.") from None
        if report["file_sha256"] not in (None, hashlib.sha256(content).hexdigest()):
            raise MailFailed("The report's file was changed since it was made; remove it and make the report again.")
        if len(content) > self.catalog.settings.largest_attachment_mb * MEGABYTE:
            return None
        return Attachment(path.name, content, MEDIA_TYPES[report["format"]])


def _days(report: dict[str, Any]) -> str:
    if report["month"]:
        return f", {report['month']:%Y-%m}"
    if report["first_day"]:
        return f", {report['first_day']} to {report['last_day']}"
    return ""
