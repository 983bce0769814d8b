"""Event files reach the lake with each key once, however they are cut, and again after a crash."""

import gzip
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.defs import event_reading
from journeys_pipeline.defs.refresh import stale_days
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents, QuarantinedRecords
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.metrics import Refreshes, TouchedDays
from journeys_pipeline_tests.defs.reading_worlds import NOON, TABLES, Line, World, written


class Crash(Exception):
    pass


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """With chunks and parts so small that every file has many."""
    monkeypatch.setattr(event_reading, "EVENTS_PER_CHUNK", 3)
    monkeypatch.setattr(event_reading, "KEYS_PER_PART", 4)
    return World(tmp_path)


@pytest.mark.usefixtures("each_database")
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


@pytest.mark.parametrize("content", [gzip.compress(b"{}")[:-4], b"PAR1, and then no Parquet"], ids=["gzip", "Parquet"])
def test_a_file_that_cannot_be_read_is_refused_and_the_others_are_read(world: World, content: bytes) -> None:
    files = [world.file(name, (f"e-{name}", 1, "a")) for name in ("f1", "f2", "f3")]
    LandingZone(world.home / "landing").path("sftp", files[1]["sha256"]).write_bytes(content)

    counted = world.read(*files)

    assert counted == [(1, 1, 0), (1, 1, 0)]
    assert world.events("event_id") == [("e-f1",), ("e-f3",)]
    [(file_id, status, error)] = world.warehouse.read(LandedFiles).select("file_id", "status", "error").rows()
    assert (file_id, status) == ("f2", "refused")
    assert "damaged or cut off" in error


def touched(world: World) -> list[int]:
    return [day.day for day in world.warehouse.read(TouchedDays)["day"]]


@pytest.mark.usefixtures("each_database")
def test_the_days_of_accepted_events_are_touched(world: World) -> None:
    world.read(world.file("f1", ("e1", 1, "a"), ("e2", 2, "a"), ("e1", 3, "a"), ("e2", 2, "a")))

    assert touched(world) == [1, 2]


@pytest.mark.usefixtures("each_database")
def test_the_files_that_touch_a_day_are_counted_until_it_is_made(world: World) -> None:
    for name in ("f1", "f2"):
        world.read(world.file(name, (f"e-{name}", 1, "a")))
    before = world.warehouse.read(TouchedDays)
    world.mark_made()

    world.read(world.file("f3", ("e-f3", 1, "a")))

    after = world.warehouse.read(TouchedDays)
    assert [rows.select("files", "file_id").row(0) for rows in (before, after)] == [(2, "f2"), (1, "f3")]


def test_a_touched_day_waits_though_the_clock_was_put_back_since_it_was_made(world: World) -> None:
    world.read(world.file("f1", ("e1", 1, "a")))
    world.mark_made()
    made = world.warehouse.read(Refreshes).with_columns(pl.col("begun_at") + timedelta(hours=3))
    world.warehouse.upsert(Refreshes, made)

    world.read(world.file("f2", ("e2", 1, "a")))

    assert stale_days(world.warehouse, ["acme"], as_of=NOON)["day"].to_list() == [date(2026, 3, 1)]


LIFE = {"message_id": "m", "channel": "sms", "journey_id": "j", "journey_version": 1, "person_id": "ann"}
STEP = {"call_id": "c", "element_id": "menu", "journey_id": "j", "journey_version": 1, "person_id": "ann"}


@pytest.mark.parametrize(
    ("event_type", "fields", "days"),
    [
        ("message_priced", {"price": "0.1", "currency": "EUR"} | LIFE, [2, 3, 4, 5]),
        ("message_priced", {"price": "0.1", "currency": "EUR"} | LIFE | {"message_id": "other"}, [5]),
        ("message_clicked", LIFE, [5]),
        ("message_bounced", LIFE, [5]),
        ("goal_performed", {"event_name": "buy", "person_id": "ann"}, [5]),
        ("option_pressed", STEP, [5]),
        ("journey_entered", {"entry_source": "api"} | STEP, [5, 6, 7, 8, 9]),
        ("journey_exited", {"exit_type": "exit_point"} | STEP, [5, 6, 7, 8, 9]),
        ("element_entered", STEP, [5, 6, 7, 8, 9]),
        ("message_sent", LIFE, [5, 6, 7, 8, 9]),
        ("call_ended", {"outcome": "busy", "started_at": "2026-03-05T10:00:00Z"} | STEP, [5, 6, 7, 8, 9]),
    ],
)
def test_a_late_event_touches_the_days_up_to_those_whose_figures_it_changes(
    world: World, event_type: str, fields: dict[str, Any], days: list[int]
) -> None:
    """The message was sent on the 2nd; the account's newest day is the 9th."""
    world.read(world.file("f1", written("s", 2, "a", event_type="message_sent", **LIFE), ("e9", 9, "a")))
    world.forget_touches()

    world.read(world.file("f2", written("late", 5, "a", **({"event_type": event_type} | fields))))

    assert touched(world) == days


def test_a_sending_touches_the_days_of_what_was_done_with_the_message_before_it(world: World) -> None:
    """D13: an action counts for the journey that sent the message, even if clocks differ."""
    world.read(world.file("f1", written("c", 2, "a", event_type="message_clicked", **LIFE)))
    world.forget_touches()

    world.read(world.file("f2", written("s", 3, "a", event_type="message_sent", **LIFE)))

    assert touched(world) == [2, 3]


def test_an_event_from_before_the_first_day_and_one_from_the_future_touch_their_own_days_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_FIRST_DAY", "2026-03-03")
    world.read(world.file("f1", ("e9", 9, "a")))
    world.forget_touches()

    world.read(world.file("f2", *(written(str(day), day, "a", event_type="message_sent", **LIFE) for day in (1, 31))))

    assert touched(world) == [1, 31]


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
