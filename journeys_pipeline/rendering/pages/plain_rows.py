"""Rows as JSON holds them."""

import polars as pl
from polars import selectors as cs


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Days and times as text, exact amounts as numbers."""
    times = cs.datetime().dt.to_string("%Y-%m-%dT%H:%M:%SZ")
    return rows.with_columns(cs.date().dt.to_string("%Y-%m-%d"), times, cs.decimal().cast(pl.Float64))
