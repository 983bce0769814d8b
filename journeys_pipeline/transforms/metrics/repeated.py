"""Of rows that repeat a key, the one that stands. Repetitions are rare, and the rest is not made to pay for them."""

import polars as pl

IN_TIME = pl.struct("occurred_at", "source_id")
MARK = "mark"


def first_of_each(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """One row per key: the first by `occurred_at`, then `source_id`; in no particular order."""
    once, several = _split(rows, key)
    return pl.concat([once, several.group_by(key).agg(pl.exclude(key).min_by(IN_TIME)).select(_names(rows))])


def last_of_each(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """One row per key: the last by `occurred_at`, then `source_id`; in no particular order."""
    once, several = _split(rows, key)
    return pl.concat([once, several.group_by(key).agg(pl.exclude(key).max_by(IN_TIME)).select(_names(rows))])


def _split(rows: pl.LazyFrame, key: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Rows whose key surely comes once, and all others, a few of the former maybe among them.

    The mark is a hash of the key's last column: rows of one key share it, and hardly any others do.
    """
    marked = rows.with_columns(pl.col(key[-1]).hash().alias(MARK)).cache()
    shared = marked.group_by(MARK).agg(rows=pl.len()).filter(pl.col("rows") > 1).select(MARK).cache()
    once, several = marked.join(shared, on=MARK, how="anti"), marked.join(shared, on=MARK, how="semi")
    return once.drop(MARK), several.drop(MARK)


def _names(rows: pl.LazyFrame) -> list[str]:
    return rows.collect_schema().names()
