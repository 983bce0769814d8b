"""The form that asks for an MEP consumption report: what it may say (F67-F70)."""

import secrets
from datetime import date, datetime
from typing import Any

from journeys_pipeline.catalog import Account
from journeys_pipeline.identity import identify
from journeys_pipeline.periods import MONTH_FORMAT, add_months, month_of
from journeys_pipeline.viewer.forms import Form, only

MONTHS_IN_REACH = 3
LONGEST_NAME = 100
LONGEST_KEY = 64


class Complaint(Exception):
    """The form cannot be done as it is; the message says what to change."""


def new_key() -> str:
    """What tells one rendering of the form from all others, so that sending it twice asks once."""
    return secrets.token_urlsafe(16)


def months_in_reach(today: date) -> list[date]:
    """The current month and the two before (F68)."""
    return [add_months(month_of(today), -back) for back in range(MONTHS_IN_REACH)]


def read_request(form: Form, account: Account, user: str, *, at: datetime) -> dict[str, Any]:
    """A row of ReportRequests but its state.

    Raises:
        Complaint: something in it is not to be had.
    """
    name, key, file_format = only(form, "name").strip(), only(form, "key"), only(form, "format")
    months = {month.strftime(MONTH_FORMAT): month for month in months_in_reach(at.date())}
    known = {sub_account.id for sub_account in account.sub_accounts}
    chosen = sorted(set(form.get("sub_account", [])))
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or "=?" in name:
        raise Complaint(f"Give the report a name of up to {LONGEST_NAME} characters, on one line.")
    if only(form, "month") not in months:
        raise Complaint(f"Choose one of these months: {', '.join(months)}.")
    if not known.issuperset(chosen):
        raise Complaint("Choose sub-accounts of this account.")
    if file_format not in {"xlsx", "csv"}:
        raise Complaint("Choose the format: xlsx or csv.")
    if not key or len(key) > LONGEST_KEY:
        raise Complaint("Open the form anew, and send it again.")
    return {
        "request_id": identify("report request", account.id, user, key),
        "account_id": account.id,
        "name": name,
        "month": months[only(form, "month")],
        "sub_accounts": ",".join(chosen) or None,
        "format": file_format,
        "requested_by": user,
        "requested_at": at,
    }
