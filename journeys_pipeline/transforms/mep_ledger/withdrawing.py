"""What withdrawn files had made is billed no longer, while its month is open; given back, it is billed as before."""

import polars as pl

from journeys_pipeline.schemas.mep_ledger import MepAdjustments, MepLedger
from journeys_pipeline.transforms.people import resolve

ENTRY = ["account_id", "source_id"]
PERSON = ["account_id", "person_id"]


def find_unfounded(booked: pl.LazyFrame, withdrawn: pl.LazyFrame, entries: pl.LazyFrame) -> pl.LazyFrame:
    """The booked MEPs whose entry a withdrawn file brought, and no other one.

    Args:
        booked: MepLedger or MepAdjustments.
        withdrawn: `account_id` and `source_id` of entries of files that are withdrawn.
        entries: JourneyEntries of the same months: days that are not made anew yet still hold what goes.
    """
    gone = withdrawn.select(ENTRY).unique().join(entries.select(ENTRY), on=ENTRY, how="anti")
    return booked.join(gone, on=ENTRY, how="semi")


def recall_billing(ledger: pl.LazyFrame, reinstated: pl.LazyFrame) -> pl.LazyFrame:
    """MepLedger in which an entry that was withdrawn and came back is billed at the time at which it was before.

    Args:
        ledger: MepLedger as booked.
        reinstated: `account_id`, `source_id` and `billed_at` of entries of files that were reinstated.
    """
    before = reinstated.drop_nulls("billed_at").group_by(ENTRY).agg(billed_before=pl.col("billed_at").min())
    recalled = ledger.join(before, on=ENTRY, how="left", maintain_order="left")
    billed_at = pl.min_horizontal("billed_at", "billed_before")
    return MepLedger.cast(recalled.with_columns(billed_at=billed_at).select(MepLedger.column_names()))


def credit_anew(new: pl.LazyFrame, unfounded: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """New MepAdjustments; who had an unfounded one stays booked in its month, and at its time (D1).

    Args:
        new: MepAdjustments that are about to be booked.
        unfounded: MepAdjustments of the same service month that go.
        identities: Identities as known now.
    """
    before = (
        resolve(unfounded, identities)
        .group_by(PERSON)
        .agg(month_before=pl.col("month").min(), billed_before=pl.col("billed_at").min())
    )
    booked = new.join(before, on=PERSON, how="left").with_columns(
        month=pl.coalesce("month_before", "month"), billed_at=pl.coalesce("billed_before", "billed_at")
    )
    return MepAdjustments.cast(booked.select(MepAdjustments.column_names()))
