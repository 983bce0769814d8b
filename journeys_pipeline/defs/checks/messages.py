"""Conservation of messages: each sent once, with one fate and one price, and with all that was done with it."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.checks.balances import CELL, Balance, Books, Side, summed
from journeys_pipeline.defs.checks.periods import within
from journeys_pipeline.schemas.daily_facts import MessageEvents
from journeys_pipeline.schemas.metrics import CampaignPerformance, ChannelCosts, ChannelPerformance, ElementMessages
from journeys_pipeline.transforms.metrics.messages import CHANNELS_WITH

MESSAGE = ["account_id", "message_id"]
FINAL = ["message_delivered", "message_failed", "message_bounced"]
UNDELIVERED = ["failed", "bounced_hard", "bounced_soft"]
KIND = pl.col("event_type")
BY_PROGRAM = pl.col("is_machine")
ACTS = {
    "seen": (KIND == "message_seen") & ~BY_PROGRAM,
    "opened": (KIND == "message_opened") & ~BY_PROGRAM,
    "machine_opens": (KIND == "message_opened") & BY_PROGRAM,
    "clicked": (KIND == "message_clicked") & ~BY_PROGRAM,
    "unsubscribed": KIND == "message_unsubscribed",
    "complained": KIND == "message_complained",
    "replied": KIND == "message_replied",
}
MILLIONTHS = 1_000_000


def first_sends(books: Books, among: pl.LazyFrame) -> pl.LazyFrame:
    """The first record of each message that a journey sent and that is among these rows, of whatever day."""
    is_send = (KIND == "message_sent") & pl.col("journey_id").is_not_null()
    concerned = books.rows(MessageEvents).filter(is_send).join(among.select(MESSAGE).unique(), on=MESSAGE, how="semi")
    return concerned.sort("occurred_at", "source_id").unique(MESSAGE, keep="first", maintain_order=True)


def messages_first_sent(books: Books) -> pl.LazyFrame:
    """One row per message that a journey sent, on the day of its first record; ids are looked for in all days."""
    sends = first_sends(books, books.facts(MessageEvents).filter(KIND == "message_sent"))
    return sends.filter(within(pl.col("day"), books.days)).with_columns(count=pl.lit(1))


def messages_ended(books: Books) -> pl.LazyFrame:
    """One row per message that was delivered or failed, unless it was sent on another day or by no journey."""
    is_send = KIND == "message_sent"
    ended = books.facts(MessageEvents).filter(KIND.is_in(FINAL)).select(*MESSAGE, "day").unique()
    sends = books.rows(MessageEvents).filter(is_send).join(ended, on=MESSAGE, how="semi")
    first = sends.filter(pl.col("journey_id").is_not_null()).group_by(MESSAGE).agg(sent_on=pl.col("day").min())
    outside = sends.filter(pl.col("journey_id").is_null()).select(MESSAGE).join(first, on=MESSAGE, how="anti")
    return (
        ended.join(outside, on=MESSAGE, how="anti")
        .join(first, on=MESSAGE, how="left")
        .filter(pl.col("sent_on").is_null() | (pl.col("sent_on") == pl.col("day")))
        .with_columns(count=pl.lit(1))
    )


def acts(books: Books) -> pl.LazyFrame:
    """One row per act on a message that a journey sent over a channel that has the figure."""
    caused = books.facts(MessageEvents).filter(pl.any_horizontal(ACTS.values()))
    sends = first_sends(books, caused).select(*MESSAGE, "journey_id", sent_over="channel")
    is_counted = pl.any_horizontal(
        is_act & pl.col("sent_over").is_in(CHANNELS_WITH[figure]) for figure, is_act in ACTS.items()
    )
    of_journeys = caused.drop("journey_id").join(sends, on=MESSAGE)
    return of_journeys.filter(is_counted).with_columns(count=pl.lit(1))


def newest_prices(books: Books) -> pl.LazyFrame:
    """The price of each message first sent in the days: its newest, in millionths of the currency."""
    sends = messages_first_sent(books)
    priced = books.rows(MessageEvents).filter(KIND == "message_priced").join(sends, on=MESSAGE, how="semi")
    newest = priced.sort("occurred_at", "source_id").unique(MESSAGE, keep="last", maintain_order=True)
    return (
        sends.join(newest.select(*MESSAGE, new_price="price", new_currency="currency"), on=MESSAGE, how="left")
        .with_columns(
            currency=pl.coalesce("new_currency", "currency").fill_null(""),
            count=(pl.coalesce("new_price", "price") * MILLIONTHS).cast(pl.Int64),
        )
        .drop_nulls("count")
    )


def _costs(books: Books) -> pl.LazyFrame:
    return books.figures(ChannelCosts).with_columns(count=(pl.col("cost") * MILLIONTHS).cast(pl.Int64))


def _sent_by_elements(books: Books) -> pl.LazyFrame:
    return messages_first_sent(books).drop_nulls("element_id")


SENT: Side = summed(ChannelPerformance, "messages_sent")

MESSAGE_BALANCES = [
    Balance(
        "channels_sum_to_the_messages_sent", ChannelPerformance,
        "The messages of all channels sum to those of the journey (F19).",
        SENT, summed(CampaignPerformance, "messages_sent"), also_reads=[CampaignPerformance],
    ),
    Balance(
        "elements_sum_to_the_messages_sent", ElementMessages,
        "The messages of all elements are the facts' that name one (F3).",
        summed(ElementMessages, "messages_sent"), _sent_by_elements,
    ),
    Balance(
        "every_message_sent_is_counted", ChannelPerformance,
        "The messages sent are the facts' message ids, each on its first day (F18, D17).",
        SENT, messages_first_sent,
    ),
    Balance(
        "every_message_has_one_fate", ChannelPerformance,
        "Sent = delivered + failed + bounced + pending.",
        SENT, summed(ChannelPerformance, "delivered", *UNDELIVERED, "pending"),
    ),
    Balance(
        "every_fate_is_counted", ChannelPerformance,
        "The messages delivered, failed or bounced on the day they were sent are the facts'; a fate of a message that "
        "was never sent is one too many.",
        summed(ChannelPerformance, "delivered", *UNDELIVERED), messages_ended, key=["account_id", "day"],
        severity=dg.AssetCheckSeverity.WARN,  # of the first days of a feed the sending is not known
    ),
    Balance(
        "every_act_is_counted", ChannelPerformance,
        "What was seen, opened, clicked, unsubscribed, complained of and replied to is the facts' (F12, D13).",
        summed(ChannelPerformance, *ACTS), acts,
    ),
    Balance(
        "every_price_is_counted", ChannelCosts,
        "Costs are the newest prices of the messages sent, in millionths of the currency (F20, D18).",
        _costs, newest_prices, key=[*CELL, "currency"],
    ),
]  # fmt: skip
