"""Event files reach the lake with each key once, however they are cut, and again after a crash."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs import event_reading
from journeys_pipeline.defs.event_reading import EventReader
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import FeedReadings
from journeys_pipeline.schemas.metrics import TouchedDays

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
TABLES = [JourneyEvents, EventKeys, QuarantinedRecords]

Line = tuple[str, int, str]  # event_id, day of March, branch


class Crash(Exception):
    pass


class World:
    """A landing zone, a lake and a warehouse, and event files that land in them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(exist_ok=True)
        self.lake = Lake(home / "lake")
        self.warehouse = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}")
        self.warehouse.migrate()

    def file(self, name: str, *lines: Line | str) -> dict[str, Any]:
        text = "\n".join(line if isinstance(line, str) else written(*line) for line in lines)
        path = LandingZone(self.home / "landing").path("sftp", sha256(name.encode()).hexdigest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        origin = {"file_id": name, "account_id": "acme", "connection_id": "sftp", "kind": "events"}
        return origin | {"sha256": path.name, "fetched_at": NOON}

    def read(self, *files: dict[str, Any]) -> list[tuple[int, int, int]]:
        """Records, accepted and quarantined of each file."""
        reader = EventReader(LandingZone(self.home / "landing"), self.lake, self.warehouse, NOON)
        return [(found.records, found.accepted, found.quarantined) for found in reader.read(files)]

    def events(self, *columns: str) -> list[tuple[Any, ...]]:
        return sorted(self.lake.scan(JourneyEvents).select(columns).collect().rows())

    def everything(self) -> list[list[tuple[Any, ...]]]:
        return [sorted(self.lake.scan(table).collect().rows(), key=str) for table in TABLES]


def written(event_id: str, day: int, branch: str) -> str:
    event = {
        "event_id": event_id, "event_type": "message_delivered", "occurred_at": f"2026-03-{day:02}T10:00:00Z",
        "account_id": "acme", "message_id": "m", "channel": "sms", "branch": branch,
    }  # fmt: skip
    return json.dumps(event)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With chunks and parts so small that every file has many."""
    monkeypatch.setattr(event_reading, "EVENTS_PER_CHUNK", 3)
    monkeypatch.setattr(event_reading, "KEYS_PER_PART", 4)
    return World(tmp_path)


def test_a_key_is_kept_once_over_files_days_and_runs(world: World) -> None:
    first = world.file("f1", ("e1", 1, "a"), ("e1", 1, "a"), ("e2", 1, "a"), ("e2", 2, "a"))
    second = world.file("f2", ("e1", 1, "a"), ("e2", 5, "a"), ("e3", 5, "a"))
    later = world.file("f3", ("e3", 5, "a"), ("e1", 9, "a"), ("e4", 9, "a"), "no record")

    counted = [*world.read(first, second), *world.read(later)]

    assert counted == [(4, 2, 1), (3, 1, 1), (4, 1, 2)]
    assert world.events("event_id", "file_id", "row_number") == [
        ("e1", "f1", 1), ("e2", "f1", 3), ("e3", "f2", 3), ("e4", "f3", 3),
    ]  # fmt: skip
    refused = world.lake.scan(QuarantinedRecords).select("file_id", "row_number", "day").collect().rows()
    assert sorted(refused) == [
        ("f1", 4, NOON.date()), ("f2", 2, NOON.date()), ("f3", 2, NOON.date()), ("f3", 4, NOON.date()),
    ]  # fmt: skip


def test_events_lie_in_the_order_of_arrival_with_one_key_each(world: World) -> None:
    lines: Sequence[Line] = [(f"e{number}", 1 + number % 2, "a") for number in range(40)]

    world.read(world.file("f1", *lines[20:], *lines[:30]), world.file("f2", *lines))

    rows = world.lake.scan(JourneyEvents).filter(pl.col("day").dt.day() == 1).select("file_id", "row_number").collect()
    assert rows.height == 20
    assert rows.rows() == sorted(rows.rows())
    assert world.lake.scan(EventKeys).collect().n_unique(["key_high", "key_low"]) == 40


def test_a_file_without_any_event_is_read_all_the_same(world: World) -> None:
    counted = world.read(world.file("f1", "{"), world.file("f2"))

    assert counted == [(1, 0, 1), (0, 0, 0)]
    assert world.warehouse.read(FeedReadings)["file_id"].to_list() == ["f1", "f2"]
    assert world.warehouse.read(TouchedDays).is_empty()


def test_the_days_of_accepted_events_are_touched(world: World) -> None:
    world.read(world.file("f1", ("e1", 1, "a"), ("e2", 2, "a"), ("e1", 3, "a"), ("e2", 2, "a")))

    assert [day.day for day in world.warehouse.read(TouchedDays)["day"]] == [1, 2]


@pytest.mark.parametrize("crashes_before", [*TABLES, FeedReadings])
def test_a_file_that_a_crash_leaves_unread_is_read_again_without_a_trace(
    world: World, monkeypatch: pytest.MonkeyPatch, crashes_before: Any
) -> None:
    before = world.file("f0", ("e1", 1, "a"), ("e9", 1, "a"))
    files = [world.file("f1", ("e1", 1, "a"), ("e2", 2, "a"), ("e3", 2, "b"), "x"), world.file("f2", ("e2", 3, "a"))]
    calm = World(world.home / "calm")
    for batch in ([before], files):
        calm.read(*(calm.file(file["file_id"], world_text(world, file)) for file in batch))
    world.read(before)
    with monkeypatch.context() as patch:
        crash_before(crashes_before, patch)
        with pytest.raises(Crash):
            world.read(*files)

    counted = world.read(*files)

    assert counted == [(4, 2, 1), (1, 0, 1)]
    assert world.everything() == calm.everything()


def world_text(world: World, file: dict[str, Any]) -> str:
    return LandingZone(world.home / "landing").path("sftp", file["sha256"]).read_text()


def crash_before(table: Any, patch: pytest.MonkeyPatch) -> None:
    replace = Lake.replace

    def crashing(lake: Lake, written_table: Any, *arguments: Any, **options: Any) -> None:
        if written_table is table:
            raise Crash
        replace(lake, written_table, *arguments, **options)

    def no_mark(*_: Any, **__: Any) -> None:
        raise Crash

    patch.setattr(Lake, "replace", crashing)
    if table is FeedReadings:
        patch.setattr(event_reading, "mark_read", no_mark)
