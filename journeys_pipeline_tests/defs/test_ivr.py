"""IVR tables are made day by day or all at once with the same rows, and each check notices what it is for."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl
import pytest
import sqlalchemy as sa

from journeys_pipeline.defs.assets.ivr_facts import ivr_fact_assets
from journeys_pipeline.defs.assets.ivr_metrics import daily_ivr_assets, monthly_ivr_assets
from journeys_pipeline.defs.checks import IVR_BALANCES
from journeys_pipeline.defs.checks.balances import Books
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.ivr_metrics import IVR_FIGURES
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
  - id: beta
    name: Beta
    tiers: [{tier: start, valid_from: 2026-01-01}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
"""
MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
NOW = datetime(2026, 4, 2, tzinfo=UTC)
ELEMENTS = '[{"element_id":"dial","type":"call","name":"d","next":["menu"]},{"element_id":"menu","next":["dial"]}]'


def event(number: int, kind: str, day: date, **fields: Any) -> dict[str, Any]:
    at = datetime(day.year, day.month, day.day, 12, number, tzinfo=UTC)
    context = {
        "account_id": "acme", "event_id": f"e{number}", "event_type": kind, "occurred_at": at, "day": day,
        "journey_id": "survey", "journey_version": 1, "person_id": "ann", "call_id": f"c{number}",
        "element_id": "menu", "is_test": False, "file_id": "f", "row_number": 1,
    }  # fmt: skip
    ended = {"started_at": at - timedelta(minutes=3), "duration_s": 61.5, "price": Decimal("0.02"), "currency": "EUR"}
    return context | (ended if kind == "call_ended" else {}) | fields


EVENTS = [
    event(1, "call_ended", MONDAY, outcome="completed"),
    event(2, "call_ended", MONDAY, outcome="hung_up", journey_version=2),
    event(3, "call_ended", TUESDAY, outcome="hung_up"),
    event(4, "call_ended", TUESDAY, outcome="busy", duration_s=None, price=None, currency=None, element_id="dial"),
    event(5, "call_ended", WEDNESDAY, outcome="completed"),
    event(6, "menu_shown", MONDAY),
    event(7, "option_pressed", TUESDAY, key="1"),
    event(8, "input_collected", WEDNESDAY, variable="zip", outcome="ok", value="1011", masking="always"),
    event(9, "call_ended", TUESDAY, account_id="beta", outcome="failed"),
]


JOURNEY = {
    "account_id": "acme", "journey_id": "survey", "version": 1, "name": "Survey", "campaign_id": "c",
    "campaign_name": "C", "status": "active", "elements": ELEMENTS, "valid_from": NOW,
}  # fmt: skip
DAILY = [asset.key.to_user_string() for asset in (*ivr_fact_assets, *daily_ivr_assets)]
MONTHLY = [asset.key.to_user_string() for asset in monthly_ivr_assets]
CALLS = [
    "every_call_is_counted", "versions_sum_to_the_calls", "elements_sum_to_the_calls", "currencies_sum_to_the_calls",
    "hours_sum_to_the_calls",
]  # fmt: skip


class Home:
    """A catalog, a lake and a warehouse in one folder."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'warehouse.sqlite'}"
        self.lake_folder = LakeFolder(folder=str(folder / "lake"))
        self.warehouse_database = WarehouseDatabase(url=self.url)
        self._catalog = folder / "journeys.yaml"

    def fill(self) -> None:
        """Name the accounts, and put events and a journey into the lake."""
        self._catalog.write_text(CATALOG)
        journeys = Journeys.validate(pl.DataFrame([JOURNEY], schema=Journeys.create_empty().schema))
        self.lake_folder.open().replace(Journeys, journeys.lazy(), {"account_id": ["acme"]})
        self.add(*EVENTS)

    def add(self, *events: dict[str, Any]) -> None:
        """Put further events into the lake."""
        lake = self.lake_folder.open()
        new = JourneyEvents.validate(pl.DataFrame(list(events), schema=JourneyEvents.create_empty().schema))
        known = lake.scan(JourneyEvents).collect()
        lake.replace(JourneyEvents, pl.concat([known, new]).lazy(), {"account_id": ["acme", "beta"]})

    def make(self, instance: dg.DagsterInstance, names: list[str], first: date, last: date, **config: Any) -> set[str]:
        """The partitions that a run over first..last made of these assets."""
        definitions = dg.Definitions(
            assets=[*ivr_fact_assets, *daily_ivr_assets, *monthly_ivr_assets],
            jobs=[dg.define_asset_job("make", selection=names)],
            executor=dg.in_process_executor,
            resources={
                "lake_folder": self.lake_folder,
                "warehouse_database": self.warehouse_database,
                "catalog_file": CatalogFile(path=str(self._catalog)),
            },
        )
        console = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
        result = definitions.resolve_job_def("make").execute_in_process(
            instance=instance,
            tags=range_tags(first, last, as_of=NOW),
            run_config=console | {"ops": {name: {"config": config} for name in names}},
        )
        return {str(event.partition) for event in result.get_asset_materialization_events()}

    def served(self, grain: str) -> list[pl.DataFrame]:
        """All IVR tables of a grain."""
        return [self.warehouse_database.open().read(table, grain=grain) for table in IVR_FIGURES]

    def failing(self, days: tuple[date, date] | None = None) -> set[str]:
        """The balances that do not hold in these days; None means all."""
        books = Books(self.warehouse_database.open(), self.lake_folder.open(), days)
        return {balance.name for balance in IVR_BALANCES if not balance.differences(books).is_empty()}


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Events, and nothing made of them yet."""
    home = Home(tmp_path)
    home.fill()
    return home


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, instance: dg.DagsterInstance) -> Path:
    folder = tmp_path_factory.mktemp("made")
    home = Home(folder)
    home.fill()
    home.make(instance, DAILY, MONDAY, WEDNESDAY)
    return folder


