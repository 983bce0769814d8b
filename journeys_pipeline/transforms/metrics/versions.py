"""The figures of each version of a journey, counted as if it were a journey of its own."""

from collections.abc import Callable
from dataclasses import replace

import dataframely as dy
import polars as pl

from journeys_pipeline.transforms.metrics.cells import VERSION
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.periods import Periods

Measure = Callable[[Facts, Periods], pl.LazyFrame]

# An id may hold any character, so what is behind the last mark is the version, and nothing where none is named.
MARK = "\x1f"
PARTS = rf"(?s)^(?<journey_id>.*){MARK}(?<journey_version>-?\d*)$"


def of_versions(measure: Measure, table: type[dy.Schema]) -> Measure:
    """What counts of each version of a journey what `measure` counts of journeys, as rows of `table`."""

    def measure_each(facts: Facts, periods: Periods) -> pl.LazyFrame:
        counted = measure(_as_journeys(facts), periods)
        parts = pl.col("journey_id").str.extract_groups(PARTS).alias("parts")
        named = counted.with_columns(parts).drop("journey_id").unnest("parts").filter(pl.col("journey_version") != "")
        return table.cast(named.with_columns(pl.col("journey_version").cast(pl.Int32))).sort(*table.primary_key())

    return measure_each


def _as_journeys(facts: Facts) -> Facts:
    """The facts with each version as a journey, which all definitions of the journey define: its goal is the newest's.

    What names no version is of a journey too, so that the first record of a message stands, whichever version it names.
    """
    of_journeys = [facts.entries, facts.exits, facts.steps, facts.messages]
    versions = pl.concat([table.select(VERSION) for table in of_journeys]).unique()
    definitions = facts.journeys.join(versions, on=["account_id", "journey_id"])
    return replace(
        facts,
        entries=facts.entries.with_columns(_own_id()),
        exits=facts.exits.with_columns(_own_id()),
        steps=facts.steps.with_columns(_own_id()),
        messages=facts.messages.with_columns(_own_id()),
        journeys=definitions.with_columns(_own_id()),
    )


def _own_id() -> pl.Expr:
    version = pl.col("journey_version").cast(pl.String).fill_null("")
    return pl.concat_str("journey_id", version, separator=MARK).alias("journey_id")
