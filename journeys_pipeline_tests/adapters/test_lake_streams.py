"""Any number of rows goes into the lake in the order in which it comes, and is there whole or not at all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable, QueryBuilder

from journeys_pipeline.adapters import table_files
from journeys_pipeline.adapters.lake import Lake, SliceRejected
from journeys_pipeline.adapters.table_files import TableFiles
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys
from journeys_pipeline.schemas.mep_ledger import MepLedger

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)

Row = tuple[date, str, str]  # day, file_id, event_id


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path) -> Lake:
    return Lake(root)


def put(lake: Lake, days: Sequence[date], files: Sequence[str], *rows: Row) -> None:
    events = [{"day": day, "file_id": file, "event_id": event, "account_id": "acme"} for day, file, event in rows]
    frame = pl.DataFrame(events, schema=JourneyEvents.create_empty().schema)
    lake.replace(JourneyEvents, frame.lazy(), {"day": days, "file_id": files}, is_sorted=True)


def stored(lake: Lake) -> list[tuple[Any, ...]]:
    return sorted(lake.scan(JourneyEvents).select("day", "file_id", "event_id").collect().rows())


def test_rows_lie_in_the_order_in_which_they_came_cut_into_files(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_files, "BYTES_PER_FILE", 10_000)
    names = [f"e{number * 7919 % 1000}" for number in range(1000)]

    put(lake, [MONDAY], ["f"], *((MONDAY, "f", name) for name in names))

    assert lake.scan(JourneyEvents).collect()["event_id"].to_list() == names


def test_a_slice_is_replaced_and_what_is_beside_it_stays(lake: Lake) -> None:
    put(lake, [MONDAY, TUESDAY], ["f", "g"], (MONDAY, "f", "e1"), (MONDAY, "g", "e2"), (TUESDAY, "f", "e3"))

    put(lake, [MONDAY], ["f"], (MONDAY, "f", "e4"))

    assert stored(lake) == [(MONDAY, "f", "e4"), (MONDAY, "g", "e2"), (TUESDAY, "f", "e3")]


def test_a_slice_replaced_by_no_rows_is_emptied(lake: Lake) -> None:
    put(lake, [MONDAY], ["f", "g"], (MONDAY, "f", "e1"), (MONDAY, "g", "e2"))

    put(lake, [MONDAY], ["f"])

    assert stored(lake) == [(MONDAY, "g", "e2")]


@pytest.mark.parametrize("outside", [(TUESDAY, "f", "e2"), (MONDAY, "g", "e2")])
def test_a_row_outside_the_slice_lets_none_in_and_leaves_no_file(lake: Lake, root: Path, outside: Row) -> None:
    with pytest.raises(SliceRejected):
        put(lake, [MONDAY], ["f"], (MONDAY, "f", "e1"), outside)

    assert stored(lake) == []
    assert list(root.rglob("part-*.parquet")) == []


def test_other_engines_read_what_was_streamed_in_its_types(lake: Lake, root: Path) -> None:
    put(lake, [MONDAY, TUESDAY], ["f"], (MONDAY, "f", "e1"), (TUESDAY, "f", "e2"))

    events = QueryBuilder().register("events", DeltaTable(root / "journey_events"))
    [count] = pl.DataFrame(events.execute("SELECT count(price) FROM events WHERE day = '2026-03-03'").read_all()).row(0)
    [day] = pl.DataFrame(events.execute("SELECT event_id FROM events WHERE day = '2026-03-03'").read_all()).row(0)

    assert (count, day) == (0, "e2")


def test_a_table_without_days_and_one_by_month_take_streams_too(lake: Lake) -> None:
    journey = {"account_id": "acme", "journey_id": "j", "version": 1, "valid_from": NOON}
    mep = {"account_id": "acme", "person_id": "ann", "month": MONDAY.replace(day=1), "engaged_at": NOON}
    journeys = pl.DataFrame([journey], schema=Journeys.create_empty().schema)
    meps = pl.DataFrame([mep], schema=MepLedger.create_empty().schema)

    lake.replace(Journeys, journeys.lazy(), {"account_id": ["acme"]}, is_sorted=True)
    lake.replace(MepLedger, meps.lazy(), {"month": [mep["month"]]}, is_sorted=True)

    assert lake.scan(Journeys).collect().equals(journeys)
    assert lake.scan(MepLedger).collect().equals(meps)


def test_a_slice_is_exchanged_in_one_commit_so_that_readers_never_see_it_empty(lake: Lake, root: Path) -> None:
    put(lake, [MONDAY], ["f", "g"], (MONDAY, "f", "e1"), (MONDAY, "g", "e2"))
    version = DeltaTable(root / "journey_events").version()

    put(lake, [MONDAY], ["f"], (MONDAY, "f", "e3"))

    assert DeltaTable(root / "journey_events").version() == version + 1
    assert stored(lake) == [(MONDAY, "f", "e3"), (MONDAY, "g", "e2")]


def test_rows_beside_the_slice_in_the_same_file_keep_their_order(lake: Lake) -> None:
    rows = [(MONDAY, "fg"[number % 2], f"e{number * 7919 % 1000}") for number in range(1000)]
    put(lake, [MONDAY], ["f", "g"], *rows)

    put(lake, [MONDAY], ["f"])

    assert lake.scan(JourneyEvents).collect()["event_id"].to_list() == [event for _, file, event in rows if file == "g"]


def test_a_slice_that_others_commit_to_meanwhile_is_exchanged_anew(
    lake: Lake, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, [MONDAY], ["f", "g"], (MONDAY, "f", "e1"), (MONDAY, "g", "e2"))
    others = [lambda: put(lake, [MONDAY], ["g"], (MONDAY, "g", "e4"))]
    exchange = TableFiles.exchange

    def overtaken(self: TableFiles, *args: Any, **options: Any) -> None:
        if others:
            others.pop()()
        exchange(self, *args, **options)

    monkeypatch.setattr(TableFiles, "exchange", overtaken)
    put(lake, [MONDAY], ["f"], (MONDAY, "f", "e3"))

    assert stored(lake) == [(MONDAY, "f", "e3"), (MONDAY, "g", "e4")]


@pytest.mark.parametrize("is_empty", [True, False], ids=["an empty slice", "a slice with rows"])
def test_of_writers_that_fill_one_slice_at_once_the_last_one_wins(lake: Lake, *, is_empty: bool) -> None:
    put(lake, [MONDAY], ["f"], *([] if is_empty else [(MONDAY, "f", "before")]))
    writers = [f"w{number}" for number in range(6)]

    with ThreadPoolExecutor(len(writers)) as pool:
        list(
            pool.map(
                lambda name: put(lake, [MONDAY], ["f"], (MONDAY, "f", f"{name}a"), (MONDAY, "f", f"{name}b")), writers
            )
        )

    events = [event for _, _, event in stored(lake)]
    assert events in [[f"{name}a", f"{name}b"] for name in writers]


def test_a_streamed_slice_and_a_sorted_one_at_once_are_not_both_there(lake: Lake) -> None:
    frame = pl.DataFrame(
        [{"day": MONDAY, "file_id": "f", "event_id": "sorted", "account_id": "acme"}],
        schema=JourneyEvents.create_empty().schema,
    )
    within = {"day": [MONDAY], "file_id": ["f"]}
    put(lake, [MONDAY], ["f"])

    with ThreadPoolExecutor(8) as pool:
        streamed = [pool.submit(put, lake, [MONDAY], ["f"], (MONDAY, "f", "streamed")) for _ in range(4)]
        sorted_ = [pool.submit(lake.replace, JourneyEvents, frame.lazy(), within) for _ in range(4)]
    failures = [task.exception() for task in [*streamed, *sorted_] if task.exception()]

    assert failures == []
    assert [event for _, _, event in stored(lake)] in [["streamed"], ["sorted"]]
