"""Figures of what was collected from callers, shown as far as the source lets it be kept."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import MOST_VALUES, InputPerformance, InputValues
from journeys_pipeline.transforms.ivr_metrics.facts import CELL, IvrFacts, cut
from journeys_pipeline.transforms.metrics import Periods

VARIABLE = [*CELL, "element_id", "variable"]
OUTCOME = pl.col("outcome")


def measure_inputs(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """InputPerformance: attempts by outcome, and how many different values came of them (F31)."""
    may_all_be_kept = (pl.col("masking") == "always").fill_null(value=False).all()
    values = pl.col("value").filter(OUTCOME == "ok").drop_nulls()
    return InputPerformance.cast(
        cut(facts.inputs, periods)
        .group_by(VARIABLE)
        .agg(
            attempts=pl.len(),
            ok=(OUTCOME == "ok").sum(),
            no_input=(OUTCOME == "no_input").sum(),
            invalid=(OUTCOME == "invalid").sum(),
            distinct_values=pl.when(may_all_be_kept).then(values.n_unique()),
        )
    ).sort(VARIABLE)


def list_input_values(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """InputValues: the most frequent valid values of each variable, masked as the source asks (F31).

    A value whose event names no masking is not shown: nothing says that it may be.
    """
    key = [*VARIABLE, "masking", "value"]
    may_be_shown = (OUTCOME == "ok") & pl.col("masking").is_in(["always", "masked"]) & pl.col("value").is_not_null()
    counted = cut(facts.inputs.filter(may_be_shown), periods).group_by(key).agg(inputs=pl.len())
    by_frequency = counted.sort("inputs", *key, descending=[True, *[False] * len(key)])
    place = pl.int_range(pl.len()).over(VARIABLE)
    return InputValues.cast(by_frequency.filter(place < MOST_VALUES)).sort(key)
