"""A run's balances are of the days and accounts that it made, from the real lake and warehouse."""

from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.defs.checks import checks
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.metrics import CampaignPerformance, Refreshes, TouchedDays
from journeys_pipeline.transforms.metrics import Periods
from journeys_pipeline_tests.defs.test_freshness import CATALOG
from journeys_pipeline_tests.transforms.metrics.examples import at, entered, facts_of

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)
FACTS = facts_of(entered(at(1)), entered(at(2), person_id="bob"), entered(at(2), account_id="alfa"))
ENTRIES = dg.AssetCheckKey(dg.AssetKey("campaign_figures_by_day"), "every_entry_is_counted")
FUTURE = datetime.now(UTC) + timedelta(days=1)


class Home:
    """Figures and facts of two days that belong together, and a catalog: alfa is on the tier start."""

    def __init__(self, folder: Path) -> None:
        (folder / "journeys.yaml").write_text(CATALOG)
        self.warehouse, lake = Warehouse(f"sqlite:///{folder / 'warehouse.sqlite'}"), Lake(folder / "lake")
        self.warehouse.migrate()
        for table, measure in chain(*(family.measures.items() for family in FAMILIES)):
            rows = measure(FACTS, Periods(FIRST, date(2026, 11, 3), "day")).collect()
            self.warehouse.replace(table, rows, {}, grain="day")
        lake.replace(JourneyEntries, FACTS.entries, {"day": [FIRST, SECOND], "account_id": ["acme", "alfa"]})
        self._resources = {
            "catalog_file": CatalogFile(path=str(folder / "journeys.yaml")),
            "lake_folder": LakeFolder(folder=str(folder / "lake")),
            "warehouse_database": WarehouseDatabase(url=f"sqlite:///{folder / 'warehouse.sqlite'}"),
        }

    def spoil(self, account_id: str) -> None:
        """Serve a wrong figure of the second day."""
        is_spoilt = (pl.col("period") == SECOND) & (pl.col("account_id") == account_id)
        rows = self.warehouse.read(CampaignPerformance, grain="day")
        wrong = rows.with_columns(entries=pl.when(is_spoilt).then(9).otherwise("entries"))
        self.warehouse.replace(CampaignPerformance, wrong, {}, grain="day")

    def touch(self, account_id: str, at: datetime) -> None:
        row = {"account_id": account_id, "day": SECOND, "touched_at": at}
        self.warehouse.upsert(TouchedDays, pl.DataFrame([row], schema=TouchedDays.create_empty().schema))

    def mark_made(self, account_id: str, at: datetime) -> None:
        row = {"account_id": account_id, "day": SECOND, "tier": "start", "as_of": at, "begun_at": at}
        self.warehouse.upsert(Refreshes, pl.DataFrame([row], schema=Refreshes.create_empty().schema))

    def judge(self, tags: dict[str, str] | None = None) -> dg.AssetCheckEvaluation:
        """What the check of entries says in a run with these tags."""
        done = dg.materialize(
            [check for check in checks if ENTRIES in check.check_keys],
            selection=dg.AssetSelection.checks(ENTRIES),
            resources=self._resources,
            tags=tags,
        )
        [evaluation] = done.get_asset_check_evaluations()
        return evaluation


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def of_days(first: date, last: date) -> dict[str, str]:
    return range_tags(first, last, as_of=datetime(2026, 11, 3, tzinfo=UTC))


@pytest.mark.parametrize(("day", "passed"), [(FIRST, True), (SECOND, False)])
def test_a_run_checks_the_days_that_it_made(home: Home, day: date, passed: bool) -> None:  # noqa: FBT001 - an expectation
    home.spoil("acme")

    evaluation = home.judge(of_days(day, day))

    assert (evaluation.passed, evaluation.metadata["days"].value) == (passed, f"{day} to {day}")


def test_a_check_by_itself_judges_all_days(home: Home) -> None:
    before = home.judge()
    home.spoil("acme")

    evaluation = home.judge()

    assert (before.passed, evaluation.passed, evaluation.metadata["days"].value) == (True, False, "all")
    assert "| acme | j | 2026-11-02 | 9 | 1 |" in str(evaluation.metadata["first"].value)


@pytest.mark.parametrize(
    ("touched_at", "tags", "passed"),
    [
        (at(3), of_days(FIRST, SECOND), False),  # before the run began
        (FUTURE, of_days(FIRST, SECOND), True),  # while it went on
        (at(3), None, False),  # before the day was made
        (at(5), None, True),  # since
    ],
)
def test_a_day_that_a_file_touched_since_it_was_made_is_not_judged(
    home: Home,
    touched_at: datetime,
    tags: Any,
    passed: bool,  # noqa: FBT001 - an expectation
) -> None:
    home.spoil("alfa")
    home.touch("alfa", touched_at)
    home.mark_made("alfa", at(4))

    assert home.judge(tags).passed is passed