@pytest.fixture
def made(made_once: Path, tmp_path: Path) -> Home:
    """All days made, in a folder of this test's own."""
    shutil.copytree(made_once, tmp_path / "made")
    return Home(tmp_path / "made")


def test_days_made_one_by_one_are_those_made_all_at_once(home: Home, made: Home, instance: dg.DagsterInstance) -> None:
    partitions = [home.make(instance, DAILY, day, day) for day in (TUESDAY, WEDNESDAY, MONDAY)]

    assert partitions == [{"2026-03-31"}, {"2026-04-01"}, {"2026-03-30"}]
    assert [table.rows() for table in home.served("day")] == [table.rows() for table in made.served("day")]
    assert all(table.height for table in made.served("day"))


def test_each_month_is_counted_from_all_its_days(made: Home, instance: dg.DagsterInstance) -> None:
    partitions = made.make(instance, MONTHLY, date(2026, 3, 1), date(2026, 4, 1))

    assert partitions == {"2026-03-01", "2026-04-01"}
    calls = made.served("month")[0].filter(account_id="acme", journey_version=0)
    assert calls.select("period", "calls", "answered", "unique_callers").rows() == [
        (date(2026, 3, 1), 4, 3, 1),
        (date(2026, 4, 1), 1, 1, 1),
    ]
    assert all(table.height for table in made.served("month"))


def test_a_run_for_one_tier_leaves_the_other_accounts_alone(home: Home, instance: dg.DagsterInstance) -> None:
    home.make(instance, DAILY, MONDAY, WEDNESDAY, tiers=["start"])

    assert set(home.served("day")[0]["account_id"]) == {"beta"}


def test_figures_made_of_the_facts_balance_with_them(made: Home) -> None:
    assert made.failing() == set()
    assert made.failing((TUESDAY, TUESDAY)) == set()


@pytest.mark.parametrize(
    ("statement", "failing"),
    [
        ("UPDATE call_performance_by_day SET busy = busy + 1 WHERE busy = 1", ["calls_are_answered_or_not"]),
        (
            "UPDATE call_performance_by_day SET completed = 0 WHERE completed = 1",
            ["answered_calls_are_completed_or_end_early"],
        ),
        ("UPDATE call_performance_by_day SET calls = 3, failed = 3 WHERE failed = 1 AND journey_version = 0", CALLS),
        ("UPDATE call_element_performance_by_day SET calls = calls + 1", ["elements_sum_to_the_calls"]),
        ("UPDATE call_costs_by_day SET calls = calls + 1 WHERE calls = 1", ["currencies_sum_to_the_calls"]),
        ("UPDATE call_hours_by_day SET calls = calls + 1", ["hours_sum_to_the_calls"]),
        ("UPDATE call_hours_by_day SET answered = 0", ["hours_sum_to_the_answered_calls"]),
        ("DELETE FROM call_drop_offs_by_day WHERE journey_version = 2", ["drop_offs_sum_to_the_early_ends"]),
        ("UPDATE menu_performance_by_day SET shown = shown + 1 WHERE shown = 1", ["every_showing_is_counted"]),
        ("UPDATE menu_paths_by_day SET presses = 2", ["every_press_is_counted"]),
        ("DELETE FROM input_performance_by_day", ["every_attempt_is_counted"]),
    ],
)
def test_a_figure_that_is_not_the_sum_of_its_parts_fails_its_balance(
    made: Home, statement: str, failing: list[str]
) -> None:
    with sa.create_engine(made.url).begin() as connection:
        changed = connection.execute(sa.text(statement)).rowcount

    assert changed > 0
    assert made.failing() == set(failing)


@pytest.mark.parametrize(
    ("table", "lost", "failing"),
    [
        (Calls, "e3", "every_call_is_counted"),
        (MenuSteps, "e6", "every_showing_is_counted"),
        (MenuSteps, "e7", "every_press_is_counted"),
        (CollectedInputs, "e8", "every_attempt_is_counted"),
    ],
)
def test_an_event_that_is_lost_fails_the_balance_of_its_kind(
    made: Home, table: type[dy.Schema], lost: str, failing: str
) -> None:
    lake = made.lake_folder.open()
    without = lake.scan(table).filter(pl.col("source_id") != lost).collect()

    lake.replace(table, without.lazy(), {"account_id": ["acme", "beta"]})

    assert made.failing() == {failing}


def test_a_call_recorded_again_on_a_later_day_is_in_balance(made: Home, instance: dg.DagsterInstance) -> None:
    again = event(10, "call_ended", WEDNESDAY, call_id="c3", outcome="completed")
    made.add(again)

    made.make(instance, DAILY, WEDNESDAY, WEDNESDAY)

    assert made.failing((WEDNESDAY, WEDNESDAY)) == made.failing() == set()
