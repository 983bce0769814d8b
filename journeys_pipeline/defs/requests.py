"""What somebody asks a report for: run config or a declaration becomes one request, or a refusal that says why."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import dagster as dg

from journeys_pipeline.catalog import (
    Account,
    Catalog,
    DeclaredChannels,
    DeclaredImports,
    DeclaredMeps,
    DeclaredReport,
)
from journeys_pipeline.catalog.reports import PERIOD_OF, Period
from journeys_pipeline.catalog.values import report_name
from journeys_pipeline.environment import first_day
from journeys_pipeline.periods import add_months, month_of, parse_month
from journeys_pipeline.schemas.reports import CHANNELS_REPORT, CUSTOM_REPORT, IMPORTS_REPORT, MEP_REPORT

MONTHS_IN_REACH = 3
REPORT_TYPE = {"mep": MEP_REPORT, "channels": CHANNELS_REPORT, "imports": IMPORTS_REPORT, "custom": CUSTOM_REPORT}
WHO_ASKS = "operator"

Days = tuple[date, date]


class ReportConfig(dg.Config):
    """What is asked for (F34, F36, F67-F70). A declared report brings its own kind, columns, format and so on."""

    account: str
    kind: Literal["mep", "channels", "imports"] = "mep"
    declared: str = ""
    name: str = ""
    month: str = ""
    first_day: str = ""
    last_day: str = ""
    sub_accounts: list[str] = []
    edition: Literal["as_closed", "as_restated"] = "as_closed"
    journey: str = ""
    format: Literal["xlsx", "csv"] = "xlsx"
    mail: bool = True
    mail_to: list[str] = []
    requested_by: str = WHO_ASKS


@dataclass(frozen=True)
class Request:
    """A report to make: whose, which, of which days, for whom."""

    account: Account
    report: DeclaredReport
    days: Days | None
    recipients: list[str]
    requested_by: str

    @property
    def month(self) -> date | None:
        """The service month of an MEP report."""
        return self.days[0] if self.days and isinstance(self.report, DeclaredMeps) else None

    @property
    def sub_accounts(self) -> list[str]:
        """Those wanted, in order; none means all (F69)."""
        return sorted(set(self.report.sub_accounts)) if isinstance(self.report, DeclaredMeps) else []

    def parameters(self) -> str:
        """What decides about the rows and the file, as JSON with sorted keys."""
        decides = self.report.model_dump(exclude={"id", "name", "accounts", "schedule", "mail_to", "period"})
        days = {"first_day": self.days[0], "last_day": self.last_day} if self.days else {}
        if self.sub_accounts:
            decides["sub_accounts"] = self.sub_accounts
        return json.dumps(decides | days, sort_keys=True, default=str)

    @property
    def last_day(self) -> date | None:
        """The last day, inclusive."""
        return self.days[1] - timedelta(days=1) if self.days else None


def read_request(config: ReportConfig, catalog: Catalog, *, as_of: datetime) -> Request:
    """The request that a run config makes at a logical time.

    Raises:
        dagster.Failure: it cannot be met; the message says what can.
    """
    try:
        account = catalog.account(config.account)
        report = catalog.report(config.declared) if config.declared else _ad_hoc(config)
        _refuse_what_is_not_there(report, account)
        days = _days_wanted(config, report, as_of.date())
        recipients = choose_recipients(config, report, account) if config.mail else []
    except (KeyError, ValueError) as error:
        raise dg.Failure(str(error.args[0]), allow_retries=False) from None
    return Request(account, report, days, recipients, config.requested_by or WHO_ASKS)


def choose_recipients(config: ReportConfig, report: DeclaredReport, account: Account) -> list[str]:
    """Who gets it: the named ones, and whoever asked by an address (F35); else all recipients of the account.

    Raises:
        ValueError: one of them is no recipient of the account; addresses are not repeated.
    """
    asker = [config.requested_by] if "@" in config.requested_by else []
    named = [*(config.mail_to or report.mail_to), *asker]
    strangers = set(named) - set(account.recipients)
    if strangers:
        raise ValueError(
            f"{len(strangers)} of those who should get the report are no recipients of account {account.id}: "
            "add them to its recipients in the catalog, or name others."
        )
    return list(dict.fromkeys(named)) or account.recipients


def _ad_hoc(config: ReportConfig) -> DeclaredReport:
    kind = config.kind
    try:
        about: dict[str, Any] = {"id": kind, "name": report_name(config.name or REPORT_TYPE[kind])}
    except ValueError as error:
        raise ValueError(f"The report's name {error}.") from None
    about["format"] = config.format
    if kind == "mep":
        return DeclaredMeps(kind=kind, sub_accounts=config.sub_accounts, edition=config.edition, **about)
    if config.sub_accounts or config.edition != "as_closed":
        raise ValueError(f"Sub-accounts and edition are for reports of kind mep, not {kind}.")
    if kind == "channels":
        return DeclaredChannels(kind=kind, journey_id=config.journey or None, **about)
    return DeclaredImports(kind=kind, **about)


def _refuse_what_is_not_there(report: DeclaredReport, account: Account) -> None:
    """A declared report is for its accounts, and sub-accounts are those of the account (F69)."""
    if not report.is_for(account.id):
        raise ValueError(f"The report {report.id} is not declared for account {account.id}.")
    wanted = report.sub_accounts if isinstance(report, DeclaredMeps) else []
    known = sorted(sub_account.id for sub_account in account.sub_accounts)
    unknown = sorted(set(wanted) - set(known))
    if unknown:
        there = ", ".join(known) or "none"
        raise ValueError(f"Account {account.id} has no sub-account {', '.join(unknown)}; it has {there}.")


def _days_wanted(config: ReportConfig, report: DeclaredReport, today: date) -> Days | None:
    """First day, and the day after the last; None: all there is."""
    if isinstance(report, DeclaredMeps):
        return _service_month(config, report, today)
    if config.month:
        month = _month(config.month)
        days = month, add_months(month, 1)
    elif config.first_day or config.last_day:
        first, last = _day(config.first_day or str(first_day())), _day(config.last_day or str(today))
        days = first, last + timedelta(days=1)
    else:
        usual: Period = "all" if report.kind == "custom" else "this_month"
        period = report.period or PERIOD_OF.get(report.schedule or "", usual)
        return None if period == "all" and report.kind != "channels" else _days_of(period, today)
    if days[0] >= days[1] or days[0] > today:
        raise ValueError(f"The days {days[0]} to {days[1] - timedelta(days=1)} are none up to today, {today} (UTC).")
    return days


def _service_month(config: ReportConfig, report: DeclaredMeps, today: date) -> Days:
    """The month, which must be the current one or one of the two before it (F68)."""
    if config.first_day or config.last_day:
        raise ValueError("An MEP report is made for a month, not for a range of days; name the month.")
    newest = month_of(today)
    month = config.month or _scheduled_month(report, today)
    reach = [f"{add_months(newest, -back):%Y-%m}" for back in range(MONTHS_IN_REACH)]
    if month not in reach:
        asked = f"No report for {month}" if month else "An MEP report needs a month"
        raise ValueError(f"{asked}: reports are made for {', '.join(reach)}.")
    first = _month(month)
    return first, add_months(first, 1)


def _scheduled_month(report: DeclaredMeps, today: date) -> str:
    """Of a scheduled report: the month before, or, more often than monthly, that of yesterday."""
    if report.schedule is None:
        return ""
    yesterday = month_of(today - timedelta(days=1))
    month = yesterday if report.schedule in ("daily", "weekly") else add_months(month_of(today), -1)
    return f"{month:%Y-%m}"


def _days_of(period: Period, today: date) -> Days:
    this_month, monday = month_of(today), today - timedelta(days=today.weekday())
    return {
        "yesterday": (today - timedelta(days=1), today),
        "last_week": (monday - timedelta(days=7), monday),
        "last_month": (add_months(this_month, -1), this_month),
        "this_month": (this_month, today + timedelta(days=1)),
        "all": (first_day(), today + timedelta(days=1)),
    }[period]


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError:
        raise ValueError(f"{text} is not a month of the form YYYY-MM.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is not a day of the form YYYY-MM-DD.") from None
