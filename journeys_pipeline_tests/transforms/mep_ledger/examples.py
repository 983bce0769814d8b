"""Entries and journeys that ledgers are made from, in few words."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import Journeys

JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
MIDNIGHT = datetime(2026, 2, 1, tzinfo=UTC)  # where January ends
TICK = timedelta(microseconds=1)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
FIRST_RUN = datetime(2026, 1, 16, 3, tzinfo=UTC)
LATER_RUN = FIRST_RUN + timedelta(hours=6)


@dataclass(frozen=True)
class Entry:
    source_id: str
    person_id: str = "ann"
    entered_at: datetime = NOON
    account_id: str = "acme"
    journey_id: str = "welcome"
    journey_version: int | None = 1
    sub_account_id: str | None = None
    entry_source: str = "segment"


def facts(entries: Iterable[Entry]) -> pl.LazyFrame:
    rows = [
        asdict(entry) | {"day": entry.entered_at.astimezone(UTC).date(), "entry_id": entry.source_id}
        for entry in entries
    ]
    return pl.DataFrame(rows, schema=JourneyEntries.create_empty().schema).lazy()


def definitions(*versions: tuple[str, int, str]) -> pl.LazyFrame:
    rows = [
        {
            "account_id": "acme",
            "journey_id": journey_id,
            "version": version,
            "name": journey_id,
            "campaign_id": campaign_id,
            "campaign_name": f"Campaign {campaign_id}",
            "status": "active",
            "elements": "[]",
            "valid_from": NOON,
        }
        for journey_id, version, campaign_id in versions
    ]
    return pl.DataFrame(rows, schema=Journeys.create_empty().schema).lazy()
