"""Each person's first entry in a month: what an MEP is made by (F56-F61, F65, D1, D3)."""

import polars as pl

KEY = ["month", "account_id", "person_id"]
CREDIT = [
    "sub_account_id", "engaged_at", "journey_id", "campaign_id", "campaign_name", "entry_source", "source_id",
]  # fmt: skip
ENTRY = [
    "day", "account_id", "person_id", "sub_account_id", "entered_at", "journey_id", "journey_version", "entry_source",
    "source_id",
]  # fmt: skip
"""The columns of JourneyEntries that billing looks at."""


def find_engagements(entries: pl.LazyFrame, journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each person's first entry in each month: MepLedger without `billed_at`.

    Ties go to the earlier `entered_at`, then the smaller `source_id` (D3).

    Args:
        entries: JourneyEntries of whole months, each person under one id.
        journeys: Journeys, for campaign id and name; an entry into an undefined journey carries its journey id.
    """
    rows = entries.select(pl.col("day").dt.month_start().alias("month"), *ENTRY[1:])
    # the earliest time first, and texts only of the few who had it: sorting all entries costs four times as much
    earliest = rows.group_by(KEY).agg(pl.col("entered_at").min())
    first = (
        rows.join(earliest, on=[*KEY, "entered_at"], how="semi")
        .sort("source_id")
        .unique(KEY, keep="first", maintain_order=True)
    )
    return credit_campaigns(first, journeys).select(*KEY, *CREDIT)


def credit_campaigns(entries: pl.LazyFrame, journeys: pl.LazyFrame) -> pl.LazyFrame:
    """The entries with `engaged_at`, `campaign_id` and `campaign_name`: those of the version that was entered.

    Of the newest version where the entry's is not known; the journey's id where the journey is not.
    """
    campaign = ["campaign_id", "campaign_name"]
    by_version = journeys.select("account_id", "journey_id", pl.col("version").alias("journey_version"), *campaign)
    newest = (
        journeys.sort("version")
        .group_by("account_id", "journey_id", maintain_order=True)
        .agg(newest_id=pl.col("campaign_id").last(), newest_name=pl.col("campaign_name").last())
    )
    return (
        entries.join(by_version, on=["account_id", "journey_id", "journey_version"], how="left")
        .join(newest, on=["account_id", "journey_id"], how="left")
        .with_columns(
            campaign_id=pl.coalesce("campaign_id", "newest_id", "journey_id"),
            campaign_name=pl.coalesce("campaign_name", "newest_name", "journey_id"),
        )
        .drop("newest_id", "newest_name")
        .rename({"entered_at": "engaged_at"})
    )
