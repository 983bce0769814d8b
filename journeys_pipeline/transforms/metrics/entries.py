"""How people came into a journey and how they left it."""

import polars as pl

from journeys_pipeline.schemas.metrics import EntryPoints, ExitsByType
from journeys_pipeline.transforms.metrics.cells import CELL, JOURNEY, PASSAGE
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

PERSON = [*JOURNEY, "person_id"]


def measure_entry_points(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """EntryPoints: entries, people and re-entries per entry source (F64)."""
    key = [*CELL, "entry_source"]
    return EntryPoints.cast(
        mark_re_entries(facts, periods)
        .group_by(key)
        .agg(entries=pl.len(), unique_entrants=pl.col("person_id").n_unique(), re_entries=pl.col("is_re_entry").sum())
    ).sort(key)


def measure_exits(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ExitsByType: people and passages that left, per exit type (D16)."""
    key = [*CELL, "exit_type"]
    return ExitsByType.cast(
        periods.select(facts.exits)
        .with_columns(passage=PASSAGE)
        .group_by(key)
        .agg(exits=pl.len(), people=pl.col("person_id").n_unique(), passages=pl.col("passage").n_unique())
    ).sort(key)


def mark_re_entries(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """The entries in the periods, each with `is_re_entry`: the person had entered the journey at any time before.

    All entries are read for it; memory holds the people of the periods alone.
    """
    entries = periods.select(facts.entries).cache()
    firsts = (
        facts.entries.join(entries.select(PERSON), on=PERSON, how="semi")
        .group_by(PERSON)
        .agg(first_source_id=pl.col("source_id").min_by(pl.struct("entered_at", "source_id")))
    )
    return entries.join(firsts, on=PERSON).with_columns(is_re_entry=pl.col("source_id") != pl.col("first_source_id"))
