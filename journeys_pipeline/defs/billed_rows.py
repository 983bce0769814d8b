"""Whom an account is billed for in a month: as the ledger has it, or counted anew from facts (D5, D6)."""

from datetime import date

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog.reports import Edition
from journeys_pipeline.periods import add_months
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.transforms.mep_ledger import find_engagements
from journeys_pipeline.transforms.people import resolve, resolve_identities
from journeys_pipeline.transforms.reports import restate_meps


def billed_rows(lake: Lake, account_id: str, month: date, *, edition: Edition) -> pl.LazyFrame:
    """MepLedger rows of an account and month, in no order.

    As closed: what the ledger holds; of an open month, what it holds so far. As restated: counted anew from facts and
    identities as they are now, `billed_at` null for whom nobody booked; whoever no longer counts is left out.
    """
    ledger = lake.scan(MepLedger).filter((pl.col("account_id") == account_id) & (pl.col("month") == month))
    if edition == "as_closed":
        return ledger
    return restate_meps(engagements(lake, account_id, month, lake.scan(Identities)), ledger)


def engagements(
    lake: Lake, account_id: str, month: date, identities: pl.LazyFrame, sub_accounts: list[str] | None = None
) -> pl.LazyFrame:
    """What `find_engagements` gives for an account and month, by some identities; of some sub-accounts alone (D8)."""
    of_account = pl.col("account_id") == account_id
    in_month = pl.col("day").is_between(month, add_months(month, 1), closed="left")
    chosen = pl.lit(value=True) if sub_accounts is None else pl.col("sub_account_id").is_in(sub_accounts)
    entries = lake.scan(JourneyEntries).filter(of_account & in_month & chosen)
    return find_engagements(resolve(entries, identities.filter(of_account)), lake.scan(Journeys))


def is_closed(warehouse: Warehouse, account_id: str, month: date) -> bool:
    """Whether the account's month is closed (D5)."""
    return not _closing(warehouse, account_id, month).is_empty()


def identities_at_close(lake: Lake, warehouse: Warehouse, account_id: str, month: date) -> pl.LazyFrame:
    """The account's Identities; of a closed month those that were known when it closed (D6)."""
    of_account, closing = pl.col("account_id") == account_id, _closing(warehouse, account_id, month)
    if closing.is_empty():
        return lake.scan(Identities).filter(of_account)
    was_known = pl.col("read_at") <= closing["as_of"].item()
    return resolve_identities(lake.scan(PeopleChanges).filter(of_account & was_known))


def _closing(warehouse: Warehouse, account_id: str, month: date) -> pl.DataFrame:
    return warehouse.read(MepSummary, {"account_id": [account_id], "month": [month], "is_closed": [True]})
