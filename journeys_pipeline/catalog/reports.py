"""Reports that the catalog declares: of every kind, made on request or on a schedule (F36, F95)."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, model_validator

from journeys_pipeline.catalog.values import FROZEN, Id, Listed, MailAddress, ReportName, Text

Format = Literal["xlsx", "csv"]
Edition = Literal["as_closed", "as_restated"]
Schedule = Literal["daily", "weekly", "monthly"]
Period = Literal["yesterday", "last_week", "last_month", "this_month", "all"]

PERIOD_OF: dict[str, Period] = {"daily": "yesterday", "weekly": "last_week", "monthly": "last_month"}
"""What a scheduled report covers unless it says otherwise: the whole period that has just ended."""


class _Model(BaseModel):
    model_config = FROZEN


class _Declared(_Model):
    id: Id
    name: ReportName
    accounts: Listed[str] = []
    format: Format = "xlsx"
    mail_to: Listed[MailAddress] = []

    def is_for(self, account_id: str) -> bool:
        """Whether it is made for an account: one that it names, or any if it names none."""
        return not self.accounts or account_id in self.accounts


class DeclaredMeps(_Declared):
    """An MEP consumption report (F66-F72)."""

    kind: Literal["mep"]
    schedule: Schedule | Literal["after_close"] | None = None
    sub_accounts: Listed[str] = []
    edition: Edition = "as_closed"


class DeclaredChannels(_Declared):
    """A journey's channels, per day and in total (F34)."""

    kind: Literal["channels"]
    schedule: Schedule | None = None
    journey_id: Text | None = None
    period: Period | None = None


class DeclaredImports(_Declared):
    """What became of each contact file (F38-F55)."""

    kind: Literal["imports"]
    schedule: Schedule | None = None
    period: Period | None = None


class Filter(_Model):
    """Which rows a custom report keeps: those whose column meets one condition."""

    column: Text
    one_of: Listed[str] | None = None
    none_of: Listed[str] | None = None
    at_least: str | None = None
    at_most: str | None = None
    is_null: bool | None = None

    @model_validator(mode="after")
    def _has_one_condition(self) -> "Filter":
        given = [name for name in CONDITIONS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one condition: {', '.join(CONDITIONS)}")
        return self


CONDITIONS = ("one_of", "none_of", "at_least", "at_most", "is_null")


class DeclaredTable(_Declared):
    """A report of the customer's own: columns and rows of one served table (F36, F95)."""

    kind: Literal["custom"]
    schedule: Schedule | None = None
    dataset: str
    columns: Listed[str] = []
    filters: list[Filter] = []
    order: Listed[str] = []
    period: Period | None = None


DeclaredReport = DeclaredMeps | DeclaredChannels | DeclaredImports | DeclaredTable
AnyReport = Annotated[DeclaredReport, Field(discriminator="kind")]
