"""Figures of the elements of a journey."""

import dataframely as dy
import polars as pl

from journeys_pipeline.schemas.metrics.channels import FATES


class ElementPerformance(dy.Schema):
    """One row per journey element and period with traffic or anybody in it (F3, F22).

    Every element has the first figures; those after the dwell belong to some types and are null elsewhere (F4).
    """

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
    element_type = dy.String(
        nullable=True, description="As the newest version with the element says; null if none does"
    )
    entered = dy.Int64(min=0)
    unique_people = dy.Int64(min=0, description="Unique people who arrived at or completed the element")
    in_it_now = dy.Int64(min=0, description="Passages that had arrived and not left, as of the period's end")
    completed = dy.Int64(min=0, description="Completions, whatever the outcome")
    exited_here = dy.Int64(min=0, description="Exits from the journey at the element, whatever the type")
    errored = dy.Int64(min=0, description="Completions with outcome error")
    median_dwell_s = dy.Int64(nullable=True, min=0, description="Seconds from arrival to completion; nearest rank")
    p95_dwell_s = dy.Int64(nullable=True, min=0, description="The 95th percentile of the same; nearest rank")
    entries = dy.Int64(nullable=True, min=0, description="Of an entry element: entries through it")
    unique_entrants = dy.Int64(nullable=True, min=0, description="Of an entry element: people who entered through it")
    re_entries = dy.Int64(nullable=True, min=0, description="Of an entry element: entries of people who came before")
    satisfied = dy.Int64(nullable=True, min=0, description="Of a wait: completions with outcome ok")
    timed_out = dy.Int64(nullable=True, min=0, description="Of a wait: completions with outcome timed_out")
    median_satisfaction_s = dy.Int64(nullable=True, min=0, description="Of a wait: median dwell of the satisfied")
    executed = dy.Int64(
        nullable=True, min=0, description="Of api_call, update_profile, tag: completions with outcome ok"
    )
    failed = dy.Int64(nullable=True, min=0, description="Of the same: completions with outcome error")
    exited_people = dy.Int64(nullable=True, min=0, description="Of an exit point: unique people who left there")
    exited_passages = dy.Int64(nullable=True, min=0, description="Of an exit point: passages that ended there")


class ElementMessages(dy.Schema):
    """One row per element that sends, period and channel: the figures of ChannelPerformance (F3, F4)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
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


class ElementCosts(dy.Schema):
    """One row per element that sends, period and currency (F20, D18)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
    currency = dy.String(primary_key=True, description="ISO 4217; empty where the price names none")
    priced_messages = dy.Int64(min=0)
    cost = dy.Decimal(18, 6)


class BranchTraffic(dy.Schema):
    """One row per element, period and branch taken (F3)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
    branch = dy.String(primary_key=True)
    taken = dy.Int64(min=1, description="Completions that took the branch")
    unique_people = dy.Int64(min=1, description="Unique people who took the branch")
    share = dy.Float64(min=0.0, max=1.0, description="Of the element's completions in the period that took a branch")


class ElementErrors(dy.Schema):
    """One row per element, period and error code (F3)."""

    account_id = dy.String(primary_key=True)
    journey_id = dy.String(primary_key=True)
    period = dy.Date(primary_key=True)
    element_id = dy.String(primary_key=True)
    error_code = dy.String(primary_key=True, description="Empty where the source names none")
    errors = dy.Int64(min=1, description="Completions with outcome error")
    unique_people = dy.Int64(min=1, description="Unique people whom it happened to")
