"""The MEP consumption report's rows and file format (F66-F74)."""

from collections.abc import Collection
from typing import Literal

import polars as pl

from journeys_pipeline.schemas.reports import MepReport

XLSX_ROW_LIMIT = 10_000

Format = Literal["xlsx", "csv"]


def report_meps(
    ledger: pl.LazyFrame, engagements: pl.LazyFrame, *, sub_accounts: Collection[str] | None = None
) -> pl.LazyFrame:
    """MepReport rows, by time of engagement, then person.

    For chosen sub-accounts, the people unique within these (D8): credited to their first entry there,
    with the Billed At of the account's ledger.

    Args:
        ledger: MepLedger rows of one account and month.
        engagements: `find_engagements` over the same month's entries into the chosen sub-accounts;
            not looked at when `sub_accounts` is None.
        sub_accounts: The sub-accounts wanted; None means all (F69).
    """
    key = ["month", "account_id", "person_id"]
    rows = ledger if sub_accounts is None else engagements.join(ledger.select(*key, "billed_at"), on=key)
    columns = ["person_id", "engaged_at", "billed_at", "campaign_id", "campaign_name"]
    titles = dict(zip(columns, MepReport.column_names(), strict=True))
    return rows.sort("engaged_at", "person_id").select(columns).rename(titles)


def choose_format(row_count: int, wanted: Format) -> Format:
    """The format to write: more than 10,000 rows make it .csv (F71, D21)."""
    return "csv" if row_count > XLSX_ROW_LIMIT else wanted
