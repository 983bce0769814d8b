"""Accepted events and contact entries become facts at person grain, any number of days at once."""

import polars as pl

from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.transforms.contact_entries import derive_person_id

MESSAGE_EVENT_TYPES = [
    "message_sent", "message_priced", "message_delivered", "message_failed", "message_bounced", "message_seen",
    "message_opened", "message_clicked", "message_unsubscribed", "message_complained", "message_replied",
]  # fmt: skip


def collect_entries(events: pl.LazyFrame, contacts: pl.LazyFrame) -> pl.LazyFrame:
    """JourneyEntries: platform entries, and one entry per person and contact file (F64, D9, D23).

    Args:
        events: JourneyEvents of the days wanted.
        contacts: ContactEntries of the days wanted.
    """
    from_events = _of_types(events, ["journey_entered"]).select(
        "day",
        "account_id",
        pl.col("event_id").alias("source_id"),
        "sub_account_id",
        "journey_id",
        "journey_version",
        "person_id",
        pl.lit(None, pl.String).alias("alternate_person_id"),
        "entry_id",
        "element_id",
        "entry_source",
        pl.col("occurred_at").alias("entered_at"),
    )
    source_id = pl.format("{}#{}", "file_id", "row_number")
    from_contacts = contacts.filter(pl.col("is_valid") & ~pl.col("is_duplicate")).select(
        "day",
        "account_id",
        source_id.alias("source_id"),
        "sub_account_id",
        "journey_id",
        pl.lit(None, pl.Int32).alias("journey_version"),
        "person_id",
        pl.when(pl.col("phone").is_not_null())
        .then(derive_person_id(pl.col("account_id"), pl.col("email")))
        .alias("alternate_person_id"),
        source_id.alias("entry_id"),
        pl.lit(None, pl.String).alias("element_id"),
        pl.lit("sftp_import").alias("entry_source"),
        pl.col("imported_at").alias("entered_at"),
    )
    return JourneyEntries.cast(pl.concat([from_events, from_contacts]))


def collect_exits(events: pl.LazyFrame) -> pl.LazyFrame:
    """JourneyExits, whatever the exit type (D16)."""
    return JourneyExits.cast(
        _of_types(events, ["journey_exited"]).select(
            "day",
            "account_id",
            pl.col("event_id").alias("source_id"),
            "sub_account_id",
            "journey_id",
            "journey_version",
            "element_id",
            "person_id",
            "entry_id",
            "exit_type",
            pl.col("occurred_at").alias("exited_at"),
        )
    )


def collect_steps(events: pl.LazyFrame) -> pl.LazyFrame:
    """JourneySteps: arrivals at and completions of elements."""
    return JourneySteps.cast(
        _of_types(events, ["element_entered", "element_completed"]).select(
            "day",
            "account_id",
            pl.col("event_id").alias("source_id"),
            "journey_id",
            "journey_version",
            "element_id",
            "person_id",
            "entry_id",
            "event_type",
            "outcome",
            "branch",
            "next_element_id",
            "error_code",
            "occurred_at",
        )
    )


def collect_messages(events: pl.LazyFrame) -> pl.LazyFrame:
    """MessageEvents: every event in a message's life, those from outside journeys included."""
    return MessageEvents.cast(
        _of_types(events, MESSAGE_EVENT_TYPES).select(
            "day",
            "account_id",
            pl.col("event_id").alias("source_id"),
            "message_id",
            "event_type",
            "journey_id",
            "journey_version",
            "element_id",
            "person_id",
            "channel",
            "segments",
            "price",
            "currency",
            pl.col("is_machine").fill_null(value=False),
            pl.col("permanent").fill_null(value=False).alias("is_permanent"),
            "error_code",
            "occurred_at",
        )
    )


def collect_goals(events: pl.LazyFrame) -> pl.LazyFrame:
    """GoalEvents, before they are attributed to journeys."""
    return GoalEvents.cast(
        _of_types(events, ["goal_performed"]).select(
            "day",
            "account_id",
            pl.col("event_id").alias("source_id"),
            "person_id",
            "event_name",
            "value",
            "currency",
            "occurred_at",
        )
    )


def _of_types(events: pl.LazyFrame, event_types: list[str]) -> pl.LazyFrame:
    """Events of the types, without test events (D22)."""
    return events.filter(pl.col("event_type").is_in(event_types) & ~pl.col("is_test"))
