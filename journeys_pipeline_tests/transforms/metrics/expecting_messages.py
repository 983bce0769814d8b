"""What plain Python expects of the figures of journeys, channels, costs, goals and funnels."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from journeys_pipeline_tests.transforms.metrics.reference import (
    Happened,
    Period,
    Row,
    applies,
    people,
    values,
)
from journeys_pipeline_tests.transforms.metrics.worlds import Event

SEEN, OPENED, REPLIED = ["viber", "mobile_push"], ["email", "mobile_push"], ["sms", "viber"]


def expect_campaigns(happened: Happened, period: Period) -> list[Row]:
    entries = [e for e in happened.entries if e in period]
    exits = [e for e in happened.at_exit_points if e in period]
    completed = [
        x for x in exits if any(x.person_id == e.person_id and x.occurred_at >= e.occurred_at for e in entries)
    ]
    active = [a for a in happened.actions if a in period and happened.entered(a)]
    goals = [g for g in happened.goals if g in period]
    messages = [m for m in happened.messages.values() if m in period]
    rate = people(completed) / people(entries) if entries else None
    goal_figures = (people(goals), len(goals)) if happened.has_goal else (None, None)
    row = (people(entries), len(entries), people(exits), rate, people(active), *goal_figures, len(messages))
    return [row] if any(row) else []


def expect_channels(happened: Happened, period: Period) -> list[Row]:
    messages = [m for m in happened.messages.values() if m in period]
    done = [d for d in happened.done if d in period and is_of_person_or_machine(d)]
    return [
        (channel, *message_figures(happened, period, channel, messages=messages, done=done))
        for channel in values([*messages, *done], "channel")
    ]


def expect_element_messages(happened: Happened, period: Period) -> list[Row]:
    messages = [m for m in happened.messages.values() if m in period]
    done = [d for d in happened.done if d in period and is_of_person_or_machine(d)]
    return [
        (element, channel, *message_figures(happened, period, channel, messages=sent, done=did))
        for element in values([*messages, *done], "element_id")
        for sent in [[m for m in messages if m.element_id == element]]
        for did in [[d for d in done if d.element_id == element]]
        for channel in values([*sent, *did], "channel")
    ]


def is_of_person_or_machine(event: Event) -> bool:
    """Whether a message's event is an act, not a sending, a fate or a price."""
    fates = ["message_sent", "message_priced", "message_delivered", "message_failed", "message_bounced"]
    return event.event_type not in fates


def message_figures(
    happened: Happened, period: Period, channel: str, *, messages: Sequence[Event], done: Sequence[Event]
) -> Row:
    sent = [m for m in messages if m.channel == channel]
    fates = [happened.fate(m, period) for m in sent]
    lost = [f for f in fates if f and f.event_type != "message_delivered"]
    hard = [f for f in lost if f.permanent]
    email, sms = channel == "email", channel == "sms"
    here = [d for d in done if d.channel == channel]

    def acts(event_type: str, *, where: bool) -> list[Any]:
        these = [d for d in here if d.event_type == event_type and not d.is_machine]
        counts = [len(these), len({d.message_id for d in these}), people(these)]
        return [applies(count, where=where) for count in counts]

    def answers(event_type: str) -> int:
        return len([d for d in here if d.event_type == event_type])

    machine_opens = len([d for d in here if d.event_type == "message_opened" and d.is_machine])
    return (
        len(sent),
        applies(sum(m.segments or 1 for m in sent), where=sms),
        len([f for f in fates if f and f.event_type == "message_delivered"]),
        applies(len(lost), where=not email),
        applies(len(hard), where=email),
        applies(len(lost) - len(hard), where=email),
        fates.count(None),
        *acts("message_seen", where=channel in SEEN),
        *acts("message_opened", where=channel in OPENED),
        applies(machine_opens, where=email),
        *acts("message_clicked", where=True),
        applies(answers("message_unsubscribed"), where=email),
        applies(answers("message_complained"), where=email),
        applies(answers("message_replied"), where=channel in REPLIED),
    )


def expect_channel_costs(happened: Happened, period: Period) -> list[Row]:
    return costs(happened, [m for m in happened.messages.values() if m in period], "channel")


def expect_element_costs(happened: Happened, period: Period) -> list[Row]:
    return costs(happened, [m for m in happened.messages.values() if m in period], "element_id")


def costs(happened: Happened, messages: Sequence[Event], by: str) -> list[Row]:
    rows = []
    for value in values(messages, by):
        latest = [happened.prices.get(m.message_id, m) for m in messages if getattr(m, by) == value]
        known = [
            (m.price, p.currency or "")
            for m, p in zip([m for m in messages if getattr(m, by) == value], latest, strict=True)
            for m in [p]
            if p.price is not None
        ]
        for currency in sorted({currency for _, currency in known}):
            prices = [price for price, of in known if of == currency]
            rows.append((value, currency, len(prices), sum(prices)))
    return rows


def expect_goal_values(happened: Happened, period: Period) -> list[Row]:
    goals = [g for g in happened.goals if g in period]
    return [
        (currency, len(these), people(these), sum(Decimal(g.value or 0) for g in these))
        for currency in sorted({g.currency or "" for g in goals})
        for these in [[g for g in goals if (g.currency or "") == currency]]
    ]


def expect_funnel(happened: Happened, period: Period) -> list[Row]:
    entered: dict[str | None, Event] = {}
    for entry in happened.entries:
        if entry in period:
            entered.setdefault(entry.person_id, entry)
    steps = [list(happened.messages.values()), happened.actions, happened.goals]
    left, counts = set(entered), [len(entered)]
    for events in steps:
        left &= {
            e.person_id
            for e in events
            if e in period and e.person_id in entered and e.occurred_at >= entered[e.person_id].occurred_at
        }
        counts.append(len(left))
    return [(*counts[:3], counts[3] if happened.has_goal else None)] if entered else []
