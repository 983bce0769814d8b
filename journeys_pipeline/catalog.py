"""The catalog: accounts, the servers that they drop files on, and what those files are."""

import base64
import binascii
import codecs
from collections.abc import Collection
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from journeys_pipeline.tiers import Tier

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Glob = Annotated[str, StringConstraints(pattern=r"^[^/]+$")]
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")]


class Mistake(NamedTuple):
    """One thing to mend in the catalog."""

    line: int
    where: str
    message: str


class CatalogError(Exception):
    """The catalog cannot be used; every mistake, in line order."""

    def __init__(self, path: Path, mistakes: Collection[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        super().__init__("\n".join(f"{path.name}:{line}: {where}: {message}" for line, where, message in self.mistakes))


def _host_key(text: str) -> str:
    """An OpenSSH public key line, whose base64 part names the same type as the line."""
    kind, _, encoded = text.strip().partition(" ")
    try:
        blob = base64.b64decode(encoded.split(" ")[0], validate=True)
    except binascii.Error:
        blob = b""
    if blob[4 : 4 + int.from_bytes(blob[:4], "big")] != kind.encode() or not kind:
        raise ValueError("must be a line like `ssh-ed25519 AAAA…`, as `ssh-keyscan HOST` prints it after the host's name")
    return text.strip()


def _encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError:
        raise ValueError(f"{name!r} is no encoding that Python knows; utf-8, utf-16 and latin-1 are") from None
    return name


def _region(name: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415 - large, and wanted for this key alone

    if name not in SUPPORTED_REGIONS:
        raise ValueError(f"{name!r} is no region; use an ISO 3166 code in capitals, such as NL or US")
    return name


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TierPeriod(_Model):
    """A tier that an account is on from a day on (F85)."""

    tier: Tier
    valid_from: date


class Subscription(_Model):
    """What an account pays for from a day on (F80, F102)."""

    plan: str
    allowance: int = Field(ge=0)
    price: Decimal = Field(ge=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    valid_from: date


class SubAccount(_Model):
    id: Id
    name: str


class Account(_Model):
    """One customer: the unit that MEPs are unique in (D8)."""

    id: Id
    name: str
    tiers: list[TierPeriod] = Field(min_length=1)
    subscriptions: list[Subscription] = []
    sub_accounts: list[SubAccount] = []
    recipients: list[MailAddress] = []

    def tier_on(self, day: date) -> Tier:
        """The tier in force on a day; before the first, the first."""
        periods = sorted(self.tiers, key=lambda period: period.valid_from)
        return next((period.tier for period in reversed(periods) if period.valid_from <= day), periods[0].tier)

    def subscription_on(self, day: date) -> Subscription | None:
        """The subscription in force on a day, if any."""
        begun = [subscription for subscription in self.subscriptions if subscription.valid_from <= day]
        return max(begun, key=lambda subscription: subscription.valid_from, default=None)


class EventsFeed(_Model):
    """Files of platform events."""

    kind: Literal["events"]
    id: Id
    glob: Glob


class JourneysFeed(_Model):
    """Files of journey definitions."""

    kind: Literal["journeys"]
    id: Id
    glob: Glob


class ContactsFeed(_Model):
    """Contact files that feed one journey (F37)."""

    kind: Literal["contacts"]
    id: Id
    glob: Glob
    journey_id: str = Field(min_length=1)
    sub_account_id: str | None = None
    contact_type: Literal["phone", "email", "both"]
    phone_column: str | None = None
    email_column: str | None = None
    default_region: Annotated[str, AfterValidator(_region)] | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    invalid_share_warning: float = Field(default=0.2, ge=0, le=1)

    @model_validator(mode="after")
    def _has_its_columns(self) -> "ContactsFeed":
        if self.contact_type != "email" and not self.phone_column:
            raise ValueError(f"contact_type {self.contact_type} needs phone_column: the header of the phone numbers")
        if self.contact_type != "phone" and not self.email_column:
            raise ValueError(f"contact_type {self.contact_type} needs email_column: the header of the e-mail addresses")
        return self


Feed = Annotated[EventsFeed | JourneysFeed | ContactsFeed, Field(discriminator="kind")]


class Connection(_Model):
    """An SFTP server that an account drops files on."""

    id: Id
    account_id: str
    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65535)
    user: str = Field(min_length=1)
    key_file: Path | None = None
    password_env: str | None = Field(default=None, pattern="^[A-Z_][A-Z0-9_]*$")
    host_key: Annotated[str, AfterValidator(_host_key)]
    folder: str = "."
    feeds: list[Feed] = Field(min_length=1)

    @model_validator(mode="after")
    def _has_one_login(self) -> "Connection":
        if (self.key_file is None) == (self.password_env is None):
            raise ValueError("needs either key_file, or password_env: the name of the variable that holds the password")
        return self


class Settings(_Model):
    month_close_grace_hours: int = Field(default=72, ge=0, le=720)


class Catalog(_Model):
    """Who our customers are, and where their files come from."""

    accounts: list[Account] = Field(min_length=1)
    connections: list[Connection] = Field(min_length=1)
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

    def accounts_on(self, tiers: Collection[Tier], day: date) -> list[str]:
        """Ids of the accounts on these tiers on a day, in order."""
        return sorted(account.id for account in self.accounts if account.tier_on(day) in tiers)

    def contacts_feed(self, connection_id: str, feed_id: str) -> ContactsFeed:
        """The contacts feed of that id.

        Raises:
            KeyError: the catalog no longer has it; put it back, its files are still to be read.
        """
        for connection in self.connections:
            for feed in connection.feeds:
                if (connection.id, feed.id) == (connection_id, feed_id) and isinstance(feed, ContactsFeed):
                    return feed
        raise KeyError(f"No contacts feed {feed_id} on connection {connection_id}; its files wait to be read.")


def load_catalog(path: Path) -> Catalog:
    """The catalog in a YAML file; `key_file` paths are relative to it.

    Raises:
        CatalogError: every mistake, each with its line.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - only who loads a catalog pays for it
    from ruamel.yaml.error import MarkedYAMLError  # noqa: PLC0415 - as above

    try:
        tree: Any = YAML(typ="rt").load(path.read_text())
    except OSError as error:
        raise CatalogError(path, [Mistake(0, "file", f"cannot be read ({error.strerror}); is it at {path}?")]) from None
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise CatalogError(path, [Mistake(line, "YAML", error.problem or "cannot be parsed")]) from None
    try:
        catalog = Catalog.model_validate(tree)
    except ValidationError as error:
        raise CatalogError(path, [_explain(tree, detail) for detail in error.errors()]) from None
    mistakes = [Mistake(_line(tree, where), _name(where), message) for where, message in _contradictions(catalog)]
    if mistakes:
        raise CatalogError(path, mistakes)
    return catalog.model_copy(update={"connections": [_anchored(one, path) for one in catalog.connections]})


def _anchored(connection: Connection, path: Path) -> Connection:
    key_file = path.parent / connection.key_file if connection.key_file else None
    return connection.model_copy(update={"key_file": key_file})


Where = tuple[str | int, ...]


def _contradictions(catalog: Catalog) -> list[tuple[Where, str]]:
    """What each part alone cannot know to be wrong."""
    found: list[tuple[Where, str]] = []
    accounts = {account.id: account for account in catalog.accounts}
    lists: list[tuple[Where, list[str]]] = [
        (("accounts",), [account.id for account in catalog.accounts]),
        (("connections",), [connection.id for connection in catalog.connections]),
    ]
    for at, account in enumerate(catalog.accounts):
        lists.append((("accounts", at, "sub_accounts"), [sub_account.id for sub_account in account.sub_accounts]))
        lists.append((("accounts", at, "tiers"), [str(period.valid_from) for period in account.tiers]))
    for at, connection in enumerate(catalog.connections):
        lists.append((("connections", at, "feeds"), [feed.id for feed in connection.feeds]))
        account = accounts.get(connection.account_id)
        if account is None:
            found.append((("connections", at, "account_id"), f"no account {connection.account_id}"))
            continue
        known = {sub_account.id for sub_account in account.sub_accounts}
        for number, feed in enumerate(connection.feeds):
            if isinstance(feed, ContactsFeed) and feed.sub_account_id not in {None, *known}:
                where = ("connections", at, "feeds", number, "sub_account_id")
                found.append((where, f"account {account.id} has no sub-account {feed.sub_account_id}"))
    for where, values in lists:
        repeated = [(number, value) for number, value in enumerate(values) if value in values[:number]]
        found += [((*where, number), f"{value} stands here a second time") for number, value in repeated]
    return found


def _explain(tree: Any, detail: Any) -> Mistake:
    where: Where = tuple(part for part in detail["loc"] if part not in {"events", "contacts", "journeys"})
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        message = "is missing: add it"
    elif detail["type"] == "extra_forbidden":
        message = "is no key here" + _nearest(str(where[-1]), where)
    elif where and where[-1] == "password_env":
        message = "must be the NAME of an environment variable, in capitals; the password itself does not belong here"
    return Mistake(_line(tree, where), _name(where) or "file", message)


def _nearest(key: str, where: Where) -> str:
    models = (Catalog, Account, TierPeriod, Subscription, SubAccount, Connection, ContactsFeed, Settings)
    by_list = {"accounts": Account, "connections": Connection, "tiers": TierPeriod, "feeds": ContactsFeed}
    parent = next((by_list[part] for part in reversed(where) if part in by_list), None)
    names = [name for model in ([parent] if parent else models) for name in model.model_fields]
    close = get_close_matches(key, names, n=1)
    return f"; did you mean {close[0]}?" if close else "; remove it"


def _line(tree: Any, where: Where) -> int:
    """The line of the deepest part of `where` that the file has."""
    line = 1
    for part in where:
        position = getattr(tree, "lc", None)
        if position is None or not position.data or part not in position.data:
            return line
        line = position.data[part][0] + 1
        tree = tree[part]
    return line


def _name(where: Where) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")
