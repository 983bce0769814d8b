"""Figures per channel: messages, what became of them, what was done with them, what they cost."""

import polars as pl

from journeys_pipeline.schemas.metrics import ChannelCosts, ChannelPerformance
from journeys_pipeline.transforms.metrics.cells import CELL
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.messages import measure_messages, priced_messages
from journeys_pipeline.transforms.metrics.periods import Periods

CHANNEL = [*CELL, "channel"]


def measure_channels(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ChannelPerformance (F18, F19, F21, F33)."""
    return ChannelPerformance.cast(measure_messages(facts, periods, CHANNEL)).sort(CHANNEL)


def measure_channel_costs(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ChannelCosts: what messages cost, per currency (F20, D17, D18)."""
    key = [*CHANNEL, "currency"]
    costs = priced_messages(facts, periods).group_by(key).agg(priced_messages=pl.len(), cost=pl.col("price").sum())
    return ChannelCosts.cast(costs).sort(key)
