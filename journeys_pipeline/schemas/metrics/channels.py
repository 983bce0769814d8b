"""Figures of the messages of a journey, per channel."""

import dataframely as dy
import polars as pl

FATES = ["delivered", "failed", "bounced_hard", "bounced_soft", "pending"]


class ChannelPerformance(dy.Schema):
    """One row per journey, period and channel (F19, F21, F33); null for what a channel lacks (F4).

    A message's fate is counted in the period in which it was sent; what people did, when they did it (D14).
    """

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    channel = dy.String(primary_key=True)
    messages_sent = dy.Int64(min=0)
    segments = dy.Int64(nullable=True, min=0)
    delivered = dy.Int64(min=0)
    failed = dy.Int64(nullable=True, min=0)
    bounced_hard = dy.Int64(nullable=True, min=0)
    bounced_soft = dy.Int64(nullable=True, min=0)
    pending = dy.Int64(min=0)
    seen = dy.Int64(nullable=True, min=0)
    seen_messages = dy.Int64(nullable=True, min=0)
    seen_people = dy.Int64(nullable=True, min=0)
    opened = dy.Int64(nullable=True, min=0)
    opened_messages = dy.Int64(nullable=True, min=0)
    opened_people = dy.Int64(nullable=True, min=0)
    machine_opens = dy.Int64(nullable=True, min=0)
    clicked = dy.Int64(nullable=True, min=0)
    clicked_messages = dy.Int64(nullable=True, min=0)
    clicked_people = dy.Int64(nullable=True, min=0)
    unsubscribed = dy.Int64(nullable=True, min=0)
    complained = dy.Int64(nullable=True, min=0)
    replied = dy.Int64(nullable=True, min=0)

    @dy.rule()
    def every_message_has_one_fate(cls) -> pl.Expr:
        """Sent = delivered + failed + bounced + pending."""
        return pl.col("messages_sent") == pl.sum_horizontal(FATES)


class ChannelCosts(dy.Schema):
    """One row per journey, period, channel and currency: what the messages sent in the period cost (F20, D18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    channel = dy.String(primary_key=True)
    currency = dy.String(primary_key=True, description="ISO 4217; empty where the price names none")
    priced_messages = dy.Int64(min=0)
    cost = dy.Decimal(18, 6)
