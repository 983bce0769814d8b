"""What no part of a catalog can know alone: references between the parts, and choices that exclude each other.

They read plain data rather than models, so that their findings stand beside the models' own in one answer.
"""

import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from journeys_pipeline.catalog.dashboard_checks import check_dashboards
from journeys_pipeline.catalog.mistakes import Where, nearest, written
from journeys_pipeline.catalog.report_checks import check_reports

Finding = tuple[Where, str]
Entry = tuple[Where, dict[str, Any]]

UNIQUE = [
    ("tiers", "valid_from"),
    ("subscriptions", "valid_from"),
    ("sub_accounts", "id"),
    ("readers", "user"),
    ("readers", "group"),
]
COLUMNS = {"phone": ["phone_column"], "email": ["email_column"], "both": ["phone_column", "email_column"]}


def cross_check(data: Any) -> list[Finding]:
    """Every contradiction, with the place to mend it."""
    root: Entry = ((), data if isinstance(data, dict) else {})
    accounts, connections = list(_entries(root, "accounts")), list(_entries(root, "connections"))
    reports = list(_entries(root, "reports"))
    findings = [finding for entries in (accounts, connections, reports) for finding in _repeated(entries, "id")]
    findings += check_reports(reports, [account for _, account in accounts])
    for account in accounts:
        for key, unique in UNIQUE:
            findings += _repeated(_entries(account, key), unique)
        findings += check_dashboards(account)
        for reader in _entries(account, "readers"):
            findings += _user_or_group(reader)
    sub_accounts = {
        account["id"]: _texts(_entries((where, account), "sub_accounts"), "id")
        for where, account in accounts
        if isinstance(account.get("id"), str)
    }
    for connection in connections:
        findings += _repeated(_entries(connection, "feeds"), "id")
        findings += _some_login(connection)
        findings += _known_accounts(connection, sub_accounts)
        for feed in _entries(connection, "feeds"):
            findings += _wanted_columns(feed)
            findings += _place_to_move_to(feed, connection)
    return findings


def _entries(parent: Entry, key: str) -> Iterator[Entry]:
    """The mappings in a list; whatever else stands there is for the models to refuse."""
    where, mapping = parent
    values = mapping.get(key)
    for number, value in enumerate(values if isinstance(values, list) else []):
        if isinstance(value, dict):
            yield (*where, key, number), value


def _texts(entries: Iterable[Entry], key: str) -> set[str]:
    return {mapping[key] for _, mapping in entries if isinstance(mapping.get(key), str)}


def _repeated(entries: Iterable[Entry], key: str) -> Iterator[Finding]:
    first: dict[str, Where] = {}
    for where, mapping in entries:
        value = mapping.get(key)
        if isinstance(value, str) and first.setdefault(value, where) != where:
            yield (*where, key), f"is the same as in {written(first[value])}: give each its own"


def _user_or_group(reader: Entry) -> Iterator[Finding]:
    where, mapping = reader
    named = [key for key in ("user", "group") if mapping.get(key) is not None]
    if not named:
        yield where, "names nobody: add `user` or `group`, as the proxy names them"
    if len(named) > 1:
        yield (*where, "group"), "is for a reader without `user`: give the user and the group an entry each"


def _some_login(connection: Entry) -> Iterator[Finding]:
    where, mapping = connection
    if "url" in mapping:
        return
    if all(mapping.get(key) is None for key in ("key_file", "password_env")):
        yield where, "has no way to log in: add `key_file`, or `password_env` (the name of an environment variable)"
    if mapping.get("passphrase_env") is not None and mapping.get("key_file") is None:
        yield (*where, "passphrase_env"), "has no key that it opens: add `key_file`, or remove it"


def _known_accounts(connection: Entry, sub_accounts: dict[str, set[str]]) -> Iterator[Finding]:
    where, mapping = connection
    account_id = mapping.get("account_id")
    if not isinstance(account_id, str):
        return
    if account_id not in sub_accounts:
        yield (*where, "account_id"), f"is not the id of an account: {nearest(account_id, sub_accounts)}"
        return
    known = sub_accounts[account_id]
    for at, feed in _entries(connection, "feeds"):
        sub_account_id = feed.get("sub_account_id")
        if isinstance(sub_account_id, str) and sub_account_id not in known:
            hint = nearest(sub_account_id, known)
            yield (*at, "sub_account_id"), f"is not the id of a sub-account of that account: {hint}"


def _wanted_columns(feed: Entry) -> Iterator[Finding]:
    where, mapping = feed
    contact_type = mapping.get("contact_type")
    for column in COLUMNS.get(contact_type, []) if isinstance(contact_type, str) else []:
        if mapping.get(column) is None:
            yield (*where, column), f"is missing: `contact_type: {contact_type}` needs the header of that column"


def _place_to_move_to(feed: Entry, connection: Entry) -> Iterator[Finding]:
    where, mapping = feed
    is_moved, folder = mapping.get("after_landing") == "move", mapping.get("move_to")
    if is_moved and folder is None:
        yield (*where, "move_to"), "is missing: `after_landing: move` needs the folder to move files to"
    if folder is not None and not is_moved:
        yield (*where, "move_to"), "is for `after_landing: move` only: remove it, or set that"
    if is_moved and isinstance(folder, str) and _is_same_folder(folder, connection[1].get("folder", ".")):
        yield (*where, "move_to"), "is the folder that is fetched from: name another, like done"


def _is_same_folder(move_to: str, folder: Any) -> bool:
    return isinstance(folder, str) and posixpath.normpath(posixpath.join(folder, move_to)) == posixpath.normpath(folder)
