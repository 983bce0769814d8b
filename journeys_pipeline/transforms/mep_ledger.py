"""Entries become billed MEPs: one person, one month, one account, once (F56-F65, D1-D3, D8)."""

from datetime import datetime

import polars as pl

from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.transforms.people import resolve

KEY = ["month", "account_id", "person_id"]


def find_engagements(entries: pl.LazyFrame, journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each person's first entry in each month: MepLedger without `billed_at`.

    Ties go to the earlier `entered_at`, then the smaller `source_id` (D3).

    Args:
        entries: JourneyEntries of whole months.
        journeys: Journeys, for campaign id and name; an entry into an undefined journey carries its journey id.
    """
    first = (
        entries.with_columns(month=pl.col("day").dt.month_start())
        .sort("entered_at", "source_id")
        .unique(KEY, keep="first", maintain_order=True)
    )
    campaign = ["campaign_id", "campaign_name"]
    by_version = journeys.select("account_id", "journey_id", pl.col("version").alias("journey_version"), *campaign)
    newest = (
        journeys.sort("version")
        .group_by("account_id", "journey_id", maintain_order=True)
        .agg(newest_id=pl.col("campaign_id").last(), newest_name=pl.col("campaign_name").last())
    )
    return (
        first.join(by_version, on=["account_id", "journey_id", "journey_version"], how="left")
        .join(newest, on=["account_id", "journey_id"], how="left")
        .select(
            *KEY,
            "sub_account_id",
            pl.col("entered_at").alias("engaged_at"),
            "journey_id",
            pl.coalesce("campaign_id", "newest_id", "journey_id"),
            pl.coalesce("campaign_name", "newest_name", "journey_id"),
            "entry_source",
            "source_id",
        )
    )


def rename_booked(booked: pl.LazyFrame, entries: pl.LazyFrame, identities: pl.LazyFrame) -> pl.LazyFrame:
    """The booked MEPs, each under the id that its person has now: that of the entry that made it (D6, D23).

    Args:
        booked: MepLedger rows of open months.
        entries: JourneyEntries of these months, resolved.
        identities: Identities; they say who it is where the entry is gone.
    """
    of_entry = entries.select("account_id", "source_id", entered_as="person_id")
    renamed = booked.join(of_entry, on=["account_id", "source_id"], how="left").with_columns(
        person_id=pl.coalesce("entered_as", "person_id")
    )
    return resolve(renamed.drop("entered_as"), identities)


def book_engagements(engagements: pl.LazyFrame, booked: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """MepLedger: who was booked stays booked with that `billed_at`; whoever is new is booked at `as_of` (D1, D5).

    Args:
        engagements: What `find_engagements` gives for the months.
        booked: MepLedger rows of the same months and accounts; several of one person become one, which keeps the
            earliest `billed_at` (D6).
        as_of: The run's logical time.
    """
    billed_before = booked.group_by(KEY).agg(pl.col("billed_at").min())
    current = engagements.join(billed_before, on=KEY, how="left").with_columns(
        pl.col("billed_at").fill_null(pl.lit(as_of).dt.convert_time_zone("UTC"))
    )
    no_longer_seen = (
        booked.join(engagements, on=KEY, how="anti")
        .sort("engaged_at", "source_id")
        .unique(KEY, keep="first", maintain_order=True)
        .drop("billed_at")
        .join(billed_before, on=KEY)
    )
    columns = MepLedger.column_names()
    return MepLedger.cast(pl.concat([current.select(columns), no_longer_seen.select(columns)], how="vertical_relaxed"))


def summarise_meps(ledger: pl.LazyFrame, plans: pl.LazyFrame, *, as_of: datetime) -> pl.LazyFrame:
    """MepSummary: MEP against the plan per account and month (F81, F102).

    Args:
        ledger: MepLedger rows of the months.
        plans: One row per account and month wanted: account_id, month, plan, price, currency, allowance, is_closed.
        as_of: The run's logical time.
    """
    counts = ledger.group_by("account_id", "month").agg(mep=pl.len())
    return MepSummary.cast(
        plans.join(counts, on=["account_id", "month"], how="left")
        .with_columns(pl.col("mep").fill_null(0).cast(pl.Int64))
        .with_columns(
            projected=pl.lit(None, dtype=pl.Int64),
            adjustments=pl.lit(0, dtype=pl.Int64),
            overage=pl.when(pl.col("allowance").is_not_null()).then((pl.col("mep") - pl.col("allowance")).clip(0)),
            as_of=pl.lit(as_of).dt.convert_time_zone("UTC"),
        )
    ).sort("account_id", "month")
