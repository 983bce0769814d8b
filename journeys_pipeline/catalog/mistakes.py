"""Mistakes in a catalog, worded for whoever has to mend them."""

from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to mend."""

    line: int
    where: str
    message: str


class CatalogError(Exception):
    """The catalog cannot be used. Lists every mistake, in line order, as `file:line: where: message`."""

    def __init__(self, path: Path, mistakes: Collection[Mistake]) -> None:
        self.mistakes: list[Mistake] = sorted(mistakes)
        lines = (f"{path.name}:{one.line}: {one.where}: {one.message}" for one in self.mistakes)
        super().__init__("\n".join(lines))


def written(where: Where) -> str:
    """The place as `accounts[0].tiers[1].tier`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_printable(part)}" for part in where]
    return "".join(parts).removeprefix(".") or "the file"


def nearest(name: str, known: Collection[str]) -> str:
    """A suggestion to append to a message."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean `{close[0]}`?" if close else f"there are {', '.join(sorted(known)) or 'none'}"


def advice(error: Any, known_keys: Collection[str]) -> str:
    """What to do about one of pydantic's errors, without the value that caused it."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"is not a key here: {nearest(str(error['loc'][-1]), known_keys)}"
    if kind == "value_error":
        return str(context["error"])
    if error["input"] is None and kind not in {"missing", "union_tag_not_found"}:
        return "is empty: give it a value"
    if kind == "union_tag_not_found":
        *first, last = known_keys
        return f"is missing: add it; it is {', '.join(first)} or {last}"
    message = _ADVICE.get(kind)
    return message.format(**context) if message else error["msg"]


def _printable(name: str) -> str:
    return name if name.isprintable() else ascii(name)


_A_LIST = "must be a list: lines that begin with `- `"
_A_MAPPING = "must be a mapping: lines like `key: value`"
_A_WHOLE_NUMBER = "must be a whole number"
_TRUE_OR_FALSE = "must be true or false"
_A_REAL_DAY = "must be a date that exists, like 2026-01-31"
_ADVICE = {
    "missing": "is missing: add it",
    "union_tag_invalid": "must be one of {expected_tags}",
    "string_type": "must be a text, on one line",
    "list_type": _A_LIST,
    "dict_type": _A_MAPPING,
    "model_type": _A_MAPPING,
    "model_attributes_type": _A_MAPPING,
    "bool_type": _TRUE_OR_FALSE,
    "bool_parsing": _TRUE_OR_FALSE,
    "int_type": _A_WHOLE_NUMBER,
    "int_parsing": _A_WHOLE_NUMBER,
    "int_parsing_size": _A_WHOLE_NUMBER,
    "int_from_float": _A_WHOLE_NUMBER,
    "float_type": "must be a number",
    "float_parsing": "must be a number, with a point before the decimals",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number, with a point before the decimals",
    "finite_number": "must be a number",
    "decimal_max_places": "must have at most {decimal_places} decimals",
    "decimal_max_digits": "must have at most {max_digits} digits",
    "decimal_whole_digits": "must have at most {whole_digits} digits before the point",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "too_short": "is empty: add at least one entry",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "date_type": _A_REAL_DAY,
    "date_parsing": _A_REAL_DAY,
    "date_from_datetime_parsing": _A_REAL_DAY,
}
