"""What the catalog says, as frozen models; the keys of the YAML file are their attributes."""

from collections.abc import Collection
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Discriminator, Field, Tag

from journeys_pipeline.catalog.dashboards import Dashboard
from journeys_pipeline.catalog.readers import Reader, Terms
from journeys_pipeline.catalog.reports import AnyReport, DeclaredReport
from journeys_pipeline.catalog.values import (
    FROZEN,
    ColumnNames,
    CompleteWhen,
    Currency,
    Day,
    Delimiter,
    Encoding,
    Glob,
    HostKeys,
    Id,
    KeyFile,
    MailAddress,
    Price,
    Region,
    StoreUrl,
    Text,
    VariableName,
)
from journeys_pipeline.roles import Role
from journeys_pipeline.tiers import Tier


class _Model(BaseModel):
    model_config = FROZEN


class TierPeriod(_Model):
    """A tier that an account is on from a day on (F85)."""

    tier: Tier
    valid_from: Day


class Subscription(_Model):
    """The plan that an account pays for from a day on (F80, F102)."""

    plan: Text
    allowance: Annotated[int, Field(ge=0)]
    price: Price
    currency: Currency
    valid_from: Day


class SubAccount(_Model):
    """A part of an account that reports can be made for (F69)."""

    id: Id
    name: Text


EarlyPage = Literal["campaigns", "ivr", "imports", "mep", "rows", "custom"]
"""Pages that can be for some accounts first (F91); the Overview is what every account lands on."""


class Account(_Model):
    """One billed customer: the unit that MEPs are unique in (D8)."""

    id: Id
    name: Text
    tiers: Annotated[list[TierPeriod], Field(min_length=1)]
    subscriptions: list[Subscription] = []
    sub_accounts: list[SubAccount] = []
    recipients: list[MailAddress] = []
    dashboards: list[Dashboard] = []
    readers: list[Reader] = []
    contact: Text | None = None
    terms: Terms | None = None
    early_access: list[EarlyPage] = []

    def roles_of(self, user: str, groups: Collection[str]) -> frozenset[Role]:
        """The roles that a user of these groups has in the account; none for whoever may not read it."""
        return frozenset(role for reader in self.readers if reader.is_for(user, groups) for role in reader.roles)

    def tier_on(self, day: date) -> Tier:
        """The tier in force on a day; before the first, the first (F85)."""
        first, *later = sorted(self.tiers, key=lambda period: period.valid_from)
        return [first, *(period for period in later if period.valid_from <= day)][-1].tier

    def subscription_on(self, day: date) -> Subscription | None:
        """The subscription in force on a day, or None before the first (F80)."""
        begun = [subscription for subscription in self.subscriptions if subscription.valid_from <= day]
        return max(begun, key=lambda subscription: subscription.valid_from, default=None)


class _Feed(_Model):
    id: Id
    glob: Glob
    complete_when: CompleteWhen = "listed_twice"
    after_landing: Literal["leave", "move", "delete"] = "leave"
    move_to: Text | None = None
    reimport_same_content: bool = False


class EventsFeed(_Feed):
    """Files of platform events."""

    kind: Literal["events"]


class JourneysFeed(_Feed):
    """Files of journey definitions."""

    kind: Literal["journeys"]


class PeopleFeed(_Feed):
    """Files of profiles, merges and deletions of persons."""

    kind: Literal["people"]
    default_region: Region | None = None


class ContactsFeed(_Feed):
    """Contact files that feed one journey (F37)."""

    kind: Literal["contacts"]
    journey_id: Text
    sub_account_id: str | None = None
    contact_type: Literal["phone", "email", "both"]
    phone_columns: ColumnNames = Field(default=[], alias="phone_column")
    email_columns: ColumnNames = Field(default=[], alias="email_column")
    default_region: Region | None = None
    delimiter: Delimiter | None = None
    encoding: Encoding = "utf-8"
    invalid_share_warning: Annotated[float, Field(ge=0, le=1)] = 0.2
    return_rejects: bool = False
    max_bytes: Annotated[int, Field(ge=1)] = 4 * 1024**3
    max_expansion: Annotated[int, Field(ge=1)] = 200
    max_row_bytes: Annotated[int, Field(ge=1)] = 16 * 1024**2
    max_columns: Annotated[int, Field(ge=1)] = 1000


Feed = Annotated[EventsFeed | JourneysFeed | PeopleFeed | ContactsFeed, Field(discriminator="kind")]


