"""The mail outbox: one row per report and recipient, and what may become of it (docs/reports.md)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.mail import MailFailed, MailInDoubt, MailRefused
from journeys_pipeline.adapters.warehouse import Slice, Transaction, Warehouse
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.reports import FAILED, QUEUED, REFUSED, SENDING, SENT, UNKNOWN, MailOutbox

BACK_OFF = [timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=12)]
"""How long after each failed attempt the next one may begin; after the last there is none by itself."""

LONGEST_ATTEMPT = timedelta(minutes=15)
"""An attempt that is older has died, or its end no longer matters."""

BROKEN_OFF = "The attempt broke off, so the mail may have arrived; ask the recipient before it is sent again."

Row = dict[str, Any]


def queue(transaction: Transaction, report_id: str, account_id: str, recipients: Collection[str], at: datetime) -> None:
    """One row per recipient that has none for this report yet."""
    rows = [
        {
            "report_id": report_id,
            "recipient": recipient,
            "account_id": account_id,
            "message_id": f"<{identify(report_id, recipient)}@journeys-pipeline>",
            "state": QUEUED,
            "attempts": 0,
            "due_at": min(at, now()),  # a logical time may lie ahead of the clock that mails are due by
            "last_error": None,
            "updated_at": at,
        }
        for recipient in dict.fromkeys(recipients)
    ]
    transaction.add(MailOutbox, pl.DataFrame(rows, schema=MailOutbox.create_empty().schema))


class Outbox:
    """Who is to be sent what; several processes may work on it at once.

    A row is `sending` before a server hears of the mail, and leaves that state when the answer is known. So a row found
    in it after a kill tells nothing about the mail: it becomes `unknown`, and only an operator has it sent again.
    """

    def __init__(self, warehouse: Warehouse, clock: Callable[[], datetime] = now) -> None:
        self._warehouse = warehouse
        self._clock = clock

    def due(self) -> list[Row]:
        """The rows whose first or next attempt may begin, the longest due first."""
        waiting = self._warehouse.read(MailOutbox, {"state": [QUEUED, FAILED]})
        return waiting.filter(pl.col("due_at") <= self._clock()).sort("due_at", "report_id", "recipient").to_dicts()

    def has_work(self) -> bool:
        """Whether a mail is due, or an attempt has died."""
        return bool(self.due()) or bool(self._dead())

    def give_up_dead(self) -> int:
        """How many attempts have died; whether their mails arrived is unknown from now on."""
        dead, lost = self._dead(), self._state(UNKNOWN, BROKEN_OFF)
        with self._warehouse.transaction() as transaction:
            return sum(transaction.update(MailOutbox, lost, _attempt(row, SENDING)) for row in dead)

    def claim(self, row: Row) -> Row | None:
        """The row as it stands for an attempt that is ours alone; None if another process has it."""
        claimed = self._state(SENDING) | {"attempts": row["attempts"] + 1}
        with self._warehouse.transaction() as transaction:
            is_ours = transaction.update(MailOutbox, claimed, _attempt(row, QUEUED, FAILED)) == 1
        return row | claimed if is_ours else None

    def settle(self, row: Row, failure: MailFailed | None = None) -> str:
        """The state that a claimed row has now: `sent`, or what the failure makes of it."""
        outcome = self._state(SENT) if failure is None else self._after(failure, row["attempts"])
        with self._warehouse.transaction() as transaction:
            transaction.update(MailOutbox, outcome, _attempt(row, SENDING, UNKNOWN))
        return outcome["state"]

    def send_again(self, report_id: str, recipients: Sequence[str] = ()) -> int:
        """How many mails of a report are queued anew, as an operator wants: all but those under way.

        Attempts are counted on, so that a slow attempt from before is never taken for the new one.
        """
        within = {"report_id": [report_id], "state": [QUEUED, SENT, FAILED, REFUSED, UNKNOWN]}
        to_whom = {"recipient": recipients} if recipients else {}
        anew = self._state(QUEUED) | {"due_at": self._clock()}
        with self._warehouse.transaction() as transaction:
            return transaction.update(MailOutbox, anew, within | to_whom)

    def _dead(self) -> list[Row]:
        under_way = self._warehouse.read(MailOutbox, {"state": [SENDING]})
        return under_way.filter(pl.col("updated_at") <= self._clock() - LONGEST_ATTEMPT).to_dicts()

    def _after(self, failure: MailFailed, attempts: int) -> Row:
        if isinstance(failure, MailInDoubt):
            return self._state(UNKNOWN, str(failure))
        if isinstance(failure, MailRefused):
            return self._state(REFUSED, str(failure))
        wait = dict(enumerate(BACK_OFF, start=1)).get(attempts)
        return self._state(FAILED, str(failure)) | {"due_at": self._clock() + wait if wait else None}

    def _state(self, state: str, error: str | None = None) -> Row:
        return {"state": state, "last_error": error, "due_at": None, "updated_at": self._clock()}


def _attempt(row: Row, *states: str) -> Slice:
    """The row as long as it is in one of the states and nobody has begun another attempt."""
    return {
        "report_id": [row["report_id"]],
        "recipient": [row["recipient"]],
        "attempts": [row["attempts"]],
        "state": states,
    }
