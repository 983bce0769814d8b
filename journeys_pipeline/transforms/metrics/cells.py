"""What figures are counted for, and how those of one cell come to stand side by side."""

from collections.abc import Sequence
from functools import reduce

import polars as pl

JOURNEY = ["account_id", "journey_id"]
VERSION = [*JOURNEY, "journey_version"]
CELL = [*JOURNEY, "period"]

# A step or exit whose source names no passage is taken for its person's only one in the journey.
PASSAGE = pl.coalesce("entry_id", "person_id")


def side_by_side(figures: Sequence[pl.LazyFrame], key: list[str]) -> pl.LazyFrame:
    """One row per cell that any of the figures has, with the columns of all; null where a figure lacks the cell."""
    return reduce(lambda cells, figure: cells.join(figure, on=key, how="full", coalesce=True), figures)


def zero_where(applies: pl.Expr, *columns: str) -> list[pl.Expr]:
    """The columns: 0 for a cell without rows where the figure applies, null where it does not (F4)."""
    return [pl.when(applies).then(pl.col(column).fill_null(0)).alias(column) for column in columns]
