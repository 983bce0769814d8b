"""Each row of the mission about campaign performance, on the smallest journey that shows it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.schemas.journey_events import EXIT_TYPES
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_channels,
    measure_goal_values,
    measure_versions,
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


def campaign(facts: Facts, *columns: str, periods: Periods = NOVEMBER, journey: str = "j") -> list[tuple[Any, ...]]:
    """The columns asked for, one row per period of the journey."""
    rows = measure_campaigns(facts, periods).filter(pl.col("journey_id") == journey)
    return rows.select(columns).collect().rows()


def test_a_person_who_re_enters_is_one_profile_and_two_entries() -> None:  # F6, F7
    facts = facts_of(entered(at(1)), entered(at(2)), entered(at(30, 23), person_id="bob"), entered(at(31)))

    assert campaign(facts, "profiles_in_journey", "entries") == [(2, 3)]


def test_a_contact_of_an_imported_file_is_a_profile_in_the_journey() -> None:  # F64, D9, D23
    contact = {
        "file_id": "f", "account_id": "acme", "journey_id": "j", "person_id": "bob", "is_valid": True,
        "is_duplicate": False, "attributes": "{}", "imported_at": at(2), "day": at(2).date(),
    }  # fmt: skip
    contacts = [contact | {"row_number": 2}, contact | {"row_number": 3, "is_duplicate": True}]

    facts = facts_of(entered(at(1)), contacts=contacts)

    assert campaign(facts, "profiles_in_journey", "entries") == [(2, 2)]


@pytest.mark.parametrize("exit_type", EXIT_TYPES)
def test_only_an_exit_point_counts_as_an_exit(exit_type: str) -> None:  # F8, D16
    facts = facts_of(entered(at(1)), exited(at(2), exit_type=exit_type), exited(at(3), exit_type=exit_type))

    is_exit = exit_type == "exit_point"
    assert campaign(facts, "profiles_exited", "completion_rate") == [(int(is_exit), float(is_exit))]


def test_completion_is_the_share_of_those_who_entered_in_the_period_and_then_exited_in_it() -> None:  # F9
    facts = facts_of(
        entered(at(2)), exited(at(2)),
        entered(at(2), person_id="exits_first"), exited(at(1), person_id="exits_first"),
        entered(at(0), person_id="entered_before"), exited(at(3), person_id="entered_before"),
        entered(at(30), person_id="exits_later"), exited(at(31), person_id="exits_later"),
    )  # fmt: skip

    assert campaign(facts, "profiles_exited", "completion_rate") == [(3, pytest.approx(1 / 3))]


def test_completion_is_unknown_when_nobody_entered() -> None:  # F9
    facts = facts_of(entered(at(0)), exited(at(3)))

    assert campaign(facts, "profiles_in_journey", "profiles_exited", "completion_rate") == [(0, 1, None)]


@pytest.mark.parametrize(
    ("event_type", "active"),
    [
        ("message_seen", 1), ("message_opened", 1), ("message_clicked", 1),
        ("message_delivered", 0), ("message_replied", 0), ("message_unsubscribed", 0),
    ],
)  # fmt: skip
def test_seeing_opening_and_clicking_make_a_profile_active(event_type: str, active: int) -> None:  # F11, F12, D13
    facts = facts_of(entered(at(1)), sent(at(1)), acted(event_type, at(2)), acted(event_type, at(3)))

    assert campaign(facts, "active_profiles") == [(active,)]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([sent(at(1)), acted("message_opened", at(2), is_machine=True)], id="a program opened it (D13)"),
        pytest.param([sent(at(1), journey_id=None), acted("message_opened", at(2))], id="sent outside journeys (F13)"),
        pytest.param([sent(at(1), journey_id="other"), acted("message_opened", at(2))], id="of another journey (F13)"),
        pytest.param([sent(at(1), person_id="bob"), acted("message_opened", at(2))], id="to one who never entered"),
        pytest.param([sent(at(0)), acted("message_opened", at(0, 23))], id="acted before entering (F11)"),
        pytest.param([sent(at(1)), acted("message_opened", at(31))], id="acted after the period (D14)"),
        pytest.param([acted("message_opened", at(2))], id="no message (F13)"),
    ],
)
def test_a_profile_is_not_active_without_its_own_act_on_its_message_of_the_journey(records: list[Record]) -> None:
    facts = facts_of(entered(at(1)), *records)

    assert campaign(facts, "active_profiles") == [(0,)]


def test_repeating_the_goal_adds_events_not_performers() -> None:  # F14, F15, F16
    facts = facts_of(entered(at(1)), entered(at(1), person_id="bob"), bought(at(2)), bought(at(3)))

    assert campaign(facts, "goal_performers", "goal_events") == [(1, 2)]


def test_a_journey_without_a_goal_has_no_goal_figures() -> None:  # F17
    facts = facts_of(entered(at(1), journey_id="no_goal"), bought(at(2)))

    assert campaign(facts, "goal_performers", "goal_events", journey="no_goal") == [(None, None)]


@pytest.mark.parametrize(
    ("performed_at", "goal_events"),
    [
        (at(2) - timedelta(microseconds=1), 0),
        (at(2), 1),
        (at(9), 1),
        (at(9) + timedelta(microseconds=1), 0),
        (at(20), 1),
    ],
)
def test_a_goal_counts_from_an_entry_until_the_window_ends_both_inclusive(
    performed_at: datetime, goal_events: int
) -> None:  # D15
    facts = facts_of(entered(at(2)), entered(at(20)), bought(performed_at))

    assert campaign(facts, "goal_events") == [(goal_events,)]


def test_an_entry_of_last_month_still_earns_the_goal() -> None:  # D14, D15
    facts = facts_of(entered(at(0)), bought(at(2)))

    assert campaign(facts, "profiles_in_journey", "goal_performers") == [(0, 1)]


def test_one_goal_event_counts_once_for_each_journey_that_wants_it() -> None:  # D15
    facts = facts_of(entered(at(1)), entered(at(2)), entered(at(2), journey_id="also_buy"), bought(at(2, 5)))

    assert campaign(facts, "goal_events") == [(1,)]
    assert campaign(facts, "goal_events", journey="also_buy") == [(1,)]


def test_the_goal_is_that_of_the_newest_version() -> None:  # F14
    facts = facts_of(entered(at(1)), bought(at(2), event_name="visit"))

    assert campaign(facts, "goal_events") == [(0,)]


def test_goal_values_are_never_added_across_currencies() -> None:  # F16, D18
    euro, dollar = bought(at(2), value="1.50", currency="EUR"), bought(at(2), value="2", currency="USD")
    facts = facts_of(entered(at(1)), euro, euro, dollar, bought(at(3)))

    rows = measure_goal_values(facts, NOVEMBER).select("currency", "goal_events", "goal_value").collect().rows()
    assert rows == [("", 1, Decimal(0)), ("EUR", 2, Decimal(3)), ("USD", 1, Decimal(2))]


def test_a_months_unique_people_are_not_the_sum_of_its_days() -> None:  # D20
    facts = facts_of(entered(at(1)), entered(at(2)))

    by_day = campaign(facts, "profiles_in_journey", periods=Periods(date(2026, 11, 1), date(2026, 12, 1), "day"))
    assert by_day == [(1,), (1,)]
    assert campaign(facts, "profiles_in_journey") == [(1,)]


def test_test_events_change_no_figure() -> None:  # D22
    records = [entered(at(1)), exited(at(2)), sent(at(1)), acted("message_opened", at(2)), bought(at(2))]
    facts = facts_of(*(record | {"is_test": True} for record in records))

    assert measure_campaigns(facts, NOVEMBER).collect().is_empty()
    assert measure_channels(facts, NOVEMBER).collect().is_empty()


def test_the_versions_of_a_journey_stand_side_by_side_and_share_people() -> None:  # D20
    records = [entered(at(1)), sent(at(1), "a"), exited(at(2))]
    facts = facts_of(*records, *(record | {"journey_version": 1} for record in records[:1]), bought(at(3)))

    columns = ["journey_version", "profiles_in_journey", "profiles_exited", "goal_performers", "messages_sent"]
    assert measure_versions(facts, NOVEMBER).select(columns).collect().rows() == [(1, 1, 0, 1, 0), (2, 1, 1, 1, 1)]
    assert campaign(facts, *columns[1:]) == [(1, 1, 1, 1)]


def test_a_contact_entry_names_no_version_and_is_in_none() -> None:
    contact = {
        "file_id": "f", "row_number": 2, "account_id": "acme", "journey_id": "j", "person_id": "bob", "is_valid": True,
        "is_duplicate": False, "attributes": "{}", "imported_at": at(2), "day": at(2).date(),
    }  # fmt: skip
    facts = facts_of(contacts=[contact])

    assert campaign(facts, "profiles_in_journey") == [(1,)]
    assert measure_versions(facts, NOVEMBER).collect().is_empty()
