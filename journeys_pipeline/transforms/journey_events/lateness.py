"""Which days, apart from an event's own, have figures that it changes.

What people do with a message, goals and the fates of messages count on their own day. All else is here:

- An entry decides on later days who re-entered, who is active and whose goals count; a step or an exit, who is inside
  an element and for how long; a sending, which journey later actions belong to; a call's record, which later record
  of the call is one too many. These change any day from their own on.
- A price changes what the day on which the message was sent has cost. Where clocks differ, an action may lie before the
  sending that it belongs to.

The days in between are made too: so one run makes the facts of the one day and the figures of the other.
"""

import polars as pl

LASTING = [
    "journey_entered", "journey_exited", "element_entered", "element_completed", "message_sent", "call_ended",
]  # fmt: skip
CAUSED = [
    "message_seen", "message_opened", "message_clicked", "message_unsubscribed", "message_complained",
    "message_replied",
]  # fmt: skip


def lasting_since(events: pl.LazyFrame) -> pl.LazyFrame:
    """Columns file_id and first: the first day from which on a file's JourneyEvents change figures of later days."""
    return events.filter(pl.col("event_type").is_in(LASTING)).group_by("file_id").agg(first=pl.col("day").min())


def reach_of_messages(events: pl.LazyFrame, known: pl.LazyFrame) -> pl.LazyFrame:
    """Columns file_id, first and last: from a file's price of a message, or sending, to the days that it tells on.

    Ids are compared by hash: they are many, and two that share one make some day once more, no worse.

    Args:
        events: JourneyEvents of the files.
        known: JourneyEvents of the account, the same ones included.
    """
    kind, message = pl.col("event_type"), pl.col("message_id").hash().alias("message")
    told = events.filter(kind.is_in(["message_sent", "message_priced"]))
    heard = known.filter(kind.is_in(["message_sent", *CAUSED])).with_columns(
        event_type=pl.when(kind == "message_sent").then(pl.lit("message_priced")).otherwise(pl.lit("message_sent"))
    )
    days = ["told_on", "heard_on"]
    return (
        heard.select(message, "event_type", heard_on="day")
        .join(told.select("file_id", message, "event_type", told_on="day"), on=["message", "event_type"])
        .group_by("file_id")
        .agg(first=pl.min_horizontal(days).min(), last=pl.max_horizontal(days).max())
    )
