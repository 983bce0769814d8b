"""Messages that journeys sent: what became of them, who acted on them, what they cost."""

import polars as pl

from journeys_pipeline.transforms.metrics.cells import side_by_side, zero_where
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods
from journeys_pipeline.transforms.metrics.repeated import first_of_each, last_of_each

ACTIONS = ["message_seen", "message_opened", "message_clicked"]
ANSWERS = ["message_unsubscribed", "message_complained", "message_replied"]
MESSAGE = ["account_id", "message_id"]

TEXTS = ["sms", "mms"]
CHATS = ["viber", "whatsapp", "rcs", "messenger", "line"]
PUSHES = ["mobile_push", "web_push", "in_app"]
NOT_EMAIL = [*TEXTS, *CHATS, *PUSHES, "voice"]
CHANNELS_WITH = {
    "segments": TEXTS,
    "failed": NOT_EMAIL,
    "bounced_hard": ["email"],
    "bounced_soft": ["email"],
    "seen": [*CHATS, *PUSHES],
    "seen_messages": [*CHATS, *PUSHES],
    "seen_people": [*CHATS, *PUSHES],
    "opened": ["email", *PUSHES],
    "opened_messages": ["email", *PUSHES],
    "opened_people": ["email", *PUSHES],
    "machine_opens": ["email"],
    "clicked": ["email", *TEXTS, *CHATS, *PUSHES],
    "clicked_messages": ["email", *TEXTS, *CHATS, *PUSHES],
    "clicked_people": ["email", *TEXTS, *CHATS, *PUSHES],
    "unsubscribed": ["email"],
    "complained": ["email"],
    "replied": [*TEXTS, *CHATS],
}
"""The channels that have a figure; all have the others."""


def sent_messages(messages: pl.LazyFrame, *, among: pl.LazyFrame) -> pl.LazyFrame:
    """One row per message id that a journey sent (D17); the first of several records stands.

    Args:
        messages: MessageEvents of all time: a record may repeat one of long ago.
        among: Rows with the message ids wanted, so that memory holds theirs alone.
    """
    return first_of_each(_sends(messages).join(among.select(MESSAGE), on=MESSAGE, how="semi"), MESSAGE)


