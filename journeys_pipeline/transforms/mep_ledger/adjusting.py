"""Persons of a closed month who arrived after the close: each is booked once, in a month that is open (D5)."""

from datetime import date, datetime

import polars as pl

from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.transforms.mep_ledger.booking import PERSON, rename_booked
from journeys_pipeline.transforms.mep_ledger.engaging import find_engagements
from journeys_pipeline.transforms.people import resolve


def as_ledger(adjustments: pl.LazyFrame) -> pl.LazyFrame:
    """MepAdjustments as MepLedger rows of their service month."""
    return adjustments.drop("month").rename({"service_month": "month"}).select(MepLedger.column_names())


def find_late(
    entries: pl.LazyFrame, statement: pl.LazyFrame, adjustments: pl.LazyFrame, *, known: pl.LazyFrame, now: pl.LazyFrame
) -> pl.LazyFrame:
    """The entries, resolved, of persons who are neither in the statement nor in an adjustment.

    A person is not late if one of two holds: they are the same as a billed one by what is known now, or the entry
    was that of a billed person by what was known at the close. So a merge, a deletion, or a contact that passed to
    somebody else never makes an adjustment: it shows in the restatement only (D6, D7).

    Args:
        entries: JourneyEntries of a closed month, not resolved.
        statement: The month's MepLedger rows as closed.
        adjustments: MepAdjustments of that service month.
        known: Identities as known when the month closed.
        now: Identities as known now.
    """
    resolved = resolve(entries, now)
    billed = pl.concat([statement, as_ledger(adjustments)])
    by_now = rename_booked(billed, resolved, now).select(PERSON)
    unbilled = resolved.join(by_now, on=PERSON, how="anti")
    entered = ["account_id", "source_id"]
    by_then = resolve(entries.join(unbilled, on=entered, how="semi"), known).join(statement, on=PERSON, how="semi")
    return unbilled.join(by_then, on=entered, how="anti")


def adjust(late: pl.LazyFrame, journeys: pl.LazyFrame, *, booked_in: date, as_of: datetime) -> pl.LazyFrame:
    """MepAdjustments for the first late entry of each person.

    Args:
        late: What `find_late` gives.
        journeys: Journeys, for campaign id and name.
        booked_in: The open month that they are booked in.
        as_of: The run's logical time.
    """
    return MepAdjustments.cast(
        find_engagements(late, journeys)
        .rename({"month": "service_month"})
        .with_columns(month=pl.lit(booked_in), billed_at=pl.lit(as_of).dt.convert_time_zone("UTC"))
        .select(MepAdjustments.column_names())
    )
