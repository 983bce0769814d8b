"""A landing zone that event files are read from, into a lake and a warehouse."""

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.event_reading import EventReader
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, QuarantinedRecords
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays
from journeys_pipeline_tests.databases import warehouse_url

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
TABLES = [JourneyEvents, EventKeys, QuarantinedRecords]

Line = tuple[str, int, str]  # event_id, day of March, branch


class World:
    """A landing zone, a lake and a warehouse, and event files that land in them."""

    def __init__(self, home: Path, at: datetime = NOON) -> None:
        self.home, self.at = home, at
        home.mkdir(exist_ok=True)
        self.lake = Lake(home / "lake")
        self.warehouse = Warehouse(warehouse_url(home))
        self.warehouse.migrate()

    def file(self, name: str, *lines: Line | str) -> dict[str, Any]:
        text = "\n".join(line if isinstance(line, str) else written(*line) for line in lines)
        path = LandingZone(self.home / "landing").path("sftp", sha256(name.encode()).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        origin = {"file_id": name, "account_id": "acme", "connection_id": "sftp", "kind": "events"}
        return origin | {"sha256": path.name, "fetched_at": self.at}

    def read(self, *files: dict[str, Any]) -> list[tuple[int, int, int]]:
        """Records, accepted and quarantined of each file."""
        reader = EventReader(LandingZone(self.home / "landing"), self.lake, self.warehouse, self.at)
        return [(found.records, found.accepted, found.quarantined) for found in reader.read(files)]

    def mark_made(self) -> None:
        """As if all days that were touched had been made since."""
        days = self.warehouse.read(TouchedDays).select("account_id", "day", as_of="touched_at", begun_at="touched_at")
        self.warehouse.upsert(Refreshes, days.with_columns(tier=pl.lit("scale")))

    def forget_touches(self) -> None:
        """As if all days that were touched had been made since, and nobody knew by what they were touched."""
        self.mark_made()
        self.warehouse.replace(TouchedDays, TouchedDays.create_empty(), {"account_id": ["acme"]})

    def events(self, *columns: str) -> list[tuple[Any, ...]]:
        return sorted(self.lake.scan(JourneyEvents).select(columns).collect().rows())

    def everything(self) -> list[list[tuple[Any, ...]]]:
        return [sorted(self.lake.scan(table).collect().rows(), key=str) for table in TABLES]


def written(event_id: str, day: int, branch: str, **changes: Any) -> str:
    event = {
        "event_id": event_id, "event_type": "message_delivered", "occurred_at": f"2026-03-{day:02}T10:00:00Z",
        "account_id": "acme", "message_id": "m", "channel": "sms", "branch": branch,
    }  # fmt: skip
    return json.dumps(event | changes)
