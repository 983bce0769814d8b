"""How people come in, how far they go, how they leave, and the list of journeys."""

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.schemas.journey_events import EXIT_TYPES, JOURNEY_STATUSES
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_entry_points,
    measure_exits,
    measure_funnel,
    summarise_journeys,
)
from journeys_pipeline_tests.transforms.metrics.examples import (
    NOVEMBER,
    Record,
    acted,
    at,
    bought,
    entered,
    exited,
    facts_of,
    sent,
)


def funnel(*records: Record) -> list[tuple[Any, ...]]:
    rows = measure_funnel(facts_of(*records), NOVEMBER)
    return rows.select("entered", "messaged", "active", "reached_goal").collect().rows()


def summary(facts: Facts, *columns: str, journey: str = "j") -> list[tuple[Any, ...]]:
    first_day, end = date(2026, 1, 1), date(2026, 12, 2)
    figures = measure_campaigns(facts, Periods(first_day, end, "range"))
    rows = summarise_journeys(facts, figures, first_day=first_day, end=end)
    return rows.filter(pl.col("journey_id") == journey).select(columns).collect().rows()


def test_a_re_entry_is_an_entry_of_a_person_who_came_before_at_any_time_by_any_way() -> None:  # F7, F64
    facts = facts_of(
        entered(at(-300), entry_source="event"), entered(at(1)), entered(at(2), person_id="bob"),
        entered(at(2), person_id="bob"), entered(at(2), journey_id="also_buy", person_id="bob"),
    )  # fmt: skip

    rows = measure_entry_points(facts, NOVEMBER).drop("account_id", "period").collect().rows()
    assert rows == [("also_buy", "api", 1, 1, 0), ("j", "api", 3, 2, 2)]


def test_every_exit_type_is_counted_apart_by_exits_people_and_passages() -> None:  # D16
    exits = [
        exited(at(1), exit_type=exit_type, entry_id=entry) for exit_type in EXIT_TYPES for entry in ("p1", "p1", "p2")
    ]
    facts = facts_of(*exits)

    rows = measure_exits(facts, NOVEMBER).select("exit_type", "exits", "people", "passages").collect().rows()
    assert rows == [(exit_type, 3, 1, 2) for exit_type in sorted(EXIT_TYPES)]


def test_a_funnel_holds_whom_the_step_before_holds() -> None:
    def of(person: str, *records: Record) -> list[Record]:
        return [record | {"person_id": person} for record in (entered(at(2)), *records)]

    mine, opened = sent(at(3), "all"), acted("message_opened", at(3, 1), "all")
    through = of("all", mine, opened, bought(at(4)))
    silent = of("silent", sent(at(3), "silent"), bought(at(4)))
    unsent = of("unsent", bought(at(4)))

    assert funnel(*through, *silent, *unsent) == [(3, 2, 1, 1)]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([sent(at(1))], id="before the entry"),
        pytest.param([sent(at(1)), acted("message_opened", at(3)), bought(at(4))], id="the later steps alone"),
        pytest.param([sent(at(31))], id="after the period"),
        pytest.param([sent(at(3), person_id="bob")], id="to another"),
        pytest.param([sent(at(3), journey_id="also_buy")], id="by another journey"),
    ],
)
def test_a_step_of_a_funnel_is_taken_by_the_person_in_the_journey_after_the_entry(records: list[Record]) -> None:
    assert funnel(entered(at(2)), *records)[0] == (1, 0, 0, 0)


def test_a_funnel_without_a_goal_ends_with_the_active() -> None:  # F10, F17
    assert funnel(entered(at(2), journey_id="no_goal")) == [(1, 0, 0, None)]


def test_the_summary_says_what_a_journey_is_and_its_people_to_date() -> None:  # F1, F2
    facts = facts_of(
        entered(at(-100)), entered(at(1)), exited(at(2)), sent(at(1)), acted("message_opened", at(2)), bought(at(3)),
    )  # fmt: skip

    identity = summary(facts, "name", "status", "newest_version", "launched_at", "last_active_on")
    figures = ["profiles_in_journey", "profiles_exited", "active_profiles", "goal_performers", "messages_sent"]

    assert identity == [("J", "active", 2, at(0), date(2026, 11, 2))]
    assert summary(facts, *figures) == [(1, 1, 1, 1, 1)]


@pytest.mark.parametrize("status", JOURNEY_STATUSES)
def test_a_journey_with_activity_or_a_status_after_launch_is_in_the_summary(status: str) -> None:  # F1
    changed = pl.lit(None).alias("launched_at"), pl.lit(status).alias("status")
    idle, busy = facts_of(), facts_of(entered(at(1)))
    idle, busy = (replace(facts, journeys=facts.journeys.with_columns(*changed)) for facts in (idle, busy))

    is_launched = status in {"active", "finishing", "finished"}
    assert summary(idle, "status") == [(status,)] * is_launched
    assert summary(busy, "status") == [(status,)]


def test_a_journey_that_no_feed_defines_is_in_the_summary_once_somebody_entered() -> None:  # F1
    facts = facts_of(entered(at(1), journey_id="unheard_of"))

    columns = ["name", "newest_version", "profiles_in_journey", "goal_performers"]
    assert summary(facts, *columns, journey="unheard_of") == [(None, None, 1, None)]


def test_a_cancelled_journey_that_was_launched_stays_in_the_summary_without_figures() -> None:  # F1
    facts = facts_of()

    cancelled = replace(facts, journeys=facts.journeys.with_columns(status=pl.lit("cancelled")))

    assert summary(cancelled, "status", "profiles_in_journey", "goal_performers") == [("cancelled", 0, 0)]
