"""Rows that share a key, found by a hash of it: of those that repeat it, the one that stands; those of two tables.

Keys are several long texts, and repetitions rare. A hash may be shared by chance, so keys themselves decide.
"""

import polars as pl

IN_TIME = pl.struct("occurred_at", "source_id")
MARK = "mark"


def first_of_each(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """One row per key: the first by `occurred_at`, then `source_id`; in no particular order."""
    once, several = split(rows, key)
    return pl.concat([once, several.group_by(key).agg(pl.exclude(key).min_by(IN_TIME)).select(_names(rows))])


def last_of_each(rows: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """One row per key: the last by `occurred_at`, then `source_id`; in no particular order."""
    once, several = split(rows, key)
    return pl.concat([once, several.group_by(key).agg(pl.exclude(key).max_by(IN_TIME)).select(_names(rows))])


def split(rows: pl.LazyFrame, key: list[str]) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Rows whose key surely comes once, and all others, a few of the former maybe among them."""
    marked = rows.with_columns(mark_of(key)).cache()
    shared = marked.group_by(MARK).agg(rows=pl.len()).filter(pl.col("rows") > 1).select(MARK).cache()
    once, several = marked.join(shared, on=MARK, how="anti"), marked.join(shared, on=MARK, how="semi")
    return once.drop(MARK), several.drop(MARK)


def meet(left: pl.LazyFrame, right: pl.LazyFrame, key: list[str]) -> pl.LazyFrame:
    """The inner join of rows with equal keys: found by the mark, which is quick, then compared."""
    marked = right.with_columns(mark_of(key))
    is_same = pl.all_horizontal(pl.col(column) == pl.col(f"{column}_right") for column in key)
    found = left.with_columns(mark_of(key)).join(marked, on=MARK, suffix="_right").filter(is_same)
    return found.drop(MARK, *(f"{column}_right" for column in key))


def mark_of(key: list[str]) -> pl.Expr:
    """`mark`: a hash of the key's last two columns. Rows of one key share it, and hardly any others do."""
    return (pl.col(key[-1]).hash() ^ pl.col(key[-2]).hash(1)).alias(MARK)


def _names(rows: pl.LazyFrame) -> list[str]:
    return rows.collect_schema().names()
