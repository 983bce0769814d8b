"""Spans in the real lake: made in any order of days, and served with what is served by day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import combinations_with_replacement
from pathlib import Path

import dagster as dg
import dataframely as dy
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from journeys_pipeline.adapters.lake import Lake, Slice
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets import people_spans as made_as
from journeys_pipeline.defs.assets.people_spans import people_spans
from journeys_pipeline.defs.checks.spans import differing_months, spans_add_up_to_the_days
from journeys_pipeline.defs.fact_reading import read_campaigns
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries, JourneyExits, MessageEvents
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.metrics import CampaignPerformance, PeopleByDay, PeopleSpans
from journeys_pipeline.transforms.metrics import Facts, Periods, measure_campaigns
from journeys_pipeline_tests.defs.test_freshness import CATALOG
from journeys_pipeline_tests.transforms.metrics.examples import acted, at, bought, entered, exited, facts_of, sent

ACCOUNTS = ["acme", "alfa"]
FIRST, END = date(2026, 11, 1), date(2026, 11, 6)
DAYS = days_between(FIRST, END)
FACTS = facts_of(
    entered(at(1)), entered(at(2)), entered(at(4)), entered(at(2), person_id="bob"), entered(at(3), account_id="alfa"),
    exited(at(2, 1)), exited(at(4, 1)), exited(at(5)), exited(at(5), person_id="bob"), exited(at(3), account_id="alfa"),
    sent(at(1, 1), "m"), acted("message_clicked", at(2), "m"), acted("message_clicked", at(4), "m"),
    bought(at(2, 3)), bought(at(3)), bought(at(5), person_id="bob"),
)  # fmt: skip


class Home:
    """Facts of five days and their figures by day; spans when they are made."""

    def __init__(self, folder: Path) -> None:
        (folder / "journeys.yaml").write_text(CATALOG.replace("beta", "acme"))
        self.lake, self.warehouse = Lake(folder / "lake"), Warehouse(f"sqlite:///{folder / 'warehouse.sqlite'}")
        self.warehouse.migrate()
        self._resources = {
            "catalog_file": CatalogFile(path=str(folder / "journeys.yaml")),
            "lake_folder": LakeFolder(folder=str(folder / "lake")),
            "warehouse_database": WarehouseDatabase(url=f"sqlite:///{folder / 'warehouse.sqlite'}"),
        }
        self.lake.replace(Journeys, FACTS.journeys, {"account_id": ACCOUNTS})
        self.put(FACTS)

    def put(self, facts: Facts) -> None:
        """These facts, and the figures by day that are counted from them."""
        tables = {
            JourneyEntries: facts.entries, JourneyExits: facts.exits, MessageEvents: facts.messages,
            GoalEvents: facts.goals,
        }  # fmt: skip
        for table, rows in tables.items():
            self.lake.replace(table, rows, {"day": DAYS, "account_id": ACCOUNTS})
        by_day = measure_campaigns(facts, Periods(FIRST, END, "day")).collect()
        self.warehouse.replace(CampaignPerformance, by_day, {}, grain="day")

    def make(self, first: date, last: date, *, as_of: date = DAYS[-1]) -> dg.ExecuteInProcessResult:
        """A run of spans and their check over the days first..last."""
        tags = range_tags(first, last, as_of=datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=UTC))
        assets = [people_spans, spans_add_up_to_the_days]
        return dg.materialize(assets, resources=self._resources, tags=tags)

    def campaigns(self, start: date, end: date) -> pl.DataFrame:
        """What is served for the days [start, end)."""
        return read_campaigns(self.lake, self.warehouse, ACCOUNTS, start, end).collect()


class InterruptedLake(Lake):
    """A lake in which another run does its work between our reading and our first writing."""

    def __init__(self, root: Path, other_run: Callable[[], None]) -> None:
        super().__init__(root)
        self._others = [other_run]

    def replace(self, table: type[dy.Schema], rows: pl.LazyFrame, within: Slice, *, is_sorted: bool = False) -> None:
        read = rows.collect()
        while self._others:
            self._others.pop()()
        super().replace(table, read.lazy(), within, is_sorted=is_sorted)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def recounted(facts: Facts, start: date, end: date) -> pl.DataFrame:
    return measure_campaigns(facts, Periods(start, end, "range")).collect()


@pytest.mark.parametrize("order", [[(0, 4)], [(3, 4), (0, 2)], [(2, 3), (4, 4), (0, 1)]])
def test_any_range_has_the_figures_of_a_recount_in_whatever_order_its_days_were_made(
    home: Home, order: list[tuple[int, int]]
) -> None:  # F5
    for first, last in order:
        home.make(DAYS[first], DAYS[last])
    home.lake.replace(JourneyEntries, JourneyEntries.create_empty().lazy(), {"day": DAYS, "account_id": ACCOUNTS})

    for first, last in combinations_with_replacement(DAYS, 2):
        end = last + timedelta(days=1)
        assert_frame_equal(home.campaigns(first, end), recounted(FACTS, first, end))


def test_a_day_made_anew_changes_the_spans_of_the_days_after_it(home: Home) -> None:
    home.make(DAYS[0], DAYS[4])
    changed = facts_of(
        entered(at(1)), entered(at(2)), entered(at(3), person_id="bob"), entered(at(4)), exited(at(5)), exited(at(4))
    )

    home.put(changed)
    home.make(DAYS[0], DAYS[4])

    for first, last in combinations_with_replacement(DAYS, 2):
        end = last + timedelta(days=1)
        assert_frame_equal(home.campaigns(first, end), recounted(changed, first, end))


def test_people_are_told_apart_in_parts_when_they_are_many(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.make(DAYS[0], DAYS[4])
    at_once = home.lake.scan(PeopleSpans).collect()

    monkeypatch.setattr(made_as, "PEOPLE_AT_ONCE", 2)
    home.make(DAYS[0], DAYS[4])

    assert_frame_equal(home.lake.scan(PeopleSpans).collect(), at_once, check_row_order=False)
    assert at_once["people"].sum() == 19


def test_people_written_by_another_run_meanwhile_are_in_the_spans_of_the_last(home: Home, tmp_path: Path) -> None:
    home.make(DAYS[0], DAYS[4])
    made = home.lake.scan(PeopleSpans).collect()
    people = home.lake.scan(PeopleByDay).collect().lazy()
    is_early = pl.col("day") < DAYS[2]
    home.lake.replace(PeopleByDay, people.filter(is_early), {"day": DAYS, "account_id": ACCOUNTS})

    def other_run() -> None:
        late = {"day": DAYS[2:], "account_id": ACCOUNTS}
        home.lake.replace(PeopleByDay, people.filter(~is_early), late)
        made_as.replace_spans(home.lake, ACCOUNTS, DAYS[2:])

    made_as.replace_spans(InterruptedLake(tmp_path / "lake", other_run), ACCOUNTS, DAYS)

    assert_frame_equal(home.lake.scan(PeopleSpans).collect(), made, check_row_order=False)


def test_days_without_spans_are_counted_from_facts(home: Home) -> None:
    home.make(DAYS[3], DAYS[4])

    served = home.campaigns(DAYS[0], END)

    assert_frame_equal(served, recounted(FACTS, DAYS[0], END))


def test_a_check_finds_days_that_the_spans_do_not_add_up_to(home: Home) -> None:
    [right] = home.make(DAYS[0], DAYS[4]).get_asset_check_evaluations()

    by_day = home.warehouse.read(CampaignPerformance, grain="day")
    home.warehouse.replace(CampaignPerformance, by_day.with_columns(pl.col("profiles_in_journey") + 1), {}, grain="day")
    [wrong] = home.make(DAYS[1], DAYS[1]).get_asset_check_evaluations()

    assert right.passed
    assert not wrong.passed
    assert wrong.metadata["cells that differ"].value == 1


def test_a_month_that_its_days_do_not_add_up_to_is_found(home: Home) -> None:
    home.make(DAYS[0], DAYS[4])
    by_day = home.warehouse.read(CampaignPerformance, grain="day")
    by_month = measure_campaigns(FACTS, Periods(FIRST, date(2026, 12, 1), "month")).collect()
    spans = home.lake.scan(PeopleSpans)

    spoilt = by_month.with_columns(active_profiles=pl.col("active_profiles") + 1)

    assert differing_months(by_month, by_day, spans).is_empty()
    assert differing_months(spoilt, by_day, spans).height == by_month.height
    assert differing_months(spoilt, by_day, spans.filter(pl.col("day") != DAYS[1])).height < by_month.height
