"""What `journeys mep` shows: what is due and what is closed, and what the books say of a month and of a person."""

from collections.abc import Sequence
from datetime import date, datetime

import polars as pl

from journeys_pipeline import environment
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.auditing import Explanation, find_restatement
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.booking import waiting_days
from journeys_pipeline.defs.refresh import Scope
from journeys_pipeline.defs.resources import LakeFolder, StatementsFolder, WarehouseDatabase
from journeys_pipeline.periods import month_closes_at
from journeys_pipeline.transforms.mep_ledger import COLUMNS_OF_DIFFERENCES


def open_books() -> Books:
    """The books, where the environment says."""
    return Books.open(
        LakeFolder(folder=environment.lake_place(), scratch_folder=str(environment.scratch_folder())),
        WarehouseDatabase(url=environment.warehouse_url()),
        StatementsFolder(folder=str(environment.statements_folder())),
    )


def why_not_due(catalog: Catalog, month: date, *, as_of: datetime) -> str | None:
    """Why a month cannot be closed at a logical time; None if it can."""
    grace_hours = catalog.settings.month_close_grace_hours
    closes_at = month_closes_at(month, grace_hours=grace_hours)
    if as_of >= closes_at:
        return None
    return (
        f"{month:%Y-%m} is not due: it closes at {closes_at:%Y-%m-%d %H:%M} UTC, {grace_hours} hours after its end. "
        f"It is {as_of:%Y-%m-%d %H:%M} UTC now. Until then late entries still count (D5)."
    )


def why_open(books: Books, accounts: Sequence[str], month: date, *, as_of: datetime) -> list[str]:
    """A sentence for each of the accounts whose month is not closed: which days wait."""
    closed = {statement.account_id for statement in books.listed([month], accounts)}
    waiting = waiting_days(books.warehouse, Scope([month], accounts, as_of), month).sort("day")
    days = {
        account: ", ".join(str(day) for day in waiting.filter(pl.col("account_id") == account)["day"])
        for account in accounts
    }
    return [
        f"{account} stays open: files have touched {days[account] or 'days that are made anew by now'}, whose facts "
        "were not made anew. `journeys refresh` makes them; then close again."
        for account in accounts
        if account not in closed
    ]


def statement_table(books: Books, accounts: Sequence[str], month: date) -> pl.DataFrame:
    """The statements of a month."""
    rows = [
        {
            "account_id": statement.account_id, "month": f"{month:%Y-%m}", "mep": statement.row_count,
            "closed_at": statement.closed_at, "sha256": statement.sha256, "path": statement.path,
        }
        for statement in books.listed([month], accounts)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def restatement_table(books: Books, accounts: Sequence[str], month: date) -> pl.DataFrame:
    """The differences of all these accounts, without the columns that only say which month was asked for."""
    found = [find_restatement(books, account, month) for account in accounts]
    return pl.concat([pl.DataFrame(schema=COLUMNS_OF_DIFFERENCES), *found]).drop("month", "campaign_id")


def describe_booking(explained: Explanation, runs: Sequence[str], month: date) -> str:
    """Sentences on how the person stands in the month's books."""
    lines = [f"Counted as {explained.person_id}."]
    lines += [
        f"Billed once for {month:%Y-%m}: engaged at {row['engaged_at']:%Y-%m-%d %H:%M:%S} UTC by entry "
        f"{row['source_id']} into journey {row['journey_id']}, campaign {row['campaign_id']}; billed at "
        f"{row['billed_at']:%Y-%m-%d %H:%M:%S} UTC."
        for row in explained.billed.iter_rows(named=True)
    ]
    if explained.billed.is_empty():
        lines.append(f"Not billed for {month:%Y-%m}.")
    elif runs:
        lines.append(f"Booked by run {', '.join(runs)}.")
    statement = explained.statement
    if statement:
        lines.append(f"Closed at {statement.closed_at:%Y-%m-%d %H:%M} UTC; statement {statement.path}, unchanged.")
    else:
        lines.append("The month is open: an earlier entry that comes late would move Engaged At, never Billed At.")
    return "\n".join(lines)
