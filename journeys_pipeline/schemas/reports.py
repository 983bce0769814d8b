"""The reports and their columns, the register of reports and the mail outbox (F34, F55, F66-F75, F95)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import dataframely as dy
import polars as pl

from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.ivr_metrics import IVR_FIGURES
from journeys_pipeline.schemas.mep_ledger import MEP_SUMMARIES, MepAdjustments, MepLedger, MepStatements
from journeys_pipeline.schemas.metrics import FIGURES, MONTH_FIGURES, JourneySummary, Refreshes
from journeys_pipeline.schemas.shared_columns import table_name

QUEUED, SENDING, SENT = "queued", "sending", "sent"
FAILED, REFUSED, UNKNOWN = "failed", "refused", "unknown"
STATES = [QUEUED, SENDING, SENT, FAILED, REFUSED, UNKNOWN]

MEP_REPORT, CHANNELS_REPORT = "MEP consumption", "Journey channels"
IMPORTS_REPORT, CUSTOM_REPORT = "Import performance", "Custom"
REPORT_TYPES = [MEP_REPORT, CHANNELS_REPORT, IMPORTS_REPORT, CUSTOM_REPORT]


class MepReport(dy.Schema):
    """The five columns of an MEP consumption report, exactly, in this order (F72)."""

    person_id = dy.String(alias="Person ID", description="The ledger's `person_id`")
    engaged_at = dy.Datetime(time_unit="us", time_zone="UTC", alias="Engaged At", description="Date and time (F73)")
    billed_at = dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        alias="Billed At",
        nullable=True,
        description="When it was booked (D1); null for whom a restatement finds and nobody booked (D5)",
    )
    campaign_id = dy.String(alias="Campaign ID", description="Of the credited journey (D3)")
    campaign_name = dy.String(alias="Campaign Name", description="Of the credited journey (D3)")


class ChannelReport(dy.Schema):
    """A journey's channels: a row per channel for the whole range, and one per day and channel (F34).

    Behind these columns comes one named "Cost", a space and the currency for each currency in the rows (D18).
    """

    journey_id = dy.String(alias="Journey ID", description="F34")
    period = dy.String(
        alias="Period",
        check=lambda c: c.is_in(["total", "day"]),
        description="total: the whole range; day: one UTC day. People of days do not add up to a total (D20)",
    )
    first_day = dy.Date(alias="From", description="First UTC day")
    last_day = dy.Date(alias="To", description="Last UTC day, inclusive")
    channel = dy.String(alias="Channel", description="F33")
    messages_sent = dy.Int64(alias="Messages Sent", min=0, description="F18, D17")
    segments = dy.Int64(alias="Segments", nullable=True, min=0, description="D17")
    delivered = dy.Int64(alias="Delivered", min=0, description="F21")
    failed = dy.Int64(alias="Failed", nullable=True, min=0, description="F21")
    bounced_hard = dy.Int64(alias="Bounced Hard", nullable=True, min=0, description="F21")
    bounced_soft = dy.Int64(alias="Bounced Soft", nullable=True, min=0, description="F21")
    pending = dy.Int64(alias="Pending", min=0, description="F21")
    seen_people = dy.Int64(alias="People Who Saw", nullable=True, min=0, description="F12")
    opened_people = dy.Int64(alias="People Who Opened", nullable=True, min=0, description="F12, D13")
    clicked_people = dy.Int64(alias="People Who Clicked", nullable=True, min=0, description="F12, D13")
    clicked = dy.Int64(alias="Clicks", nullable=True, min=0, description="D13")
    unsubscribed = dy.Int64(alias="Unsubscribed", nullable=True, min=0, description="F21")
    complained = dy.Int64(alias="Complained", nullable=True, min=0, description="F21")
    replied = dy.Int64(alias="Replied", nullable=True, min=0, description="F21")


class ReportRegister(dy.Schema):
    """One row per report made (F75)."""

    report_id = dy.String(primary_key=True, description="Hash of account, type, name, parameters, state and rows")
    account_id = dy.String()
    report_type = dy.String(check=lambda c: c.is_in(REPORT_TYPES), description=", ".join(REPORT_TYPES) + " (F66)")
    name = dy.String(description="Given by its maker (F67)")
    requested_by = dy.String(nullable=True, description="Who asked first: a person, or schedule")
    parameters = dy.String(nullable=True, description="What decides about rows and file, as JSON with sorted keys")
    month = dy.Date(nullable=True, description="First day of the service month; null for other reports than of MEPs")
    sub_accounts = dy.String(nullable=True, description="Comma-separated; null means all (F69)")
    first_day = dy.Date(nullable=True, description="First UTC day of the period; null: since the beginning")
    last_day = dy.Date(nullable=True, description="Last UTC day of the period, inclusive; null: until it was made")
    is_provisional = dy.Bool(description="Made before its period was over and the time for late data with it (F68, D5)")
    row_count = dy.Int64(min=0)
    rows_sha256 = dy.String(description="SHA-256 of the rows as CSV; the same rows are the same report")
    format = dy.String(check=lambda c: c.is_in(["xlsx", "csv"]))
    path = dy.String(description="Relative to the reports folder")
    file_sha256 = dy.String(nullable=True, description="SHA-256 of the file")
    made_at = dy.Datetime(time_unit="us", time_zone="UTC")
    altered_at = dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        nullable=True,
        description="Logical time of the last erasure that took somebody out of the file; null if none did",
    )


class MailOutbox(dy.Schema):
    """One row per report and recipient: a report is mailed to each once, whatever is retried or killed."""

    report_id = dy.String(primary_key=True)
    recipient = dy.String(primary_key=True)
    account_id = dy.String()
    message_id = dy.String(description="Fixed Message-ID, so that a second delivery can be told")
    state = dy.String(check=lambda c: c.is_in(STATES))
    attempts = dy.Int32(min=0)
    due_at = dy.Datetime(
        time_unit="us",
        time_zone="UTC",
        nullable=True,
        description="From when it is tried (again); null: not by itself",
    )
    last_error = dy.String(nullable=True)
    updated_at = dy.Datetime(time_unit="us", time_zone="UTC")


class OperatorNotices(dy.Schema):
    """One row per thing that the operator is mailed about: a run that failed, a promise that was missed."""

    notice_id = dy.String(primary_key=True, description="Hash of what happened; its mail's `report_id` in MailOutbox")
    subject = dy.String(description="Subject of the mail")
    body = dy.String(description="No contacts, no secrets: ids, kinds of errors, and messages of this program")
    made_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When it was noticed, by the wall clock")


@dataclass(frozen=True)
class Dataset:
    """A table that a custom report can be made of (F36, F95); every one has the column `account_id`."""

    table: type[dy.Schema]
    grain: str = ""
    period_column: str | None = None


def _datasets() -> dict[str, Dataset]:
    figures = {
        f"{table_name(table)}_by_{grain}": Dataset(table, grain, "period")
        for table in [*FIGURES, *IVR_FIGURES]
        for grain in ("day", "month")
    } | {f"{table_name(table)}_by_month": Dataset(table, "month", "period") for table in MONTH_FIGURES}
    others = [
        Dataset(ImportPerformance, "", "fetched_at"),
        Dataset(JourneySummary),
        Dataset(MepAdjustments, "month", "month"),
        Dataset(MepLedger, "month", "month"),
        *(Dataset(table, "month", "month") for table in (*MEP_SUMMARIES, MepStatements)),
        Dataset(Refreshes, "day", "day"),
        Dataset(ReportRegister, "", "made_at"),
    ]
    return dict(sorted((figures | {table_name(dataset.table): dataset for dataset in others}).items()))


DATASETS = _datasets()
"""What a custom report can be made of, by name."""


def parse_value(text: str, dtype: pl.DataType) -> Any:
    """The value that a text stands for in a column of that type.

    Raises:
        ValueError: it stands for none; the message says what it must be.
    """
    try:
        if isinstance(dtype, pl.Datetime):
            instant = datetime.fromisoformat(text)
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        for is_of, parse in (
            (isinstance(dtype, pl.Date), date.fromisoformat),
            (dtype.is_integer(), int),
            (isinstance(dtype, pl.Decimal), Decimal),
            (dtype.is_float(), float),
            (isinstance(dtype, pl.Boolean), {"true": True, "false": False}.__getitem__),
        ):
            if is_of:
                return parse(text)
    except (ValueError, KeyError, InvalidOperation):
        raise ValueError(f"it must be {_SHAPES[dtype.base_type()]}") from None
    return text


_SHAPES: dict[type[pl.DataType], str] = {
    pl.Datetime: "a time like 2026-01-31T12:00:00 (UTC)",
    pl.Date: "a day like 2026-01-31",
    pl.Decimal: "a number, with a point before the decimals",
    pl.Float64: "a number, with a point before the decimals",
    pl.Int64: "a whole number",
    pl.Int32: "a whole number",
    pl.Boolean: "true or false",
}