class _Place(_Model):
    id: Id
    account_id: str
    folder: Text = "."
    connections_at_once: Annotated[int, Field(ge=1, le=100)] = 2
    fetch_deadline_s: Annotated[int, Field(ge=1, le=86_400)] = 1800
    feeds: Annotated[list[Feed], Field(min_length=1)]


class Connection(_Place):
    """An SFTP server that an account's files are fetched from (F40)."""

    host: Text
    port: Annotated[int, Field(ge=1, le=65535)] = 22
    user: Text
    key_file: KeyFile | None = None
    passphrase_env: VariableName | None = None
    password_env: VariableName | None = None
    host_keys: HostKeys = Field(alias="host_key")

    @property
    def server(self) -> str:
        """What limits of connections at once are counted for."""
        return f"{self.host.lower()}:{self.port}"


class StoreConnection(_Place):
    """A folder or an object store that an account's files are fetched from, in the way of an SFTP server."""

    url: StoreUrl

    @property
    def server(self) -> str:
        """What limits of connections at once are counted for."""
        return "/".join(self.url.split("/")[:3])


def _kind_of_place(data: Any) -> str:
    return "store" if isinstance(data, StoreConnection) or (isinstance(data, dict) and "url" in data) else "sftp"


AnyConnection = Annotated[
    Annotated[Connection, Tag("sftp")] | Annotated[StoreConnection, Tag("store")], Discriminator(_kind_of_place)
]


class Settings(_Model):
    """What holds for all accounts."""

    month_close_grace_hours: Annotated[int, Field(ge=0, le=720)] = 72
    largest_attachment_mb: Annotated[int, Field(ge=1, le=100)] = 10
    operator: MailAddress | None = None
    keep_raw_days: Annotated[int, Field(ge=8)] | None = None
    keep_history_days: Annotated[int, Field(ge=1, le=365)] = 7
    contact: Text = "whoever runs these dashboards"
    terms: Terms | None = None
    early_access: list[EarlyPage] = []


class Catalog(_Model):
    """Who our customers are, and where their files come from."""

    accounts: Annotated[list[Account], Field(min_length=1)]
    connections: Annotated[list[AnyConnection], Field(min_length=1)]
    reports: list[AnyReport] = []
    settings: Settings = Settings()

    def account(self, account_id: str) -> Account:
        """The account of that id.

        Raises:
            KeyError: there is none.
        """
        for account in self.accounts:
            if account.id == account_id:
                return account
        raise KeyError(f"No account {account_id}; there are {', '.join(known.id for known in self.accounts)}.")

    def report(self, report_id: str) -> DeclaredReport:
        """The declared report of that id.

        Raises:
            KeyError: there is none.
        """
        for report in self.reports:
            if report.id == report_id:
                return report
        known = ", ".join(report.id for report in self.reports) or "none"
        raise KeyError(f"No report {report_id} is declared; there are {known}.")

    def terms_of(self, account: Account) -> Terms | None:
        """What a reader of the account accepts before anything is shown: its own terms, or those of all (F92)."""
        return account.terms or self.settings.terms

    def contact_of(self, account: Account) -> str:
        """Whom a reader of the account asks when something is refused (F101)."""
        return account.contact or self.settings.contact

    def accounts_on(self, tiers: Collection[Tier], day: date) -> list[str]:
        """Ids of the accounts on these tiers on a day, in order."""
        return sorted(account.id for account in self.accounts if account.tier_on(day) in tiers)

    def feed(self, connection_id: str, feed_id: str) -> EventsFeed | JourneysFeed | PeopleFeed | ContactsFeed:
        """The feed of that id on that connection.

        Raises:
            KeyError: there is none, or no longer.
        """
        for connection in self.connections:
            for feed in connection.feeds:
                if (connection.id, feed.id) == (connection_id, feed_id):
                    return feed
        raise KeyError(f"No feed {feed_id} on connection {connection_id}: put it back, its files wait to be read.")

    def has_feed(self, connection_id: str, feed_id: str) -> bool:
        """Whether there is a feed of that id on that connection."""
        known = ((connection.id, feed.id) for connection in self.connections for feed in connection.feeds)
        return (connection_id, feed_id) in known

    def contacts_feed(self, connection_id: str, feed_id: str) -> ContactsFeed:
        """The contacts feed of that id on that connection.

        Raises:
            KeyError: there is none, or no longer.
        """
        feed = self.feed(connection_id, feed_id)
        if not isinstance(feed, ContactsFeed):
            raise KeyError(f"Feed {feed_id} on connection {connection_id} holds {feed.kind}, not contacts.")
        return feed
