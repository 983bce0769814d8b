"""What readers of dashboards did: accepted terms, and asked for reports (F83, F92, F93)."""

import dataframely as dy

WAITING = "waiting"
STARTED = "started"
MADE = "made"
FAILED = "failed"


class TermsAcceptances(dy.Schema):
    """One row per reader, account and text of terms accepted (F93); rows are added, never changed."""

    account_id = dy.String(primary_key=True)
    user_id = dy.String(primary_key=True, description="Who accepted: the user as the proxy names them")
    terms_version = dy.String(primary_key=True, description="Version of the terms, as the catalog names it")
    text_sha256 = dy.String(primary_key=True, description="Hash of the text")
    text = dy.String(description="The text that was shown and accepted")
    accepted_at = dy.Datetime(time_unit="us", time_zone="UTC", description="When, by the wall clock")


class ReportRequests(dy.Schema):
    """One row per report that a reader asked for (F83); a sensor has it made, once."""

    request_id = dy.String(primary_key=True, description="Hash of account and form: the form sent twice is one request")
    account_id = dy.String()
    name = dy.String(description="The report's name (F67)")
    month = dy.Date()
    sub_accounts = dy.String(nullable=True, description="Comma-separated; null means all (F69)")
    format = dy.String(check=lambda c: c.is_in(["xlsx", "csv"]))
    requested_by = dy.String(description="The user as the proxy names them")
    requested_at = dy.Datetime(time_unit="us", time_zone="UTC", description="It becomes the run's logical time")
    state = dy.String(
        check=lambda c: c.is_in([WAITING, STARTED, MADE, FAILED]), description="waiting, started, made or failed"
    )
