"""Records of the smallest journeys that show a rule, and the facts that they make."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys
from journeys_pipeline.transforms.daily_facts import (
    collect_entries,
    collect_exits,
    collect_goals,
    collect_messages,
    collect_steps,
)
from journeys_pipeline.transforms.metrics import Facts, Periods

Record = dict[str, Any]

ELEMENTS = json.dumps(
    [
        {"element_id": name, "type": kind, "name": name, "next": []}
        for name, kind in {
            "door": "api", "wait": "wait_for_event", "mail": "email", "text": "sms", "fork": "split",
            "hook": "api_call", "done": "exit_point",
        }.items()
    ]
)  # fmt: skip

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
         "elements": ELEMENTS, "valid_from": at(1), "launched_at": at(0)}
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


def arrived(occurred_at: datetime, element_id: str, **fields: Any) -> Record:
    return event("element_entered", occurred_at, element_id=element_id, **({"entry_id": "p1"} | fields))


def completed(occurred_at: datetime, element_id: str, **fields: Any) -> Record:
    changes = {"entry_id": "p1", "outcome": "ok"} | fields
    return event("element_completed", occurred_at, element_id=element_id, **changes)
