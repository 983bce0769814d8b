"""What a declared report names must exist: accounts, recipients, sub-accounts, datasets, columns, values."""

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from typing import Any

from journeys_pipeline.catalog.mistakes import Where
from journeys_pipeline.catalog.reports import PERIOD_OF

Finding = tuple[Where, str]
BY_MONTH = ("last_month", "this_month", "all")


def check_reports(reports: list[tuple[Where, dict[str, Any]]], accounts: list[dict[str, Any]]) -> Iterator[Finding]:
    """Every contradiction of the declared reports, with the place to mend it.

    Args:
        reports: Place and plain data of each.
        accounts: Plain data of each account.
    """
    known = {account["id"]: account for account in accounts if isinstance(account.get("id"), str)}
    for where, report in reports:
        named = _texts(report.get("accounts"))
        yield from _unknown(where, "accounts", named, known, "an account")
        chosen = [known[name] for name in named or known if name in known]
        for key, what in (("mail_to", "recipients"), ("sub_accounts", "sub_accounts")):
            for account in chosen:
                of_account = _members(account.get(what))
                text = f"one of the {what.replace('_', '-')} of account {account['id']}"
                yield from _unknown(where, key, _texts(report.get(key)), of_account, text)
        if report.get("kind") == "custom" and isinstance(report.get("dataset"), str):
            yield from _check_table(where, report)


def _check_table(where: Where, report: dict[str, Any]) -> Iterator[Finding]:
    from journeys_pipeline.schemas.reports import DATASETS  # noqa: PLC0415 - Polars takes a second to import

    dataset = DATASETS.get(report["dataset"])
    if dataset is None:
        yield (*where, "dataset"), "is not a dataset" + _listing(report["dataset"], DATASETS)
        return
    types = dataset.table.create_empty().schema
    columns = _texts(report.get("columns"))
    order = [name.removeprefix("-") for name in _texts(report.get("order"))]
    for key, names in (("columns", columns), ("order", order)):
        yield from _unknown(where, key, names, types, f"a column of {report['dataset']}")
        yield from (((*where, key), f"names {name} twice") for name in sorted(set(names)) if names.count(name) > 1)
    filters = report.get("filters")
    for number, condition in enumerate(filters if isinstance(filters, list) else []):
        if isinstance(condition, dict) and isinstance(condition.get("column"), str):
            yield from _check_filter((*where, "filters", number), condition, types)
    period = report.get("period") or PERIOD_OF.get(str(report.get("schedule")), "all")
    if period != "all" and dataset.period_column is None:
        yield (*where, "period"), f"must be all: {report['dataset']} has no time in it"
    elif dataset.grain == "month" and period not in BY_MONTH:
        yield (*where, "period"), f"must be one of {', '.join(BY_MONTH)}: {report['dataset']} holds whole months"


def _check_filter(where: Where, condition: dict[str, Any], types: Any) -> Iterator[Finding]:
    from journeys_pipeline.schemas.reports import parse_value  # noqa: PLC0415 - as above

    column = condition["column"]
    if column not in types:
        yield (*where, "column"), "is not a column" + _listing(column, types)
        return
    for key in ("one_of", "none_of", "at_least", "at_most"):
        for value in _texts(condition.get(key)):
            try:
                parse_value(value, types[column])
            except ValueError as error:
                yield (*where, key), f"does not fit the column {column}: {error}"


def _unknown(where: Where, key: str, names: list[str], known: Collection[str], what: str) -> Iterator[Finding]:
    for name in names:
        if name not in known:
            yield (*where, key), f"names something that is not {what}{_listing(name, known)}"


def _listing(name: str, known: Collection[str]) -> str:
    """What there is, the nearest first; the name itself is not repeated."""
    close = get_close_matches(name, known, n=1)
    suggestion = f": did you mean `{close[0]}`?" if close else ":"
    return f"{suggestion} There are {', '.join(sorted(known)) or 'none'}"


def _texts(value: Any) -> list[str]:
    """The texts of a list, or one that stands for a list of one; whatever else stands there the models refuse."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]


def _members(value: Any) -> list[str]:
    members = value if isinstance(value, list) else []
    return _texts([member.get("id") if isinstance(member, dict) else member for member in members])
