"""What figures are counted from."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Facts:
    """The fact tables, from as far back as attribution needs: actions and goals look back to entries."""

    entries: pl.LazyFrame
    exits: pl.LazyFrame
    steps: pl.LazyFrame
    messages: pl.LazyFrame
    goals: pl.LazyFrame
    journeys: pl.LazyFrame
