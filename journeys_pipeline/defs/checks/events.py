"""Every accepted event is a fact: where one is lost on the way, the check of its table fails."""

import dataframely as dy
import polars as pl

from journeys_pipeline.defs.checks.balances import Balance, Books, Side
from journeys_pipeline.defs.checks.periods import within
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import REQUIRED_FIELDS, JourneyEvents

KEY = ["account_id", "day", "event_type"]
CONTACT = "valid contact entry"
EVENTS_OF: dict[type[dy.Schema], list[str]] = {
    JourneyEntries: ["journey_entered"],
    JourneyExits: ["journey_exited"],
    JourneySteps: ["element_entered", "element_completed"],
    MessageEvents: [name for name in REQUIRED_FIELDS if name.startswith("message_")],
    GoalEvents: ["goal_performed"],
    Calls: ["call_ended"],
    MenuSteps: ["menu_shown", "option_pressed"],
    CollectedInputs: ["input_collected"],
}
"""The events that each fact table is made from."""


def facts_by_type(table: type[dy.Schema]) -> Side:
    """A table's facts, each with the type of the event that it was made from."""
    [first, *_] = EVENTS_OF[table]
    kind = pl.col("event_type") if "event_type" in table.column_names() else pl.lit(first)
    if table is JourneyEntries:
        kind = pl.when(pl.col("journey_version").is_null()).then(pl.lit(CONTACT)).otherwise(kind)
    return lambda books: books.facts(table).with_columns(event_type=kind, count=pl.lit(1))


def accepted_events(table: type[dy.Schema]) -> Side:
    """The accepted events of a table's types, and the contacts that enter; none is a test's (D9, D22)."""

    def count(books: Books) -> pl.LazyFrame:
        is_counted = pl.col("event_type").is_in(EVENTS_OF[table]) & ~pl.col("is_test")
        counts = [books.facts(JourneyEvents).filter(is_counted).select(*KEY, count=pl.lit(1))]
        if table is JourneyEntries:
            enters = pl.col("is_valid") & ~pl.col("is_duplicate") & within(pl.col("day"), books.days)
            contacts = books.rows(ContactEntries).filter(enters)
            counts.append(contacts.select("account_id", "day", event_type=pl.lit(CONTACT), count=pl.lit(1)))
        return pl.concat(counts)

    return count


EVENT_BALANCES = [
    Balance(
        "every_accepted_event_is_a_fact", table,
        f"There are as many facts as accepted events, test events apart: {', '.join(types)}"
        f"{'; and valid entries of contact files' if table is JourneyEntries else ''}.",
        facts_by_type(table), accepted_events(table), key=KEY,
    )
    for table, types in EVENTS_OF.items()
]  # fmt: skip
