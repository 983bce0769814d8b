"""Datasets of pages, shaped from an account's served tables; nothing is counted anew."""

from collections.abc import Collection

import polars as pl

from journeys_pipeline.transforms.dashboards.accounts import ACCOUNT_SHAPES
from journeys_pipeline.transforms.dashboards.calls import CALL_SHAPES
from journeys_pipeline.transforms.dashboards.campaigns import CAMPAIGN_SHAPES
from journeys_pipeline.transforms.dashboards.channels import CHANNEL_SHAPES
from journeys_pipeline.transforms.dashboards.elements import ELEMENT_SHAPES
from journeys_pipeline.transforms.dashboards.feeds import FEED_SHAPES
from journeys_pipeline.transforms.dashboards.imports import IMPORT_SHAPES
from journeys_pipeline.transforms.dashboards.meps import MEP_SHAPES
from journeys_pipeline.transforms.dashboards.served import Served, Shape

SHAPES: dict[str, Shape] = {
    **ACCOUNT_SHAPES,
    **CAMPAIGN_SHAPES,
    **CHANNEL_SHAPES,
    **ELEMENT_SHAPES,
    **CALL_SHAPES,
    **FEED_SHAPES,
    **IMPORT_SHAPES,
    **MEP_SHAPES,
}


def shape(names: Collection[str], served: Served) -> dict[str, pl.LazyFrame]:
    """The datasets of these names: the columns of catalog/datasets.py, and `month`."""
    return {name: SHAPES[name](served) for name in sorted(names)}


__all__ = ["SHAPES", "Served", "shape"]
