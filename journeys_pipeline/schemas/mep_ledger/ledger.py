"""Who is billed: one person, one month, one account, once (F56-F65), and what came after a month closed (D5)."""

import dataframely as dy
import polars as pl


class MepLedger(dy.Schema):
    """One row per billed MEP: person x month x account (D2)."""

    month = dy.Date(primary_key=True, description="First day of the service month")
    account_id = dy.String(primary_key=True)
    person_id = dy.String(
        primary_key=True, description="Person, unique within the account; a keyed hash once deleted (D7)"
    )
    sub_account_id = dy.String(nullable=True, description="Of the first entry (D8)")
    engaged_at = dy.Datetime(time_unit="us", time_zone="UTC", description="First entry in the month (D1)")
    billed_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that booked it (D1)")
    journey_id = dy.String(description="Journey of the first entry: the one credited (D3)")
    campaign_id = dy.String(description="Campaign of the credited journey's version; the journey's id if undefined")
    campaign_name = dy.String()
    entry_source = dy.String()
    source_id = dy.String(description="The entry that made it: event_id, or file_id#row_number")

    @dy.rule()
    def engaged_in_month(cls) -> pl.Expr:
        """Engaged At lies in the service month, UTC (D4)."""
        return pl.col("engaged_at").dt.date().dt.month_start() == pl.col("month")


class MepAdjustments(dy.Schema):
    """One row per MEP of a closed month that arrived after the close: booked once, in a later month (D5)."""

    month = dy.Date(description="First day of the month it is booked in: open when it was booked")
    service_month = dy.Date(primary_key=True, description="First day of the closed month the person was engaged in")
    account_id = dy.String(primary_key=True)
    person_id = dy.String(primary_key=True, description="Person, as known when it was booked")
    sub_account_id = dy.String(nullable=True, description="Of the first late entry (D8)")
    engaged_at = dy.Datetime(time_unit="us", time_zone="UTC", description="First late entry in the service month")
    billed_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that booked it (D1)")
    journey_id = dy.String(description="Journey of the first late entry: the one credited (D3)")
    campaign_id = dy.String(description="Campaign of the credited journey's version; the journey's id if undefined")
    campaign_name = dy.String()
    entry_source = dy.String()
    source_id = dy.String(description="The entry that made it: event_id, or file_id#row_number")

    @dy.rule()
    def engaged_in_service_month(cls) -> pl.Expr:
        """Engaged At lies in the service month, UTC (D4)."""
        return pl.col("engaged_at").dt.date().dt.month_start() == pl.col("service_month")

    @dy.rule()
    def booked_later(cls) -> pl.Expr:
        """The month it is booked in comes after the service month."""
        return pl.col("month") > pl.col("service_month")


class WithdrawnEntries(dy.Schema):
    """One row per journey entry that a landed file brought which was withdrawn at some time."""

    file_id = dy.String(primary_key=True)
    account_id = dy.String(primary_key=True)
    source_id = dy.String(primary_key=True, description="The entry: event_id, or file_id#row_number")
    day = dy.Date(description="UTC day of the entry")
    billed_at = dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        nullable=True,
        description="Billed At of the MEP that it had made; null if none",
    )


class MepStatements(dy.Schema):
    """One row per closed account and month: the file that its ledger is frozen in, never written again (D5)."""

    account_id = dy.String(primary_key=True)
    month = dy.Date(primary_key=True)
    closed_at = dy.Datetime(time_unit="us", time_zone="UTC", description="Logical time of the run that closed it")
    row_count = dy.Int64(min=0, description="MEPs of the month, as closed")
    sha256 = dy.String(description="Hash of the file's bytes; looked at whenever it is read")
    path = dy.String(description="Relative to the statements folder")
