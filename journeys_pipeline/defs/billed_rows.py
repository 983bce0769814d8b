"""Whom an account is billed for in a month: as its books have it, or counted anew from facts (D5, D6)."""

from datetime import date

import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog.reports import Edition
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.schemas.mep_ledger import MepStatements
from journeys_pipeline.transforms.mep_ledger import find_engagements, rename_booked
from journeys_pipeline.transforms.people import resolve
from journeys_pipeline.transforms.reports import restate_meps


def billed_rows(books: Books, account_id: str, month: date, *, edition: Edition) -> pl.LazyFrame:
    """MepLedger rows of an account and month, in no order.

    As closed: the statement's, each byte looked at; of an open month, what the ledger holds so far. As restated:
    counted anew from facts and identities as they are now, `billed_at` null for whom nobody booked, in the month or as
    an adjustment since; whoever no longer counts is left out.

    Raises:
        StatementChanged: the statement is not what was frozen.
    """
    if edition == "as_closed":
        return books.ledger(account_id, month)
    entries, identities = books.resolved([account_id], month), books.identities([account_id])
    billed = rename_booked(books.billed(account_id, month), entries, identities)
    return restate_meps(find_engagements(entries, books.journeys()), billed)


def engagements(
    books: Books, account_id: str, month: date, sub_accounts: list[str], *, edition: Edition
) -> pl.LazyFrame:
    """What `find_engagements` gives for entries into some sub-accounts alone (D8); by the identities of the edition."""
    statement = books.statement(account_id, month) if edition == "as_closed" else None
    identities = books.identities([account_id], known_at=statement.closed_at if statement else None)
    entries = books.entries([account_id], month).filter(pl.col("sub_account_id").is_in(sub_accounts))
    return find_engagements(resolve(entries, identities), books.journeys())


def is_closed(warehouse: Warehouse, account_id: str, month: date) -> bool:
    """Whether there is a statement of the account's month (D5)."""
    return not warehouse.read(MepStatements, {"account_id": [account_id], "month": [month]}).is_empty()
