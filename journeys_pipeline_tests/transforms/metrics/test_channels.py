"""What became of messages, who acted on them, and what they cost, per channel."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from journeys_pipeline.schemas.journey_events import CHANNELS
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_channel_costs,
    measure_channels,
)
from journeys_pipeline_tests.transforms.metrics.examples import NOVEMBER, Record, acted, at, facts_of, priced, sent

FATES = ["delivered", "failed", "bounced_hard", "bounced_soft", "pending"]
OPENS, CLICKS = ["opened", "opened_messages", "opened_people"], ["clicked", "clicked_messages", "clicked_people"]
SEES = ["seen", "seen_messages", "seen_people"]
ALWAYS = ["messages_sent", "delivered", "pending"]
CHAT = [*ALWAYS, "failed", *SEES, *CLICKS, "replied"]
PUSH = [*ALWAYS, "failed", *SEES, *OPENS, *CLICKS]
TEXT = [*ALWAYS, "failed", "segments", *CLICKS, "replied"]
HAVE = {
    "email": [*ALWAYS, "bounced_hard", "bounced_soft", *OPENS, "machine_opens", *CLICKS, "unsubscribed", "complained"],
    **dict.fromkeys(["sms", "mms"], TEXT),
    **dict.fromkeys(["viber", "whatsapp", "rcs", "messenger", "line"], CHAT),
    **dict.fromkeys(["mobile_push", "web_push", "in_app"], PUSH),
    "voice": [*ALWAYS, "failed"],
}  # fmt: skip


def channel(facts: Facts, *columns: str, periods: Periods = NOVEMBER) -> list[tuple[Any, ...]]:
    return measure_channels(facts, periods).select(columns).collect().rows()


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_has_its_own_figures_and_null_for_what_it_lacks(name: str) -> None:  # F4, F21, F33
    facts = facts_of(sent(at(1), channel=name))

    [figures] = (
        measure_channels(facts, NOVEMBER).drop("account_id", "journey_id", "period", "channel").collect().to_dicts()
    )

    assert sorted(column for column, value in figures.items() if value is not None) == sorted(HAVE[name])


def test_channels_sum_to_the_messages_sent_whatever_their_segments() -> None:  # F18, F19, D17
    facts = facts_of(sent(at(1), "a", segments=3), sent(at(1), "b"), sent(at(2), "c", channel="email"))

    assert channel(facts, "channel", "messages_sent", "segments") == [("email", 1, None), ("sms", 2, 4)]
    assert measure_campaigns(facts, NOVEMBER).select("messages_sent").collect().rows() == [(3,)]


@pytest.mark.parametrize("start", [1, 2])
def test_a_message_recorded_twice_counts_once_on_its_first_day_whichever_days_are_measured(start: int) -> None:  # D17
    facts = facts_of(sent(at(2)), sent(at(1)))

    days = Periods(date(2026, 11, start), date(2026, 11, 3), "day")

    first_day = [(date(2026, 11, 1), 1)]
    assert channel(facts, "period", "messages_sent", periods=days) == first_day[start - 1 :]


@pytest.mark.parametrize(
    ("records", "fates"),
    [
        pytest.param([], (0, None, 0, 0, 1), id="nothing heard"),
        pytest.param([("message_delivered", 2, None)], (1, None, 0, 0, 0), id="delivered"),
        pytest.param([("message_bounced", 2, True)], (0, None, 1, 0, 0), id="bounced for good"),
        pytest.param([("message_bounced", 2, None)], (0, None, 0, 1, 0), id="bounced"),
        pytest.param([("message_failed", 2, None)], (0, None, 0, 1, 0), id="an email that failed has bounced"),
        pytest.param(
            [("message_delivered", 3, None), ("message_bounced", 2, None)], (1, None, 0, 0, 0), id="then delivered"
        ),
        pytest.param(
            [("message_delivered", 2, None), ("message_bounced", 3, True)], (0, None, 1, 0, 0), id="then bounced"
        ),
        pytest.param([("message_delivered", 31, None)], (0, None, 0, 0, 1), id="delivered after the period"),
        pytest.param([("message_delivered", 0, None)], (0, None, 0, 0, 1), id="delivered before it was sent"),
    ],
)  # fmt: skip
def test_every_message_sent_has_one_fate_the_last_by_the_periods_end(records: list[Any], fates: Record) -> None:
    life = [acted(event_type, at(day), permanent=permanent) for event_type, day, permanent in records]
    facts = facts_of(sent(at(1), channel="email"), *life)

    assert channel(facts, *FATES) == [fates]


def test_a_message_delivered_past_midnight_is_pending_on_its_day_and_delivered_in_its_month() -> None:
    facts = facts_of(sent(at(1, 23)), acted("message_delivered", at(2)))

    days = Periods(date(2026, 11, 1), date(2026, 11, 3), "day")

    assert channel(facts, "period", "delivered", "pending", periods=days) == [(date(2026, 11, 1), 0, 1)]
    assert channel(facts, "delivered", "pending") == [(1, 0)]


def test_opens_count_in_all_and_per_message_and_person_and_programs_apart() -> None:  # D13
    by_ann = [sent(at(1), name, channel="email") for name in "ab"]
    opens = [acted("message_opened", at(2), name) for name in "aabc"]
    by_program = acted("message_opened", at(2), "a", is_machine=True)
    facts = facts_of(*by_ann, sent(at(1), "c", channel="email", person_id="bob"), *opens, by_program)

    assert channel(facts, *OPENS, "machine_opens") == [(4, 3, 2, 1)]


def test_an_act_counts_when_it_was_done_on_a_message_of_long_ago_too() -> None:  # D14
    facts = facts_of(sent(at(-200)), acted("message_clicked", at(1)), acted("message_clicked", at(31)))

    assert channel(facts, "messages_sent", *CLICKS) == [(0, 1, 1, 1)]


def test_a_message_from_outside_any_journey_is_in_no_channel_of_one() -> None:  # F13
    facts = facts_of(sent(at(1), journey_id=None), acted("message_clicked", at(2)))

    assert measure_channels(facts, NOVEMBER).collect().is_empty()


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

    assert measure_channel_costs(facts, NOVEMBER).select("currency", "cost").collect().rows() == cost


def test_cost_is_per_currency_and_a_message_without_a_price_is_in_none() -> None:  # F20, D18
    euros = [sent(at(1), name, price=Decimal("0.1"), currency="EUR") for name in "ab"]
    facts = facts_of(*euros, sent(at(1), "c", price=Decimal("0.1"), currency="USD"), sent(at(1), "d"))

    rows = measure_channel_costs(facts, NOVEMBER).select("currency", "priced_messages", "cost").collect().rows()
    assert rows == [("EUR", 2, Decimal("0.2")), ("USD", 1, Decimal("0.1"))]


def test_test_messages_change_no_figure() -> None:  # D22
    facts = facts_of(sent(at(1)) | {"is_test": True})

    assert measure_channels(facts, NOVEMBER).collect().is_empty()
