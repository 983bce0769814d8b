"""Datasets of pages, shaped from an account's served tables; nothing is counted anew."""

from collections.abc import Collection, Sequence

import polars as pl

from journeys_pipeline.catalog.datasets.ranges import RANGES
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


def shape_versions(names: Collection[str], served: Served, versions: Sequence[int]) -> dict[str, pl.LazyFrame]:
    """The same of one journey, for each of its versions, which `version` names; 0: all of them together."""
    shaped = [(version, shape(names, served.of_version(version))) for version in versions]
    each = {
        name: [rows[name].with_columns(version=pl.lit(version, pl.Int32)) for version, rows in shaped] for name in names
    }
    return {name: pl.concat(rows, how="vertical_relaxed") for name, rows in each.items()}


def shape_days(names: Collection[str], served: Served, versions: Sequence[int]) -> dict[str, pl.LazyFrame]:
    """The rows of single days that those of a range are added up from, with `day` and `version`."""
    sources = {RANGES[name].source or name for name in names}
    shaped = shape_versions(sources, served.by_days(), versions)
    return {name: rows.rename({"month": "day"}).filter(_is_told(name)) for name, rows in shaped.items()}


def _is_told(name: str) -> pl.Expr:
    """Not the rows of nought that are there because all are listed."""
    if not RANGES[name].every:
        return pl.lit(value=True)
    return pl.any_horizontal(pl.col(column) != 0 for column in RANGES[name].sums)


def shape(names: Collection[str], served: Served) -> dict[str, pl.LazyFrame]:
    """The datasets of these names: the columns of catalog/datasets.py, and `month`."""
    return {name: SHAPES[name](served) for name in sorted(names)}


__all__ = ["SHAPES", "Served", "shape", "shape_days", "shape_versions"]
