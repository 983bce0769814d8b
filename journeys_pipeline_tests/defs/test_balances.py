"""Figures balance with facts; a fact that is lost makes the balance of its kind fail, and no other."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.defs.checks import BALANCES, checks
from journeys_pipeline.defs.checks.balances import Books
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.daily_facts import JourneyEntries, JourneyExits, JourneySteps, MessageEvents
from journeys_pipeline.schemas.metrics import CampaignPerformance
from journeys_pipeline.transforms.metrics import Facts, Periods
from journeys_pipeline_tests.transforms.metrics.examples import (
    acted,
    arrived,
    at,
    bought,
    completed,
    entered,
    exited,
    facts_of,
    priced,
    sent,
)

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)
DAYS = [FIRST, SECOND]
FACTS = facts_of(
    entered(at(1)), entered(at(2), person_id="bob"), exited(at(2)), exited(at(2), exit_type="cancelled"),
    arrived(at(1), "wait"), completed(at(2), "wait"), arrived(at(2), "hook"),
    completed(at(2), "hook", outcome="error", error_code="E1"),
    sent(at(1), "a"), acted("message_delivered", at(1, 1), "a"), acted("message_clicked", at(2), "a"),
    sent(at(1), "b", channel="email"), acted("message_bounced", at(1, 1), "b"), sent(at(2), "b"),
    sent(at(1), "late"), acted("message_delivered", at(2), "late"), sent(at(2), "c"),
    sent(at(1), "outside", journey_id=None), acted("message_delivered", at(1), "outside"),
    sent(at(2), "m"), priced(at(2), "0.1"), bought(at(2), value="3"),
)  # fmt: skip


@pytest.fixture
def books(tmp_path: Path) -> Books:
    """Figures and facts of two days that belong together."""
    warehouse, lake = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}"), Lake(tmp_path / "lake")
    warehouse.migrate()
    for table, measure in chain(*(family.measures.items() for family in FAMILIES)):
        rows = measure(FACTS, Periods(FIRST, date(2026, 11, 3), "day")).collect()
        warehouse.replace(table, rows, {}, grain="day")
    keep(lake, FACTS)
    return Books(warehouse, lake, None)


def keep(lake: Lake, facts: Facts) -> None:
    within = {"day": DAYS, "account_id": ["acme"]}
    lake.replace(JourneyEntries, facts.entries, within)
    lake.replace(JourneyExits, facts.exits, within)
    lake.replace(JourneySteps, facts.steps, within)
    lake.replace(MessageEvents, facts.messages, within)


def failing(books: Books) -> list[str]:
    return [balance.name for balance in BALANCES if not balance.differences(books).is_empty()]


def test_figures_made_of_the_facts_balance_with_them(books: Books) -> None:
    assert failing(books) == []
    assert failing(replace(books, days=(SECOND, SECOND))) == []


def is_of(event_type: str, message_id: str | None = None) -> pl.Expr:
    of_message = pl.lit(value=True) if message_id is None else pl.col("message_id") == message_id
    return (pl.col("event_type") == event_type) & of_message


@pytest.mark.parametrize(
    ("lose", "fails"),
    [
        (lambda f: replace(f, entries=f.entries.filter(pl.col("person_id") != "bob")), "every_entry_is_counted"),
        (lambda f: replace(f, exits=f.exits.filter(pl.col("exit_type") != "cancelled")), "every_exit_is_counted"),
        (lambda f: replace(f, exits=f.exits.filter(pl.col("exit_type") == "cancelled")), "every_exit_is_counted"),
        (
            lambda f: replace(f, steps=f.steps.filter(~is_of("element_entered") | (pl.col("element_id") != "hook"))),
            "every_arrival_is_counted",
        ),
        (
            lambda f: replace(f, steps=f.steps.filter(pl.col("outcome").ne_missing("error"))),
            "every_completion_is_counted",
        ),
        (
            lambda f: replace(f, messages=f.messages.filter(~is_of("message_sent", "a"))),
            "every_message_sent_is_counted",
        ),
        (
            lambda f: replace(f, messages=f.messages.filter(~is_of("message_sent", "c"))),
            "every_message_sent_is_counted",
        ),
        (
            lambda f: replace(f, messages=f.messages.filter(~is_of("message_delivered", "a"))),
            "every_fate_is_counted",
        ),
        (lambda f: replace(f, messages=f.messages.filter(~is_of("message_bounced"))), "every_fate_is_counted"),
    ],
)
def test_a_fact_that_is_lost_makes_the_check_of_its_kind_fail_and_no_other(
    books: Books, lose: Callable[[Facts], Facts], fails: str
) -> None:
    keep(books.lake, lose(FACTS))

    assert failing(books) == [fails]


@pytest.mark.parametrize(
    ("figures", "fails"),
    [
        ("entry_points", {"entry_sources_sum_to_the_entries"}),
        ("element_errors", {"error_codes_sum_to_the_errors"}),
        ("goal_values", {"currencies_sum_to_the_goal_events"}),
        ("exits_by_type", {"every_exit_is_counted"}),
        (
            "channel_performance",
            {"channels_sum_to_the_messages_sent", "every_message_sent_is_counted", "every_fate_is_counted"},
        ),
    ],
)
def test_figures_that_are_lost_make_the_checks_that_read_them_fail(books: Books, figures: str, fails: set[str]) -> None:
    with books.warehouse.transaction() as transaction:
        transaction.connection.exec_driver_sql(f"DELETE FROM {figures}_by_day")

    assert set(failing(books)) == fails


@pytest.mark.parametrize(("day", "passed"), [(FIRST, True), (SECOND, False)])
def test_a_run_checks_the_days_that_it_made(books: Books, tmp_path: Path, day: date, passed: bool) -> None:  # noqa: FBT001 - an expectation
    wrong = books.warehouse.read(CampaignPerformance, grain="day").with_columns(
        entries=pl.when(pl.col("period") == SECOND).then(9).otherwise("entries")
    )
    books.warehouse.replace(CampaignPerformance, wrong, {}, grain="day")
    key = dg.AssetCheckKey(dg.AssetKey("campaign_figures_by_day"), "every_entry_is_counted")
    check = next(check for check in checks if key in check.check_keys)

    result = dg.materialize(
        [check],
        selection=dg.AssetSelection.checks(check),
        resources={
            "lake_folder": LakeFolder(folder=str(tmp_path / "lake")),
            "warehouse_database": WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}"),
        },
        tags=range_tags(day, day, as_of=datetime(2026, 11, 3, tzinfo=UTC)),
    )

    [evaluation] = result.get_asset_check_evaluations()
    assert (evaluation.passed, evaluation.metadata["days"].value) == (passed, f"{day} to {day}")
