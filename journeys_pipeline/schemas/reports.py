"""The MEP consumption report, the register of reports and the mail outbox (F66-F75)."""

import dataframely as dy

QUEUED = "queued"
SENT = "sent"
FAILED = "failed"


class MepReport(dy.Schema):
    """The five columns of an MEP consumption report, exactly, in this order (F72)."""

    person_id = dy.String(alias="Person ID", description="The ledger's `person_id`")
    engaged_at = dy.Datetime(time_unit="us", time_zone="UTC", alias="Engaged At", description="Date and time (F73)")
    billed_at = dy.Datetime(time_unit="us", time_zone="UTC", alias="Billed At", description="When it was booked (D1)")
    campaign_id = dy.String(alias="Campaign ID", description="Of the credited journey (D3)")
    campaign_name = dy.String(alias="Campaign Name", description="Of the credited journey (D3)")


class ReportRegister(dy.Schema):
    """One row per report made (F75)."""

    report_id = dy.String(primary_key=True, description="Hash of account, type, name, parameters and rows")
    account_id = dy.String()
    report_type = dy.String(description="MEP consumption (F66)")
    name = dy.String(description="Given by its maker (F67)")
    month = dy.Date()
    sub_accounts = dy.String(nullable=True, description="Comma-separated; null means all (F69)")
    is_provisional = dy.Bool(description="The month was still open (F68)")
    row_count = dy.Int64(min=0)
    rows_sha256 = dy.String(description="Hash of the rows; the same rows are the same report")
    format = dy.String(check=lambda c: c.is_in(["xlsx", "csv"]))
    path = dy.String(description="Relative to the reports folder")
    made_at = dy.Datetime(time_unit="us", time_zone="UTC")


class MailOutbox(dy.Schema):
    """One row per report and recipient: a report is mailed to each once, whatever is retried."""

    report_id = dy.String(primary_key=True)
    recipient = dy.String(primary_key=True)
    account_id = dy.String()
    message_id = dy.String(description="Fixed Message-ID, so that a second delivery can be told")
    state = dy.String(check=lambda c: c.is_in([QUEUED, SENT, FAILED]))
    attempts = dy.Int32(min=0)
    last_error = dy.String(nullable=True)
    updated_at = dy.Datetime(time_unit="us", time_zone="UTC")
