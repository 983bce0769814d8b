"""Figures as people read them, and values of the platform as people say them."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from journeys_pipeline.catalog.datasets import Column, ColumnKind

NOTHING = "\u2013"
MINUS = "\u2212"
A_TENTH = Decimal("0.1")
MINUTE, HOUR, DAY = 60, 3600, 86_400
WORDS = {
    "sms": "SMS", "mms": "MMS", "rcs": "RCS", "line": "LINE", "whatsapp": "WhatsApp", "in_app": "In-app",
    "sftp_import": "SFTP import", "api": "API", "api_call": "API call",
}  # fmt: skip
SAID = ["channel", "status", "holds", "element_type", "exit_type", "entry_source", "outcome", "contact_type"]


def written(value: Any, column: Column) -> str:
    """A cell as text; a dash where a figure does not apply."""
    return NOTHING if value is None else _WRITTEN.get(column.kind, str)(value)


def whole(count: int) -> str:
    """1,234."""
    return f"{count:,}".replace("-", MINUS)


def change(difference: int) -> str:
    """+12."""
    return f"{difference:+,}".replace("-", MINUS)


def percent(share: float) -> str:
    """34.6%, 100%."""
    return f"{share * 100:.1f}".removesuffix(".0") + "%"


def money(amount: Decimal | float) -> str:
    """With two decimals; amounts below a tenth, such as the cost of a message, with three."""
    return f"{amount:,.2f}" if amount == 0 or abs(amount) >= A_TENTH else f"{amount:,.3f}"


def duration(seconds: Decimal | float) -> str:
    """45 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    rounded = round(float(seconds))
    if rounded < MINUTE:
        return f"{rounded} s"
    if rounded < HOUR:
        return _two(rounded, MINUTE, "min", 1, "s")
    return _two(rounded, HOUR, "h", MINUTE, "min") if rounded < DAY else _two(rounded, DAY, "d", HOUR, "h")


def _two(seconds: int, large: int, large_unit: str, small: int, small_unit: str) -> str:
    rest = seconds % large // small
    return f"{seconds // large} {large_unit}" + (f" {rest} {small_unit}" if rest else "")


def day_text(day: date) -> str:
    """24 Nov."""
    return f"{day.day} {day:%b}"


def time_text(at: datetime) -> str:
    """24 Nov 2026, 17:18."""
    return f"{at.day} {at:%b %Y, %H:%M}"


def month_text(month: date) -> str:
    """November 2026."""
    return f"{month:%B %Y}"


def said(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the platform's own words, such as mobile_push, as people say them."""
    columns = [name for name in SAID if name in rows.columns]
    return rows.with_columns(pl.col(name).map_elements(say, return_dtype=pl.String) for name in columns)


def say(word: str) -> str:
    """SMS for sms, Mobile push for mobile_push."""
    return WORDS.get(word) or word.replace("_", " ").capitalize()


_WRITTEN: dict[ColumnKind, Callable[[Any], str]] = {
    "count": whole,
    "share": percent,
    "money": money,
    "change": change,
    "seconds": duration,
    "day": day_text,
    "time": time_text,
    "trend": lambda _counts: "",
}
