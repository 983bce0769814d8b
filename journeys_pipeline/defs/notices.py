"""Mails to the operator: each thing that went wrong is told once, by the outbox that reports go by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

import polars as pl

from journeys_pipeline.adapters.mail import Letter, MailRefused
from journeys_pipeline.adapters.outbox import Row, queue
from journeys_pipeline.adapters.telling import mask, words_of
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Account
from journeys_pipeline.defs.checks.freshness import RUN_TIME_ALLOWANCE
from journeys_pipeline.identity import identify
from journeys_pipeline.periods import utc_midnight
from journeys_pipeline.schemas.reports import OperatorNotices
from journeys_pipeline.tiers import REFRESH_EVERY

OPERATOR = "~operator"  # in the place of an account, whose id never begins so
LONGEST_MESSAGE = 1000


@dataclass(frozen=True)
class Notice:
    """What the operator is told."""

    notice_id: str
    subject: str
    body: str


@dataclass(frozen=True)
class FailedStep:
    """A step of a run and its error, as Dagster recorded them; the name of its class and its text are of the cause."""

    step: str
    error_class: str
    error_text: str

    def describe(self) -> str:
        """The step, the error's class, and its text if this program wrote it: others' may hold contacts or secrets."""
        words = words_of(self.error_text)
        if words is None:
            return f"Step {self.step}: {self.error_class}. Its text is with the run in the Dagster UI."
        return f"Step {self.step}: {self.error_class}: {mask(words)[:LONGEST_MESSAGE]}"


def notice_of_run(run_id: str, job_name: str, steps: Sequence[FailedStep]) -> Notice:
    """That a run failed."""
    lines = [
        f"Run {run_id} of the job {job_name} failed.",
        *(step.describe() for step in steps),
        "What the run would have made is as it was before. docs/operations.md tells what to do.",
    ]
    return Notice(identify("run failed", run_id), f"Run failed: {job_name}", "\n".join(lines) + "\n")


def missed_promises_of(accounts: Sequence[Account], refreshes: pl.DataFrame, *, at: datetime) -> list[Notice]:
    """Notices of accounts whose newest refresh is older than their tier promises (F90), one for each miss.

    A tier promises from the day on which the account is on it.

    Args:
        accounts: The catalog's.
        refreshes: Refreshes rows.
        at: Now.
    """
    newest = dict(refreshes.group_by("account_id").agg(pl.col("as_of").max()).iter_rows())
    return [
        notice
        for account in accounts
        if (notice := _missed_promise(account, newest.get(account.id), at=at)) is not None
    ]


def tell(warehouse: Warehouse, notice: Notice, *, operator: str, at: datetime) -> bool:
    """Whether the notice is new; it is queued then, and mailed within minutes."""
    with warehouse.transaction() as transaction:
        row = {"notice_id": notice.notice_id, "subject": notice.subject, "body": notice.body, "made_at": at}
        rows = pl.DataFrame([row], schema=OperatorNotices.create_empty().schema)
        is_new = transaction.add(OperatorNotices, rows) == 1
        if is_new:
            queue(transaction, notice.notice_id, OPERATOR, [operator], at)
    return is_new


def compose_notice(warehouse: Warehouse, row: Row, *, operator: str | None, sender: str) -> EmailMessage:
    """The mail of an outbox row that is a notice.

    Raises:
        MailRefused: the operator of the catalog is another one by now.
    """
    if row["recipient"] != operator:
        raise MailRefused("This is no operator in the catalog any more (`settings.operator`).")
    [notice] = warehouse.read(OperatorNotices, {"notice_id": [row["report_id"]]}).to_dicts()
    return Letter(
        sender=sender,
        recipient=row["recipient"],
        subject=notice["subject"],
        body=notice["body"],
        message_id=row["message_id"],
        date=notice["made_at"],
        attachment=None,
    ).compose()


def _missed_promise(account: Account, refreshed_at: datetime | None, *, at: datetime) -> Notice | None:
    tier = account.tier_on(at.date())
    begun = [period.valid_from for period in account.tiers if period.valid_from <= at.date()]
    if not begun:
        return None
    promised_from = utc_midnight(max(begun))
    last = max(refreshed_at or promised_from, promised_from)
    if at <= last + REFRESH_EVERY[tier] + RUN_TIME_ALLOWANCE:
        return None
    hours = int(REFRESH_EVERY[tier].total_seconds() // 3600)
    when = f"{refreshed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if refreshed_at else "never"
    body = (
        f"Account {account.id} is on the tier {tier}, which promises figures every {hours} hours.\n"
        f"Its last refresh: {when}. Now: {at:%Y-%m-%d %H:%M} UTC.\n"
        f"See whether the daemon is at work, and what became of the runs of refresh_{tier}.\n"
    )
    return Notice(identify("promise missed", account.id, tier, last), f"Figures are late: {account.id}", body)
