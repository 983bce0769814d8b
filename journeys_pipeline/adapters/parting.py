"""A table in parts, each of other people: what does not fit into memory is looked at a part at a time."""

from itertools import pairwise
from pathlib import Path

import polars as pl

SAMPLE = 10_000


def part_people(rows: pl.LazyFrame, parts: int, folder: Path) -> list[pl.LazyFrame]:
    """The rows in so many parts; all rows of a person are in one of them.

    Two tables in as many parts have the same people in the same part.

    Args:
        rows: Any number of rows, with person_id; a few are in memory at once.
        parts: How many; 1 gives the rows as they are.
        folder: A new folder for the parts' files, which are read when a part is.
    """
    if parts == 1:
        return [rows]
    schema = rows.collect_schema()
    rows.with_columns(part=pl.col("person_id").hash() % parts).sink_parquet(
        pl.PartitionBy(folder, key="part", include_key=False), mkdir=True, compression="lz4"
    )
    files = [sorted((folder / f"part={number}").glob("*.parquet")) for number in range(parts)]
    return [pl.scan_parquet(found) if found else pl.LazyFrame(schema=schema) for found in files]


def in_order(rows: pl.LazyFrame, *, rows_at_once: int) -> list[pl.LazyFrame]:
    """The rows of one account in parts, each of which follows the one before by person_id."""
    people = rows.select("person_id")
    count = people.select(pl.len()).collect(engine="streaming").item()
    if count <= rows_at_once:
        return [rows]
    sample = people.gather_every(-(-count // SAMPLE)).collect(engine="streaming")["person_id"].sort()
    bounds = sample.gather_every(max(1, sample.len() * rows_at_once // count)).unique().sort().to_list()
    person = pl.col("person_id")
    between = [rows.filter(person >= first, person < end) for first, end in pairwise(bounds)]
    return [rows.filter(person < bounds[0]), *between, rows.filter(person >= bounds[-1])]
