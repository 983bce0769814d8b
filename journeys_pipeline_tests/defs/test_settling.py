"""A lake that is younger than its warehouse is made to agree with it, and every file counts once whenever it comes."""

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from journeys_pipeline.defs.settling import settle
from journeys_pipeline.schemas.journey_events import EventKeys, JourneyEvents
from journeys_pipeline.schemas.landed_files import FeedReadings
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline_tests.defs.reading_worlds import NOON, World, written


@pytest.fixture
def restored(tmp_path: Path) -> World:
    """One file is marked as read; of another, its rows are in the lake, and the warehouse does not know of it."""
    world = World(tmp_path)
    world.read(world.file("known", ("e1", 3, "a")), world.file("lost", ("e2", 5, "a"), ("e3", 6, "a"), "no record"))
    known = world.warehouse.read(FeedReadings).filter(pl.col("file_id") == "known")
    world.warehouse.replace(FeedReadings, known, {})
    world.forget_touches()
    return world


def test_rows_of_a_file_that_the_warehouse_does_not_know_as_read_are_taken_out(restored: World) -> None:
    removed = settle(restored.lake, restored.warehouse, as_of=NOON)

    assert removed == {
        "contact_entries": 0, "journey_events": 2, "event_keys": 2, "quarantined_records": 1, "people_changes": 0,
    }  # fmt: skip
    assert restored.events("file_id") == [("known",)]
    assert restored.lake.scan(EventKeys).collect()["file_id"].to_list() == ["known"]


def test_the_days_from_the_first_of_them_on_are_made_anew(restored: World) -> None:
    settle(restored.lake, restored.warehouse, as_of=NOON)

    touched = restored.warehouse.read(TouchedDays)["day"].to_list()
    assert [day.day for day in touched] == [5, 6]


def test_the_file_counts_once_when_it_is_fetched_again_on_another_day(restored: World) -> None:
    settle(restored.lake, restored.warehouse, as_of=NOON)
    restored.at += timedelta(days=1)

    again = restored.read(restored.file("lost", ("e2", 5, "a"), ("e3", 6, "a"), "no record"))

    assert again == [(3, 2, 1)]
    assert restored.events("file_id") == [("known",), ("lost",), ("lost",)]
    assert restored.lake.scan(EventKeys).collect().height == 3


def test_where_lake_and_warehouse_agree_nothing_is_taken_out_and_no_day_is_touched(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.read(world.file("known", written("e1", 3, "a")))
    world.forget_touches()

    removed = settle(world.lake, world.warehouse, as_of=NOON)

    assert set(removed.values()) == {0}
    assert world.lake.scan(JourneyEvents).collect().height == 1
    assert world.warehouse.read(TouchedDays).is_empty()
