"""Checks look at a few accounts at once, as memory asks for, and leave none out."""

from pathlib import Path

import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs import batches
from journeys_pipeline.defs.checks.balances import Balance, Books, rows_of, summed
from journeys_pipeline.defs.checks.keys import count_repeated
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.metrics import CampaignPerformance
from journeys_pipeline.transforms.metrics import Periods, measure_campaigns
from journeys_pipeline_tests.transforms.metrics.examples import NOVEMBER, at, entered, facts_of

ACCOUNTS = ["acme", "alfa", "beta", "gone"]
FACTS = facts_of(*(entered(at(day), account_id=account) for account in ACCOUNTS for day in (1, 2)))
ENTRIES = Balance("entries", CampaignPerformance, "", summed(CampaignPerformance, "entries"), rows_of(JourneyEntries))


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Figures of the facts; those of alfa are wrong, and of gone there are figures alone."""
    warehouse, lake = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}"), Lake(tmp_path / "lake")
    warehouse.migrate()
    figures = measure_campaigns(FACTS, Periods(NOVEMBER.start, NOVEMBER.end, "day")).collect()
    wrong = figures.with_columns(entries=pl.when(pl.col("account_id") == "alfa").then(9).otherwise("entries"))
    warehouse.replace(CampaignPerformance, wrong, {}, grain="day")
    known = FACTS.entries.filter(pl.col("account_id") != "gone")
    days = known.select(pl.col("day").unique()).collect()["day"].to_list()
    lake.replace(JourneyEntries, known, {"day": days, "account_id": ACCOUNTS})
    return Books(warehouse, lake, None)


@pytest.mark.parametrize(("rows_at_once", "parts"), [(1, 3), (4, 2), (100, 1)])
def test_whatever_is_wrong_is_found_by_exactly_one_part(
    books: Books, monkeypatch: pytest.MonkeyPatch, rows_at_once: int, parts: int
) -> None:
    monkeypatch.setattr(batches, "ROWS_AT_ONCE", rows_at_once)

    apart = books.apart([JourneyEntries])
    wrong = pl.concat(ENTRIES.differences(part) for part in apart).sort(ENTRIES.key)

    assert len(apart) == parts
    assert wrong.select("account_id", "figures", "counted").rows() == [("alfa", 9, 1)] * 2 + [("gone", 1, 0)] * 2


def test_keys_repeat_when_all_their_columns_do() -> None:
    rows = pl.LazyFrame({"account_id": ["a", "a", "b", None, None], "id": ["x", "x", "x", "y", "y"], "n": range(5)})

    assert count_repeated(rows, ["account_id", "id"]) == 2
    assert count_repeated(rows, ["account_id", "id", "n"]) == 0
    assert count_repeated(rows.head(0), ["account_id", "id"]) == 0
