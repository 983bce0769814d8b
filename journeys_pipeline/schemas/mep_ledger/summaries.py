"""MEPs as they are served: against the plan, and by day, sub-account, campaign, journey and entry source.

*Billed* counts each MEP once, for whatever its first entry was; it sums to the total. *Engaged* counts different people
and overlaps: it is never summed (D3, D20).
"""

import dataframely as dy
import polars as pl


class _OfMonth(dy.Schema):
    """What each of these tables is counted for."""

    account_id = dy.String(primary_key=True)
    month = dy.Date(primary_key=True)


class _Credited(_OfMonth):
    """Tables with the columns billed and engaged."""

    @dy.rule()
    def engaged_covers_billed(cls) -> pl.Expr:
        """Whoever is billed is engaged."""
        return pl.col("engaged") >= pl.col("billed")


class MepSummary(_OfMonth):
    """One row per account and month: MEP against the plan in force (F80, F81, F102)."""

    plan = dy.String(nullable=True, description="Subscription in force at the month's end, or now; null without one")
    price = dy.Decimal(18, 6, nullable=True, description="The subscription's price of a month; null without one")
    currency = dy.String(nullable=True, description="Of the price, ISO 4217")
    mep = dy.Int64(min=0)
    allowance = dy.Int64(nullable=True, min=0, description="Of the subscription in force; null without one")
    overage = dy.Int64(nullable=True, min=0)
    projected = dy.Int64(
        nullable=True,
        min=0,
        description="MEPs at the month's end if they go on as so far: mep / share of the month that has passed; "
        "null before a day of it has passed, and once it is closed",
    )
    adjustments = dy.Int64(min=0, description="MEPs of earlier, closed months that are booked in this one (D5)")
    is_closed = dy.Bool(description="Frozen: there is a statement (D5)")
    as_of = dy.Datetime(time_unit="us", time_zone="UTC")


class MepByDay(_OfMonth):
    """One row per account and day up to now: MEPs by the day of Engaged At, and so far in the month."""

    day = dy.Date(primary_key=True)
    new = dy.Int64(min=0, description="MEPs whose Engaged At is on this day")
    cumulative = dy.Int64(min=0, description="MEPs of the month whose Engaged At is on this day or before")


class MepBySubAccount(_Credited):
    """One row per account, month and sub-account that was entered in it (D8)."""

    sub_account_id = dy.String(primary_key=True, description="Empty for entries that name none")
    billed = dy.Int64(min=0, description="MEPs credited to it: of the first entry; sums to the total (D8)")
    engaged = dy.Int64(min=0, description="Different people who entered within it; overlaps, never summed (D20)")


class MepByCampaign(_Credited):
    """One row per account, month and campaign that was entered in it (F74, D3)."""

    campaign_id = dy.String(primary_key=True)
    campaign_name = dy.String(description="As of the latest entry")
    billed = dy.Int64(min=0, description="MEPs credited to it; sums to the total (D3)")
    engaged = dy.Int64(min=0, description="Different people who entered a journey of it; overlaps, never summed (D20)")


class MepByJourney(_Credited):
    """One row per account, month and journey that was entered in it; the top 10 are ranks 1 to 10 (F82, D3)."""

    journey_id = dy.String(primary_key=True)
    journey_name = dy.String(description="As its newest version says; the journey's id if undefined")
    campaign_id = dy.String(description="As of the latest entry")
    campaign_name = dy.String(description="As of the latest entry")
    billed = dy.Int64(min=0, description="MEPs credited to it; sums to the total (D3)")
    engaged = dy.Int64(min=0, description="Different people who entered it; overlaps, never summed (D20)")
    rank = dy.Int64(min=1, description="1 has the most MEPs billed; ties by engaged, then by journey_id (F82)")


class MepByJourneyDay(_OfMonth):
    """One row per account, journey and day on which MEPs credited to it were engaged."""

    journey_id = dy.String(primary_key=True)
    day = dy.Date(primary_key=True)
    billed = dy.Int64(min=1, description="MEPs credited to the journey whose Engaged At is on this day")


class MepByEntrySource(_OfMonth):
    """One row per account, month and entry source of first entries (F64)."""

    entry_source = dy.String(primary_key=True)
    billed = dy.Int64(min=1, description="MEPs whose first entry came this way; sums to the total")


MEP_SUMMARIES: list[type[dy.Schema]] = [
    MepSummary,
    MepByDay,
    MepBySubAccount,
    MepByCampaign,
    MepByJourney,
    MepByJourneyDay,
    MepByEntrySource,
]
