"""Accounts that are worked on together: as many as memory has room for the rows of."""

from collections.abc import Iterable, Mapping

import polars as pl

ROWS_AT_ONCE = 3_000_000  # of facts; what is made of them takes a gigabyte or so


def count_rows(tables: Iterable[pl.LazyFrame]) -> dict[str, int]:
    """How many rows each account has in all these tables together."""
    counted = [table.select("account_id").group_by("account_id").len() for table in tables]
    summed = pl.concat(counted).group_by("account_id").agg(pl.col("len").sum()).sort("account_id")
    return dict(summed.collect(engine="streaming").iter_rows())


def batches_of(rows: Mapping[str, int]) -> list[list[str]]:
    """The accounts in their order, as many together as have no more than ROWS_AT_ONCE; at least one batch."""
    batches: list[list[str]] = [[]]
    together = 0
    for account, count in rows.items():
        together += count
        if batches[-1] and together > ROWS_AT_ONCE:
            batches.append([])
            together = count
        batches[-1].append(account)
    return batches