def sent_in(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """The messages sent in the periods, each with its `period`."""
    sends = periods.select(_sends(facts.messages)).cache()
    earlier = _sends(facts.messages).filter(pl.col("day") < periods.start).select(MESSAGE)
    repeating = earlier.join(sends.select(MESSAGE), on=MESSAGE, how="semi")
    return first_of_each(sends.join(repeating, on=MESSAGE, how="anti"), MESSAGE).cache()


def actions_in(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """One row per event of the periods that a message's person or a program caused, with what sent the message.

    Machines' are among them. A message from outside any journey has none (F13).
    """
    caused = (
        periods.select(facts.messages)
        .filter(pl.col("event_type").is_in([*ACTIONS, *ANSWERS]))
        .select(*MESSAGE, "event_type", "is_machine", "occurred_at", "period")
        .cache()
    )
    sender = ["journey_id", "journey_version", "element_id", "person_id", "channel"]
    return caused.join(sent_messages(facts.messages, among=caused).select(*MESSAGE, *sender), on=MESSAGE, how="inner")


def is_action() -> pl.Expr:
    """A person saw, opened or clicked the message (F12, D13)."""
    return pl.col("event_type").is_in(ACTIONS) & ~pl.col("is_machine")


def measure_messages(facts: Facts, periods: Periods, key: list[str]) -> pl.LazyFrame:
    """The figures of messages per cell of `key`, which holds the channel; null where the channel lacks them (F4).

    What became of a message is counted in the period in which it was sent, so that every message sent is
    delivered, failed, bounced, or pending. What was done with it is counted when it was done (D14).
    """
    fates = (
        _with_fates(facts, periods)
        .group_by(key)
        .agg(
            messages_sent=pl.len(),
            segments=pl.col("segments").fill_null(1).sum(),
            delivered=(pl.col("fate") == "message_delivered").sum(),
            failed=_is_undelivered().sum(),
            bounced_hard=(_is_undelivered() & pl.col("is_permanent")).sum(),
            bounced_soft=(_is_undelivered() & ~pl.col("is_permanent")).sum(),
            pending=pl.col("fate").is_null().sum(),
        )
    )
    figures = side_by_side([fates, _count_actions(facts, periods, key)], key)
    everywhere = ["messages_sent", "delivered", "pending"]
    return figures.with_columns(
        *zero_where(pl.lit(value=True), *everywhere),
        *(
            expression
            for column, channels in CHANNELS_WITH.items()
            for expression in zero_where(pl.col("channel").is_in(channels), column)
        ),
    )


def priced_messages(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """The messages sent in the periods that have a price: the latest, for the whole message (F20, D17)."""
    sent = sent_in(facts, periods)
    priced = facts.messages.filter(pl.col("event_type") == "message_priced")
    latest = last_of_each(
        priced.join(sent.select(MESSAGE), on=MESSAGE, how="semi").select(
            *MESSAGE, "occurred_at", "source_id", new_price="price", new_currency="currency"
        ),
        MESSAGE,
    )
    return (
        sent.join(latest.select(*MESSAGE, "new_price", "new_currency"), on=MESSAGE, how="left")
        .with_columns(
            price=pl.coalesce("new_price", "price"), currency=pl.coalesce("new_currency", "currency").fill_null("")
        )
        .filter(pl.col("price").is_not_null())
    )


def _sends(messages: pl.LazyFrame) -> pl.LazyFrame:
    return messages.filter((pl.col("event_type") == "message_sent") & pl.col("journey_id").is_not_null())


def _with_fates(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """The messages sent in the periods with the last of what became of them by the end of the period."""
    final = ["message_delivered", "message_failed", "message_bounced"]
    ends = (
        periods.select(facts.messages)
        .filter(pl.col("event_type").is_in(final))
        .select(*MESSAGE, "occurred_at", "source_id", "is_permanent", ended_on="day", fate="event_type")
    )
    sent = sent_in(facts, periods)
    of_sent = ends.join(sent.select(*MESSAGE, "day", "period"), on=MESSAGE, how="inner").filter(
        (pl.col("ended_on") >= pl.col("day")) & (pl.col("ended_on") < periods.until())
    )
    fates = last_of_each(of_sent, MESSAGE).select(*MESSAGE, "fate", "is_permanent")
    return sent.drop("is_permanent").join(fates, on=MESSAGE, how="left")


def _is_undelivered() -> pl.Expr:
    """Failed or bounced: providers use either word."""
    return pl.col("fate").is_in(["message_failed", "message_bounced"])


def _count_actions(facts: Facts, periods: Periods, key: list[str]) -> pl.LazyFrame:
    by_person = ~pl.col("is_machine")
    acts = {"seen": "message_seen", "opened": "message_opened", "clicked": "message_clicked"}
    answers = {"unsubscribed": ANSWERS[0], "complained": ANSWERS[1], "replied": ANSWERS[2]}
    of = {name: (pl.col("event_type") == event) & by_person for name, event in acts.items()}
    return (
        actions_in(facts, periods)
        .group_by(key)
        .agg(
            *(is_act.sum().alias(name) for name, is_act in of.items()),
            *(pl.col("message_id").filter(is_act).n_unique().alias(f"{name}_messages") for name, is_act in of.items()),
            *(pl.col("person_id").filter(is_act).n_unique().alias(f"{name}_people") for name, is_act in of.items()),
            *((pl.col("event_type") == event).sum().alias(name) for name, event in answers.items()),
            machine_opens=((pl.col("event_type") == "message_opened") & pl.col("is_machine")).sum(),
        )
    )
