"""An account as a whole: a person in several journeys is one, in every period (F94, D20)."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from journeys_pipeline.periods import days_between
from journeys_pipeline.transforms.metrics import Facts, Periods, measure_accounts, measure_month_start, month_starts
from journeys_pipeline_tests.transforms.metrics.examples import NOVEMBER, acted, at, bought, entered, facts_of, sent
from journeys_pipeline_tests.transforms.metrics.worlds import PASSING, World, worlds
from journeys_pipeline_tests.transforms.metrics.worlds import facts_of as facts_of_world

FIGURES = ["profiles_in_journey", "entries", "active_profiles", "goal_performers", "messages_sent"]


def account(facts: Facts, periods: Periods = NOVEMBER) -> list[tuple[int, ...]]:
    return measure_accounts(facts, periods).select(FIGURES).collect().rows()


def test_a_person_in_two_journeys_is_one_profile_and_two_entries() -> None:  # D20, F58
    facts = facts_of(entered(at(1)), entered(at(2), journey_id="also_buy"), entered(at(3), person_id="bob"))

    assert account(facts) == [(2, 3, 0, 0, 0)]


def test_a_person_active_in_one_of_two_journeys_is_active() -> None:  # F11, F13
    other = {"journey_id": "no_goal"}

    facts = facts_of(
        entered(at(1)), entered(at(1), **other), sent(at(2)), acted("message_clicked", at(3)), sent(at(3), "n", **other)
    )

    assert account(facts) == [(1, 2, 1, 0, 2)]


def test_acting_on_a_message_of_a_journey_not_entered_is_no_activity() -> None:  # F13
    facts = facts_of(entered(at(1), journey_id="no_goal"), sent(at(2)), acted("message_clicked", at(3)))

    assert account(facts) == [(1, 1, 0, 0, 1)]


def test_a_goal_of_two_journeys_has_one_performer() -> None:  # F14, F15
    facts = facts_of(entered(at(1)), entered(at(1), journey_id="also_buy"), bought(at(1, 5)), bought(at(1, 6)))

    assert account(facts) == [(1, 2, 0, 1, 0)]


@given(worlds(PASSING))
@settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow])
def test_profiles_are_the_different_people_who_entered(world: World) -> None:
    facts = facts_of_world(world)
    periods = Periods(date(2026, 11, 1), date(2026, 12, 1), "day")

    measured = measure_accounts(facts, periods).filter(pl.col("entries") > 0).collect()

    entries = facts.entries.filter(pl.col("day").is_between(date(2026, 11, 1), date(2026, 11, 30))).collect()
    people: dict[tuple[str, date], set[str]] = {}
    for account_id, day, person in entries.select("account_id", "day", "person_id").iter_rows():
        people.setdefault((account_id, day), set()).add(person)
    assert {(row[0], row[1]): row[2] for row in measured.select("account_id", "period", FIGURES[0]).rows()} == {
        cell: len(of_cell) for cell, of_cell in people.items()
    }


def test_the_first_days_of_a_month_are_counted_for_comparison_with_the_same_days() -> None:  # F78
    facts = facts_of(
        entered(at(1)),
        entered(at(3)),
        entered(at(3), person_id="bob"),
        entered(at(4), person_id="eve"),
        entered(at(31)),
    )

    starts = measured_starts(facts, date(2026, 12, 3)).select("month", "days", *FIGURES[:2])

    assert starts.rows() == [(date(2026, 11, 1), 3, 2, 3), (date(2026, 12, 1), 3, 1, 1)]


@pytest.mark.parametrize(("today", "days"), [(date(2026, 3, 31), [28, 31]), (date(2026, 3, 1), [1, 1])])
def test_a_shorter_month_ends_before_the_day_that_it_is_compared_up_to(today: date, days: list[int]) -> None:
    every_day = [entered(at(1) + timedelta(days=(day - date(2026, 11, 1)).days)) for day in _days_of_spring()]

    starts = measured_starts(facts_of(*every_day), today)

    assert starts.select("days", "entries").rows() == [(count, count) for count in days]


def measured_starts(facts: Facts, today: date) -> pl.DataFrame:
    """AccountMonthStarts of today's month and the one before, by month."""
    return pl.concat(measure_month_start(facts, start) for start in month_starts(today, 2)).sort("month").collect()


def _days_of_spring() -> list[date]:
    return days_between(date(2026, 2, 1), date(2026, 4, 1))
