"""The ledger as it is served: against the plan, and by day, sub-account, campaign, journey and entry source."""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from journeys_pipeline.schemas.mep_ledger import (
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepByJourneyDay,
    MepBySubAccount,
    MepSummary,
)
from journeys_pipeline.transforms.mep_ledger.engaging import KEY, credit_campaigns

CELL = ["account_id", "month"]
CAMPAIGN = ["campaign_id", "campaign_name"]
SECONDS_OF_A_DAY = 86_400
DIMENSIONS = ["sub_account_id", "campaign_id", "journey_id"]


@dataclass(frozen=True)
class Months:
    """What summaries of whole months are made from, of the accounts and months of `plans`.

    Attributes:
        ledger: MepLedger rows.
        engaged: What `tally_engaged` gives.
        adjustments: MepAdjustments booked in these months.
        journeys: Journeys.
        plans: One row per account and month: account_id, month, plan, price, currency, allowance, is_closed.
        as_of: The run's logical time.
    """

    ledger: pl.LazyFrame
    engaged: pl.LazyFrame
    adjustments: pl.LazyFrame
    journeys: pl.LazyFrame
    plans: pl.LazyFrame
    as_of: datetime


def tally_engaged(entries: pl.LazyFrame, ledger: pl.LazyFrame, journeys: pl.LazyFrame) -> pl.LazyFrame:
    """How many different people entered each sub-account, campaign and journey in each month.

    Columns: account_id, month, dimension (one of DIMENSIONS), id, engaged, campaign_id and campaign_name (of the latest
    entry), latest. Whoever is in the ledger is engaged in what is credited, also when the entry is gone. Tallies of
    parts of the people, each person in one of them, are one tally when they are put below each other.

    Args:
        entries: JourneyEntries of whole months, each person under one id.
        ledger: MepLedger rows of these months.
        journeys: Journeys, for campaign id and name.
    """
    place = [*KEY, "sub_account_id", "journey_id"]
    rows = entries.with_columns(month=pl.col("day").dt.month_start())
    # campaigns are looked up for what is different only, not for each entry
    passages = rows.group_by(*place, "journey_version").agg(pl.col("entered_at").max())
    columns = [*place, *CAMPAIGN, "engaged_at"]
    seen = pl.concat([credit_campaigns(passages, journeys).select(columns), ledger.select(columns)]).with_columns(
        pl.col("sub_account_id").fill_null("")
    )
    return pl.concat([_tally(seen.with_columns(id=dimension, dimension=pl.lit(dimension))) for dimension in DIMENSIONS])


def summarise_meps(months: Months) -> pl.LazyFrame:
    """MepSummary (F80, F81, F102)."""
    mep = months.ledger.group_by(CELL).agg(mep=pl.len().cast(pl.Int64))
    booked = months.adjustments.group_by(CELL).agg(adjustments=pl.len().cast(pl.Int64))
    return MepSummary.cast(
        months.plans.join(mep, on=CELL, how="left")
        .join(booked, on=CELL, how="left")
        .with_columns(pl.col("mep", "adjustments").fill_null(0), as_of=_utc(months.as_of))
        .with_columns(
            overage=pl.when(pl.col("allowance").is_not_null()).then((pl.col("mep") - pl.col("allowance")).clip(0)),
            projected=_projected(months.as_of),
        )
    ).sort(CELL)


def count_by_day(months: Months) -> pl.LazyFrame:
    """MepByDay: each day of the month that has begun, also one without MEPs (F79)."""
    last = pl.min_horizontal(pl.col("month").dt.month_end(), _utc(months.as_of).dt.date())
    begun = months.plans.filter(pl.col("month") <= last).select(*CELL, day=pl.date_ranges("month", last)).explode("day")
    of_day = [*CELL, "day"]
    new = months.ledger.group_by(*CELL, day=pl.col("engaged_at").dt.date()).agg(new=pl.len().cast(pl.Int64))
    return MepByDay.cast(
        begun.join(new, on=of_day, how="full", coalesce=True)
        .with_columns(pl.col("new").fill_null(0))
        .sort(of_day)
        .with_columns(cumulative=pl.col("new").cum_sum().over(CELL, order_by="day"))
    )


