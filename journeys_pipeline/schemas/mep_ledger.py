"""Monthly engaged persons: one person, one month, one account, once (F56-F65)."""

import dataframely as dy
import polars as pl


class MepLedger(dy.Schema):
    """One row per billed MEP: person x month x account (D2)."""

    month = dy.Date(primary_key=True, description="First day of the service month")
    account_id = dy.String(primary_key=True)
    person_id = dy.String(primary_key=True)
    sub_account_id = dy.String(nullable=True, description="Of the first entry (D8)")
    engaged_at = dy.Datetime(time_unit="us", time_zone="UTC", description="First entry in the month (D1)")
    billed_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that booked it (D1)")
    journey_id = dy.String(description="Journey of the first entry: the one credited (D3)")
    campaign_id = dy.String()
    campaign_name = dy.String()
    entry_source = dy.String()
    source_id = dy.String(description="The entry that made it: event_id, or file_id#row_number")

    @dy.rule()
    def engaged_in_month(cls) -> pl.Expr:
        """Engaged At lies in the service month, UTC (D4)."""
        return pl.col("engaged_at").dt.date().dt.month_start() == pl.col("month")


class MepSummary(dy.Schema):
    """One row per account and month: MEP against the plan (F81, F102)."""

    account_id = dy.String(primary_key=True)
    month = dy.Date(primary_key=True)
    mep = dy.Int64(min=0)
    allowance = dy.Int64(nullable=True, min=0, description="Of the subscription in force; null without one")
    overage = dy.Int64(nullable=True, min=0)
    is_closed = dy.Bool(description="Frozen: month end + the grace period has passed (D5)")
    as_of = dy.Datetime(time_unit="us", time_zone="UTC")
