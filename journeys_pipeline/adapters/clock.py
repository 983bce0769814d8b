"""The wall clock, for what must be judged by it: promises of freshness, and which months lie in reach."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)
