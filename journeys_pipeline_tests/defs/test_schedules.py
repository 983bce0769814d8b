"""The schedules ask for what each tier promises, no more, no less, at each tick."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl
import pytest

from journeys_pipeline.definitions import defs
from journeys_pipeline.defs.jobs import DAILY
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.defs.schedules import schedules
from journeys_pipeline.schemas.mep_ledger import MepSummary
from journeys_pipeline.schemas.metrics import Bookings, Refreshes, TouchedDays

CATALOG = """\
accounts:
  - id: alfa
    name: Alfa
    tiers: [{tier: start, valid_from: 2026-01-01}]
    recipients: [ops@alfa.example, boss@alfa.example]
  - id: beta
    name: Beta
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    recipients: [ops@beta.example]
  - id: mover
    name: Mover
    tiers:
      - {tier: grow, valid_from: 2026-01-01}
      - {tier: scale, valid_from: 2026-04-10}
connections:
  - id: alfa-sftp
    account_id: alfa
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
settings:
  month_close_grace_hours: 72
"""
TICK = datetime(2026, 4, 20, 6, tzinfo=UTC)
TODAY, YESTERDAY = TICK.date(), date(2026, 4, 19)
AN_HOUR_AGO, TWO_HOURS_AGO = TICK - timedelta(hours=1), TICK - timedelta(hours=2)
FEBRUARY, MARCH, APRIL = date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1)
START_TAG, END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"


@pytest.fixture(autouse=True)
def first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_FIRST_DAY", "2026-01-01")


@pytest.fixture
def catalog_file(tmp_path: Path) -> CatalogFile:
    path = tmp_path / "journeys.yaml"
    path.write_text(CATALOG)
    return CatalogFile(path=str(path))


@pytest.fixture
def warehouse_database(tmp_path: Path) -> WarehouseDatabase:
    return WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}")


class Ticks:
    """The schedules by name; each answers what it asks for at a tick."""

    def __init__(self, instance: dg.DagsterInstance, resources: dict[str, Any]) -> None:
        self._instance, self._resources = instance, resources

    def ask(self, name: str, tick: datetime = TICK) -> Any:
        """Requests and skip message of the schedule at the tick."""
        schedule = next(schedule for schedule in schedules if schedule.name == name)
        context = dg.build_schedule_context(
            instance=self._instance,
            scheduled_execution_time=tick,
            resources=self._resources,
            repository_def=defs.get_repository_def(),
        )
        return schedule.evaluate_tick(context)

    def ranges(self, name: str, tick: datetime = TICK) -> list[tuple[str, str]]:
        """First and last partition of each request."""
        return [(request.tags[START_TAG], request.tags[END_TAG]) for request in self.ask(name, tick).run_requests or []]


@pytest.fixture
def ticks(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> Iterator[Ticks]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Ticks(instance, {"catalog_file": catalog_file, "warehouse_database": warehouse_database})


def upsert(database: WarehouseDatabase, table: type[dy.Schema], *rows: dict[str, object]) -> None:
    database.open().upsert(table, pl.DataFrame(list(rows), schema=table.create_empty().schema))


def touch(
    database: WarehouseDatabase, account_id: str, *days: date, at: datetime = AN_HOUR_AGO, files: int | None = None
) -> None:
    row = {"account_id": account_id, "touched_at": at, "files": files}
    upsert(database, TouchedDays, *(row | {"day": day} for day in days))


def mark_refreshed(database: WarehouseDatabase, account_id: str, day: date, *, begun_at: datetime) -> None:
    mark = {"account_id": account_id, "day": day, "tier": "start", "as_of": begun_at, "begun_at": begun_at}
    upsert(database, Refreshes, mark)


def mark_booked(database: WarehouseDatabase, account_id: str, month: date, *, begun_at: datetime) -> None:
    upsert(database, Bookings, {"account_id": account_id, "month": month, "as_of": begun_at, "begun_at": begun_at})


def summarise(database: WarehouseDatabase, month: date, *, is_closed: bool, account_id: str = "alfa") -> None:
    row = {"account_id": account_id, "month": month, "mep": 1, "is_closed": is_closed, "as_of": TICK} | {
        "adjustments": 0
    }
    upsert(database, MepSummary, row)


@pytest.mark.parametrize(("tier", "cron"), [("start", "0 3 * * *"), ("grow", "0 */6 * * *"), ("scale", "0 */2 * * *")])
def test_each_tier_is_refreshed_as_often_as_it_was_promised(tier: str, cron: str) -> None:
    schedule = next(schedule for schedule in schedules if schedule.name == f"refresh_{tier}")

    assert (schedule.cron_schedule, schedule.execution_timezone) == (cron, "UTC")
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


@pytest.mark.parametrize("tier", ["start", "scale"])
def test_a_refresh_covers_yesterday_and_today_for_its_tier_alone(ticks: Ticks, tier: str) -> None:
    [request] = ticks.ask(f"refresh_{tier}").run_requests

    assert request.tags[START_TAG] == "2026-04-19"
    assert request.tags[END_TAG] == "2026-04-20"
    assert request.tags["journeys/tier"] == tier
    assert request.tags["journeys/as_of"] == "2026-04-20T06:00:00+00:00"
    assert request.run_config == {"ops": {asset: {"config": {"tiers": [tier]}} for asset in DAILY}}


def test_the_refresh_job_accepts_what_its_schedule_asks_for(ticks: Ticks) -> None:
    [request] = ticks.ask("refresh_scale").run_requests

    validated = dg.validate_run_config(defs.resolve_job_def("refresh"), request.run_config)

    assert {validated["ops"][asset]["config"]["tiers"][0] for asset in DAILY} == {"scale"}


def test_the_logical_time_is_the_ticks_whenever_it_is_looked_at(ticks: Ticks) -> None:
    amsterdam = datetime.fromisoformat("2026-04-20T01:00:00+02:00")

    [request] = ticks.ask("refresh_scale", amsterdam).run_requests

    assert request.tags["journeys/as_of"] == "2026-04-19T23:00:00+00:00"
    assert (request.tags[START_TAG], request.tags[END_TAG]) == ("2026-04-18", "2026-04-19")


def test_days_that_late_files_touched_are_asked_for_as_ranges_which_bridge_two_weeks(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    touch(warehouse_database, "alfa", date(2026, 2, 1), date(2026, 2, 16), date(2026, 3, 4), date(2026, 4, 18))

    ranges = ticks.ranges("refresh_start")

    assert ranges == [("2026-02-01", "2026-02-16"), ("2026-03-04", "2026-03-04"), ("2026-04-18", "2026-04-20")]


def test_a_run_tells_which_late_files_it_makes_past_days_for(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    march = [date(2026, 3, day) for day in (1, 2, 3, 4)]
    touch(warehouse_database, "alfa", *march[:3], files=1)
    touch(warehouse_database, "alfa", march[3], date(2026, 4, 18), YESTERDAY, files=2)

    late, recent = ticks.ask("refresh_start").run_requests

    assert late.tags["journeys/why"] == "late files: 2026-03-01 to 2026-03-03 (1 file), 2026-03-04 (2 files)"
    assert recent.tags["journeys/why"] == "late files: 2026-04-18 (2 files)"


def test_a_run_over_recent_days_alone_needs_no_reason(ticks: Ticks, warehouse_database: WarehouseDatabase) -> None:
    touch(warehouse_database, "alfa", YESTERDAY, TODAY, files=1)

    [request] = ticks.ask("refresh_start").run_requests

    assert "journeys/why" not in request.tags


def test_the_requests_of_one_tick_differ_and_those_of_the_same_tick_again_do_not(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    touch(warehouse_database, "alfa", date(2026, 3, 1), date(2026, 3, 25))

    once, again = ([request.run_key for request in ticks.ask("refresh_start").run_requests] for _ in range(2))

    assert once == again
    assert len(set(once)) == 3


def test_a_day_is_late_only_if_its_file_came_after_the_last_refresh_began(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    stale, fresh = date(2026, 3, 1), date(2026, 3, 25)
    touch(warehouse_database, "alfa", stale, fresh)
    mark_refreshed(warehouse_database, "alfa", stale, begun_at=TWO_HOURS_AGO)
    mark_refreshed(warehouse_database, "alfa", fresh, begun_at=TICK)

    ranges = ticks.ranges("refresh_start")

    assert ranges == [("2026-03-01", "2026-03-01"), ("2026-04-19", "2026-04-20")]


def test_late_days_of_accounts_on_other_tiers_are_left_to_their_own_schedule(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    touch(warehouse_database, "alfa", date(2026, 3, 1))

    assert ticks.ranges("refresh_scale") == [("2026-04-19", "2026-04-20")]
    assert ("2026-03-01", "2026-03-01") in ticks.ranges("refresh_start")


def test_days_before_the_first_and_after_today_are_not_asked_for(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    touch(warehouse_database, "alfa", date(2025, 12, 31), TODAY + timedelta(days=1))

    assert ticks.ranges("refresh_start") == [("2026-04-19", "2026-04-20")]


def test_an_account_follows_its_new_tier_from_the_day_of_the_change(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    """D24: what was touched under the old tier is refreshed under the new one."""
    before, after = datetime(2026, 4, 9, 18, tzinfo=UTC), datetime(2026, 4, 10, 0, tzinfo=UTC)
    touch(warehouse_database, "mover", date(2026, 3, 1))
    late = ("2026-03-01", "2026-03-01")

    asked = {
        (name, tick): ticks.ranges(name, tick) for name in ("refresh_grow", "refresh_scale") for tick in (before, after)
    }

    assert late in asked["refresh_grow", before]
    assert late not in asked["refresh_scale", before]
    assert late in asked["refresh_scale", after]


def test_a_tier_without_accounts_asks_for_nothing(ticks: Ticks, warehouse_database: WarehouseDatabase) -> None:
    touch(warehouse_database, "mover", date(2026, 3, 1))

    assert ticks.ranges("refresh_grow") == []


def test_fetching_is_asked_for_at_the_ticks_logical_time(ticks: Ticks) -> None:
    [request] = ticks.ask("fetch_all").run_requests

    assert request.tags["journeys/as_of"] == request.run_key == "2026-04-20T06:00:00+00:00"


@pytest.mark.parametrize(
    ("tick", "asked"),
    [
        (datetime(2026, 4, 3, 23, 30, tzinfo=UTC), []),
        (datetime(2026, 4, 4, 0, 0, tzinfo=UTC), [("2026-03-01", "2026-03-01")]),
    ],
)
def test_a_month_is_closed_once_its_grace_is_over(
    ticks: Ticks, warehouse_database: WarehouseDatabase, tick: datetime, asked: list[tuple[str, str]]
) -> None:
    summarise(warehouse_database, MARCH, is_closed=False)
    summarise(warehouse_database, APRIL, is_closed=False)

    assert ticks.ranges("close_months", tick) == asked


def test_all_open_months_past_their_grace_are_closed_together(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    summarise(warehouse_database, FEBRUARY, is_closed=False)
    summarise(warehouse_database, MARCH, is_closed=False, account_id="beta")

    [request] = ticks.ask("close_months").run_requests

    assert (request.tags[START_TAG], request.tags[END_TAG]) == ("2026-02-01", "2026-03-01")
    assert request.tags["journeys/as_of"] == TICK.isoformat()
    assert "journeys/tier" not in request.tags


def test_closing_is_skipped_with_a_reason_when_no_month_is_due(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    summarise(warehouse_database, MARCH, is_closed=True)
    summarise(warehouse_database, APRIL, is_closed=False)

    data = ticks.ask("close_months")

    assert data.run_requests == []
    assert data.skip_message == "No open month has come to the end of its grace, and no refreshed one waits."


def test_days_touched_by_a_clock_ahead_of_its_time_wait_no_longer_than_others(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    ahead = datetime.now(UTC) + timedelta(days=365)
    touch(warehouse_database, "alfa", date(2026, 2, 14), at=ahead)

    first = ticks.ranges("refresh_start")
    mark_refreshed(warehouse_database, "alfa", date(2026, 2, 14), begun_at=datetime.now(UTC))
    second = ticks.ranges("refresh_start")

    assert ("2026-02-14", "2026-02-14") in first
    assert ("2026-02-14", "2026-02-14") not in second


def test_months_that_were_refreshed_and_not_booked_since_are_booked(
    ticks: Ticks, warehouse_database: WarehouseDatabase
) -> None:
    at_three, at_two, at_five = (TICK - timedelta(hours=hours) for hours in (3, 4, 1))
    mark_refreshed(warehouse_database, "alfa", date(2026, 2, 14), begun_at=at_three)  # its booking died
    mark_refreshed(warehouse_database, "beta", date(2026, 3, 14), begun_at=at_two)
    mark_booked(warehouse_database, "alfa", FEBRUARY, begun_at=at_two)
    mark_booked(warehouse_database, "beta", MARCH, begun_at=at_three)
    mark_refreshed(warehouse_database, "beta", TODAY, begun_at=at_five)  # its booking may be at work

    asked = ticks.ranges("close_months")

    assert asked == [("2026-02-01", "2026-02-01")]
