"""Datasets about messages, calls and what they cost."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import CallCosts
from journeys_pipeline.schemas.metrics import ChannelCosts, ChannelPerformance
from journeys_pipeline.transforms.dashboards.naming import named
from journeys_pipeline.transforms.dashboards.served import Served, Shape

STEPS = {
    "messages_sent": "Sent",
    "delivered": "Delivered",
    "looked_at": "Seen or opened",
    "clicked": "Clicked",
}


def shape_channel_days(served: Served) -> pl.LazyFrame:
    """Messages per day and channel."""
    counts = ["messages_sent", "delivered"]
    by_day = served.by_day(ChannelPerformance).group_by("month", "day", "channel").agg(pl.col(counts).sum())
    return by_day.select("month", "day", "channel", *counts).sort("day", "channel")


def shape_delivery_funnel(served: Served) -> pl.LazyFrame:
    """Messages by how far they came. A message belongs to one journey and channel, so these do add up."""
    months = _reached(served.by_month(ChannelPerformance))
    return (
        months.group_by("month")
        .agg(pl.col(list(STEPS)).sum())
        .filter(pl.col("messages_sent") > 0)
        .unpivot(list(STEPS), index=["month"], variable_name="step", value_name="messages")
        .with_columns(
            share=pl.col("messages") / pl.col("messages").first().over("month"),
            order=pl.col("step").replace_strict({name: at for at, name in enumerate(STEPS)}),
        )
        .sort("month", "order")
        .select("month", pl.col("step").replace_strict(STEPS), "messages", "share")
    )


def shape_channel_costs(served: Served) -> pl.LazyFrame:
    """Cost per channel and currency, the dearest first."""
    cell = ["month", "channel", "currency"]
    totals = served.in_sight(_costs(served)).group_by(cell).agg(pl.col("cost").sum(), pl.col("priced").sum())
    return totals.select(*cell, "cost", "priced").sort("month", "currency", "cost", descending=[True, False, True])


def shape_account_costs(served: Served) -> pl.LazyFrame:
    """Cost per currency, beside the same days of the month before."""
    cell = ["month", "currency"]
    now = served.in_sight(_costs(served)).group_by(cell).agg(pl.col("cost").sum())
    before = served.month_before(_costs(served)).group_by(cell).agg(cost_before=pl.col("cost").sum())
    return now.join(served.comparable(before), on=cell, how="left").select(*cell, "cost", "cost_before").sort(cell)


def shape_account_cost_days(served: Served) -> pl.LazyFrame:
    """Cost per day and currency."""
    costs = served.in_sight(_costs(served)).group_by("month", "day", "currency").agg(pl.col("cost").sum())
    grid = served.days().join(costs.select("month", "currency").unique(), on="month")
    return (
        grid.join(costs, on=["month", "day", "currency"], how="left")
        .select("month", "day", "currency", pl.col("cost").fill_null(0))
        .sort("day", "currency")
    )


def _costs(served: Served) -> pl.LazyFrame:
    """Columns month, day, channel, currency, cost, priced: messages, and calls as the channel voice."""
    columns = ["period", "journey_id", "channel", "currency", "cost", "priced"]
    messages = served.of(ChannelCosts, "day").with_columns(priced="priced_messages").select(columns)
    calls = (
        served.of(CallCosts, "day")
        .filter(pl.col("cost").is_not_null())
        .with_columns(channel=pl.lit("voice"), priced="calls")
        .select(columns)
    )
    both = pl.concat([messages, calls])
    return both.rename({"period": "day"}).with_columns(month=pl.col("day").dt.month_start())


def shape_channels(served: Served) -> pl.LazyFrame:
    """Channels of a month; a channel that was paid for in two currencies has a row for each."""
    key = ["month", "channel"]
    counts = ["messages_sent", "delivered", "looked_at", "clicked"]
    months = _reached(served.by_month(ChannelPerformance)).group_by(key).agg(_sum_or_null(counts))
    costs = served.in_sight(_costs(served)).group_by(*key, "currency").agg(pl.col("cost").sum())
    return (
        months.join(costs, on=key, how="left")
        .with_columns(
            delivery_rate=_of("delivered", "messages_sent"),
            look_rate=_of("looked_at", "delivered"),
            click_rate=_of("clicked", "delivered"),
        )
        .select(
            *key, "messages_sent", "delivered", "delivery_rate", "looked_at", "look_rate", "clicked", "click_rate",
            "cost", "currency",
        )
        .sort("month", "messages_sent", "channel", "currency", descending=[True, True, False, False])
    )  # fmt: skip


def shape_channel_journeys(served: Served) -> pl.LazyFrame:
    """Messages of a month per journey and channel."""
    months = named(_reached(served.by_month(ChannelPerformance)), served)
    counts = ["messages_sent", "delivered", "looked_at", "clicked"]
    return months.select("month", "journey", "page", "channel", *counts).sort("month", "journey", "channel")


def shape_journey_costs(served: Served) -> pl.LazyFrame:
    """Cost of a month per journey, channel and currency."""
    cell = ["month", "journey_id", "channel", "currency"]
    totals = served.in_sight(_costs(served)).group_by(cell).agg(pl.col("cost").sum(), pl.col("priced").sum())
    columns = ["month", "journey", "page", "channel", "currency", "cost", "priced"]
    return named(totals, served).select(columns).sort("month", "journey", "channel", "currency")


def _reached(months: pl.LazyFrame) -> pl.LazyFrame:
    """Messages seen or, of a channel that cannot tell that, opened; null where it can tell neither."""
    return months.with_columns(looked_at=pl.coalesce("seen_messages", "opened_messages"), clicked="clicked_messages")


def _sum_or_null(columns: list[str]) -> list[pl.Expr]:
    """Sums in which nothing but null stays null (F4)."""
    return [pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name) for name in columns]


def _of(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then(pl.col(part) / pl.col(whole))


CHANNEL_SHAPES: dict[str, Shape] = {
    "channel_days": shape_channel_days,
    "delivery_funnel": shape_delivery_funnel,
    "channel_costs": shape_channel_costs,
    "account_costs": shape_account_costs,
    "account_cost_days": shape_account_cost_days,
    "channels": shape_channels,
    "channel_journeys": shape_channel_journeys,
    "journey_costs": shape_journey_costs,
}