def count_by_sub_account(months: Months) -> pl.LazyFrame:
    """MepBySubAccount (D8)."""
    return MepBySubAccount.cast(_billed_and_engaged(months, "sub_account_id")).sort(MepBySubAccount.primary_key())


def count_by_campaign(months: Months) -> pl.LazyFrame:
    """MepByCampaign (F74, D3)."""
    return MepByCampaign.cast(_billed_and_engaged(months, "campaign_id")).sort(MepByCampaign.primary_key())


def count_by_journey(months: Months) -> pl.LazyFrame:
    """MepByJourney, ranked by MEPs billed, since only these add up to what is paid (F82, D3)."""
    newest = months.journeys.sort("version").group_by("account_id", "journey_id", maintain_order=True)
    names = newest.agg(journey_name=pl.col("name").last())
    order = {"account_id": False, "month": False, "billed": True, "engaged": True, "journey_id": False}
    return MepByJourney.cast(
        _billed_and_engaged(months, "journey_id")
        .join(names, on=["account_id", "journey_id"], how="left")
        .with_columns(journey_name=pl.coalesce("journey_name", "journey_id"))
        .sort(order.keys(), descending=list(order.values()))
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(CELL))
    ).sort(MepByJourney.primary_key())


def count_by_journey_day(months: Months) -> pl.LazyFrame:
    """MepByJourneyDay."""
    day = pl.col("engaged_at").dt.date().alias("day")
    counts = months.ledger.group_by(*CELL, "journey_id", day).agg(billed=pl.len())
    return MepByJourneyDay.cast(counts).sort(MepByJourneyDay.primary_key())


def count_by_entry_source(months: Months) -> pl.LazyFrame:
    """MepByEntrySource (F64)."""
    counts = months.ledger.group_by(*CELL, "entry_source").agg(billed=pl.len())
    return MepByEntrySource.cast(counts).sort(MepByEntrySource.primary_key())


def _tally(seen: pl.LazyFrame) -> pl.LazyFrame:
    cell = [*CELL, "dimension", "id"]
    people = seen.group_by(cell).agg(engaged=pl.col("person_id").n_unique().cast(pl.Int64))
    campaigns = seen.group_by(*cell, *CAMPAIGN).agg(latest=pl.col("engaged_at").max())
    return people.join(_newest(campaigns, cell), on=cell)


def _newest(campaigns: pl.LazyFrame, cell: list[str]) -> pl.LazyFrame:
    """Of each cell the row with the latest entry; of those of one time the largest campaign id and name."""
    return campaigns.sort("latest", *CAMPAIGN).unique(cell, keep="last", maintain_order=True)


def _billed_and_engaged(months: Months, dimension: str) -> pl.LazyFrame:
    cell = [*CELL, "id"]
    tallies = months.engaged.filter(pl.col("dimension") == dimension)
    newest = _newest(tallies.select(*cell, *CAMPAIGN, "latest"), cell)
    engaged = tallies.group_by(cell).agg(pl.col("engaged").sum()).join(newest, on=cell)
    named = engaged.drop(dimension, strict=False).rename({"id": dimension})
    key = [*CELL, dimension]
    billed = months.ledger.with_columns(pl.col("sub_account_id").fill_null("")).group_by(key)
    return named.join(billed.agg(billed=pl.len().cast(pl.Int64)), on=key, how="left").with_columns(
        pl.col("billed").fill_null(0)
    )


def _projected(as_of: datetime) -> pl.Expr:
    """MEPs at the month's end if they go on as so far: mep / share of the month that has passed, rounded."""
    start = pl.col("month").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    length = (start.dt.offset_by("1mo") - start).dt.total_seconds()
    passed = pl.min_horizontal((_utc(as_of) - start).dt.total_seconds(), length)
    whole = (pl.col("mep") * length + passed // 2) // passed
    return pl.when((passed >= SECONDS_OF_A_DAY) & ~pl.col("is_closed")).then(whole)


def _utc(as_of: datetime) -> pl.Expr:
    return pl.lit(as_of).dt.convert_time_zone("UTC")
