"""A small world of events of every type, and for each the checks that fail without it."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from journeys_pipeline_tests.transforms.metrics.examples import (
    Record,
    acted,
    arrived,
    at,
    bought,
    completed,
    entered,
    event,
    exited,
    priced,
    sent,
)

SECOND = date(2026, 11, 2)


def dialled(event_type: str, **fields: Any) -> Record:
    return event(event_type, at(2, 5), **({"call_id": "call", "element_id": "menu"} | fields))


@dataclass(frozen=True)
class Lost:
    """An event, and the checks that fail without it, apart from the one of its fact table."""

    record: Record
    in_facts: set[str]  # while the figures still have it
    everywhere: set[str] = field(default_factory=set[str])  # and in the figures made of them


ENTERED = {"every_entry_is_counted", "versions_sum_to_the_entries"}
EXITS = {"every_exit_is_counted", "versions_sum_to_the_exits"}
OVERDRAWN = {"entries_are_exits_plus_inside"}
ARRIVED, INSIDE = {"every_arrival_is_counted"}, {"entered_are_completed_exited_or_inside"}
COMPLETED, SENT, PRICED = {"every_completion_is_counted"}, {"every_message_sent_is_counted"}, {"every_price_is_counted"}
FATE, ACT = {"every_fate_is_counted"}, {"every_act_is_counted"}
EVENTS = {
    "an entry": Lost(entered(at(1), person_id="dan"), ENTERED),
    "an entry of who leaves": Lost(entered(at(1), person_id="cy"), ENTERED | OVERDRAWN, OVERDRAWN),
    "an entry of who leaves again": Lost(entered(at(1, 1), person_id="cy"), ENTERED | OVERDRAWN, OVERDRAWN),
    "an entry of who leaves at an element": Lost(entered(at(1), person_id="eve"), ENTERED | OVERDRAWN, OVERDRAWN),
    "an entry of who buys": Lost(entered(at(1)), ENTERED | {"every_goal_is_counted"}),
    "an exit": Lost(exited(at(2), person_id="cy"), EXITS),
    "an exit at an element": Lost(
        exited(at(2, 3), element_id="done", entry_id="p1", person_id="eve"),
        INSIDE | EXITS | {"every_exit_at_an_element_is_counted"},
    ),
    "an arrival where one leaves": Lost(arrived(at(2, 2), "done"), ARRIVED | INSIDE),
    "an arrival at a call that fails": Lost(arrived(at(2), "hook"), ARRIVED, INSIDE),
    "an exit after a completion": Lost(
        exited(at(2, 5), element_id="fork", entry_id="p3", person_id="cy"),
        EXITS | {"every_exit_at_an_element_is_counted"},
    ),
    "a failure of a call": Lost(completed(at(2, 1), "hook", outcome="error", error_code="E1"), COMPLETED | INSIDE),
    "an arrival at a fork": Lost(arrived(at(2), "fork", entry_id="p3"), ARRIVED, INSIDE),
    "a branch": Lost(
        completed(at(2, 1), "fork", entry_id="p3", branch="A"),
        COMPLETED | INSIDE | {"branches_sum_to_the_completions"},
    ),
    "an arrival of who stays": Lost(arrived(at(1), "wait", entry_id="p2"), ARRIVED),
    "a sending": Lost(sent(at(1), "pending"), SENT),
    "a sending of what is delivered": Lost(sent(at(1)), SENT | PRICED | ACT, FATE),
    "a sending at a price": Lost(sent(at(1), "b", price=Decimal("0.1"), currency="EUR"), SENT | PRICED, FATE),
    "a sending by an element": Lost(
        sent(at(2), "c", element_id="mail", channel="email"), SENT | ACT | {"elements_sum_to_the_messages_sent"}, FATE
    ),
    "a sending in a chat": Lost(sent(at(2), "chat", channel="viber"), SENT | ACT),
    "a price": Lost(priced(at(2), "0.3"), PRICED),
    "a delivery": Lost(acted("message_delivered", at(1, 1)), FATE),
    "a failure": Lost(acted("message_failed", at(1, 1), "b"), FATE),
    "a bounce": Lost(acted("message_bounced", at(2, 1), "c"), FATE),
    "a sight": Lost(acted("message_seen", at(2, 2), "chat"), ACT),
    "an opening": Lost(acted("message_opened", at(2, 2), "c"), ACT),
    "an opening by a program": Lost(acted("message_opened", at(2, 2), "c", is_machine=True), ACT),
    "a click": Lost(acted("message_clicked", at(2)), ACT),
    "a reply": Lost(acted("message_replied", at(2)), ACT),
    "an unsubscription": Lost(acted("message_unsubscribed", at(2, 2), "c"), ACT),
    "a complaint": Lost(acted("message_complained", at(2, 2), "c"), ACT),
    "a click by a program": Lost(acted("message_clicked", at(2), is_machine=True), set()),
    "a goal": Lost(bought(at(2), value="3", currency="EUR"), {"every_goal_is_counted"}),
    "a goal of nobody's": Lost(bought(at(2), person_id="zoe"), set()),
    "a call": Lost(dialled("call_ended", outcome="hung_up", started_at=at(2)), {"every_call_is_counted"}),
    "a menu": Lost(dialled("menu_shown"), {"every_showing_is_counted"}),
    "a press": Lost(dialled("option_pressed", key="1"), {"every_press_is_counted"}),
    "an input": Lost(dialled("input_collected", variable="zip", outcome="ok"), {"every_attempt_is_counted"}),
}  # fmt: skip
TESTS = [entered(at(1), is_test=True), sent(at(1), "test", is_test=True)]
CONTACT = {
    "file_id": "contacts", "row_number": 2, "account_id": "acme", "journey_id": "j", "person_id": "fay",
    "is_valid": True, "is_duplicate": False, "attributes": "{}", "imported_at": at(2), "day": SECOND,
}  # fmt: skip
CONTACTS = [CONTACT, CONTACT | {"row_number": 3, "is_duplicate": True}]
