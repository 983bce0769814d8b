"""UTC days and months, half-open (D4)."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

MONTH_FORMAT = "%Y-%m"
MONTHS_IN_SIGHT = 4  # the current one and three back (F77, F78)


def utc_midnight(day: date) -> datetime:
    """The instant at which a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def month_of(day: date) -> date:
    """The first day of the month that a day lies in."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """The first day of the month `count` months after (or, if negative, before) `month`."""
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)


def days_between(start: date, end: date) -> list[date]:
    """All days from `start` up to, but without, `end`."""
    return [start + timedelta(days=offset) for offset in range((end - start).days)]


def days_of_month(month: date) -> list[date]:
    """All days of a month."""
    return days_between(month_of(month), add_months(month, 1))


def months_between(first: date, last: date) -> list[date]:
    """All months from `first` up to `last`, both inclusive."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(month_of(first), offset) for offset in range(count + 1)]


def parse_month(text: str) -> date:
    """The month that "2026-11" names.

    Raises:
        ValueError: the text is not of the form YYYY-MM.
    """
    return datetime.strptime(text, MONTH_FORMAT).replace(tzinfo=UTC).date()


def ranges_of(days: Iterable[date], *, bridging: int = 0) -> list[tuple[date, date]]:
    """The days as ranges (first, last), both inclusive, in order; up to `bridging` missing days do not end a range."""
    ranges: list[tuple[date, date]] = []
    for day in sorted(set(days)):
        if ranges and day - ranges[-1][1] <= timedelta(days=1 + bridging):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def month_closes_at(month: date, *, grace_hours: int) -> datetime:
    """When a month stops taking late entries (D5)."""
    return utc_midnight(add_months(month, 1)) + timedelta(hours=grace_hours)
