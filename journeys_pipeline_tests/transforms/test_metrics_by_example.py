"""Each row of the mission about campaign performance, on the smallest journey that shows it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import EXIT_TYPES, JourneyEvents, Journeys
from journeys_pipeline.transforms.daily_facts import (
    collect_entries,
    collect_exits,
    collect_goals,
    collect_messages,
    collect_steps,
)
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_channels,
    measure_elements,
    measure_goal_values,
)

Record = dict[str, Any]

NOVEMBER = Periods(date(2026, 11, 1), date(2026, 12, 1), "month")
JOURNEY_GOALS = [("j", 1, "visit", 90), ("j", 2, "buy", 7), ("also_buy", 1, "buy", 1), ("no_goal", 1, None, None)]


def at(day: int, hour: int = 0) -> datetime:
    """An hour of a day in November; day 31 is in December, day 0 in October."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour)


def event(event_type: str, occurred_at: datetime, **fields: Any) -> Record:
    return {"event_type": event_type, "occurred_at": occurred_at, "journey_id": "j", "person_id": "ann"} | fields


def entered(occurred_at: datetime, **fields: Any) -> Record:
    return event("journey_entered", occurred_at, **({"entry_source": "api"} | fields))


def exited(occurred_at: datetime, **fields: Any) -> Record:
    return event("journey_exited", occurred_at, **({"exit_type": "exit_point"} | fields))


def sent(occurred_at: datetime, message_id: str = "m", **fields: Any) -> Record:
    return event("message_sent", occurred_at, message_id=message_id, **({"channel": "sms"} | fields))


def acted(event_type: str, occurred_at: datetime, message_id: str = "m", **fields: Any) -> Record:
    return event(event_type, occurred_at, message_id=message_id, channel="sms", **fields)


def priced(occurred_at: datetime, price: str, currency: str = "EUR") -> Record:
    return event("message_priced", occurred_at, message_id="m", channel="sms", price=Decimal(price), currency=currency)


def bought(occurred_at: datetime, **fields: Any) -> Record:
    return event("goal_performed", occurred_at, **({"event_name": "buy", "journey_id": None} | fields))


def facts_of(*records: Record, contacts: list[Record] | None = None) -> Facts:
    """The facts of records, which become events e1, e2, … of one account."""
    envelope = {"account_id": "acme", "is_test": False, "file_id": "f", "row_number": 1, "journey_version": 2}
    rows = [
        envelope | {"event_id": f"e{number}", "entry_id": f"e{number}", "day": record["occurred_at"].date()} | record
        for number, record in enumerate(records, 1)
    ]
    goals = [
        {"account_id": "acme", "journey_id": journey, "version": version, "name": "J", "campaign_id": "c",
         "campaign_name": "C", "status": "active", "goal_event_name": goal, "goal_attribution_days": attribution_days,
         "elements": "[]", "valid_from": at(1)}
        for journey, version, goal, attribution_days in JOURNEY_GOALS
    ]  # fmt: skip
    events = JourneyEvents.validate(pl.DataFrame(rows, schema=JourneyEvents.create_empty().schema)).lazy()
    entries = ContactEntries.validate(pl.DataFrame(contacts or [], schema=ContactEntries.create_empty().schema))
    journeys = Journeys.validate(pl.DataFrame(goals, schema=Journeys.create_empty().schema))
    return Facts(
        collect_entries(events, entries.lazy()),
        collect_exits(events),
        collect_steps(events),
        collect_messages(events),
        collect_goals(events),
        journeys.lazy(),
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


def test_channels_sum_to_the_messages_sent_whatever_their_segments() -> None:  # F18, F19, D17
    facts = facts_of(sent(at(1), "a", segments=3), sent(at(1), "b"), sent(at(2), "c", channel="email"))

    rows = measure_channels(facts, NOVEMBER).select("channel", "messages_sent", "segments").collect().rows()
    assert rows == [("email", 1, 1), ("sms", 2, 4)]
    assert campaign(facts, "messages_sent") == [(3,)]


@pytest.mark.parametrize("start", [1, 2])
def test_a_message_recorded_twice_counts_once_on_its_first_day_whichever_days_are_measured(start: int) -> None:  # D17
    facts = facts_of(entered(at(2)), sent(at(2)), sent(at(1)))

    days = Periods(date(2026, 11, start), date(2026, 11, 3), "day")
    first_day = [(date(2026, 11, 1), 1)]
    assert campaign(facts, "period", "messages_sent", periods=days) == [*first_day, (date(2026, 11, 2), 0)][start - 1 :]
    assert measure_channels(facts, days).select("period", "messages_sent").collect().rows() == first_day[start - 1 :]


@pytest.mark.parametrize(
    ("prices", "cost"),
    [
        ([], [("EUR", Decimal("0.30"))]),
        ([priced(at(3), "0.20"), priced(at(2), "0.90")], [("EUR", Decimal("0.20"))]),
        ([priced(at(31), "0.10", "USD")], [("USD", Decimal("0.10"))]),
    ],
)
def test_a_price_is_for_the_whole_message_and_the_latest_wins(prices: list[Record], cost: list[Any]) -> None:  # F20
    facts = facts_of(sent(at(1), segments=3, price=Decimal("0.30"), currency="EUR"), *prices)

    assert measure_channels(facts, NOVEMBER).select("currency", "cost").collect().rows() == cost


def test_cost_is_per_currency_and_unknown_without_a_price() -> None:  # F20, D18
    euros = [sent(at(1), name, price=Decimal("0.1"), currency="EUR") for name in "ab"]
    facts = facts_of(*euros, sent(at(1), "c", price=Decimal("0.1"), currency="USD"), sent(at(1), "d"))

    rows = measure_channels(facts, NOVEMBER).select("currency", "cost").collect().rows()
    assert rows == [("", None), ("EUR", Decimal("0.2")), ("USD", Decimal("0.1"))]


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


def test_an_element_that_sends_nothing_has_its_traffic_too() -> None:  # F3, F22
    arrived = event("element_entered", at(1), element_id="wait")
    completed = event("element_completed", at(2), element_id="wait", outcome="ok")
    facts = facts_of(arrived, arrived, arrived | {"person_id": "bob"}, completed, completed | {"outcome": "error"})

    columns = ["element_id", "entered", "unique_people", "completed", "errored"]
    assert measure_elements(facts, NOVEMBER).select(columns).collect().rows() == [("wait", 3, 2, 2, 1)]
