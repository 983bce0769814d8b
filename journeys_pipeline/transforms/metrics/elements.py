"""Figures of each element: those that every element has, and those of its own type."""

import polars as pl

from journeys_pipeline.schemas.metrics import (
    BranchTraffic,
    ElementCosts,
    ElementErrors,
    ElementMessages,
    ElementPerformance,
)
from journeys_pipeline.transforms.metrics.cells import CELL, JOURNEY, PASSAGE, side_by_side, zero_where
from journeys_pipeline.transforms.metrics.entries import mark_re_entries
from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.messages import measure_messages, priced_messages
from journeys_pipeline.transforms.metrics.periods import Periods
from journeys_pipeline.transforms.metrics.visits import count_inside, measure_dwell

ELEMENT = [*CELL, "element_id"]
TYPES_WITH = {
    "entries": ["segment", "event", "api", "sftp_import", "transfer"],
    "unique_entrants": ["segment", "event", "api", "sftp_import", "transfer"],
    "re_entries": ["segment", "event", "api", "sftp_import", "transfer"],
    "satisfied": ["wait_for_event", "wait_until", "pause"],
    "timed_out": ["wait_for_event", "wait_until", "pause"],
    "executed": ["api_call", "update_profile", "tag"],
    "failed": ["api_call", "update_profile", "tag"],
    "exited_people": ["exit_point"],
    "exited_passages": ["exit_point"],
}
"""The types of element that have a figure; every element has the others."""


def measure_elements(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ElementPerformance: traffic of every element with any, or with anybody in it (F3, F4, F22)."""
    figures = [
        _count_steps(facts, periods),
        _count_exits(facts, periods),
        _count_entries(facts, periods),
        measure_dwell(facts, periods, ELEMENT),
        count_inside(facts, periods),
    ]
    everywhere = ["entered", "unique_people", "completed", "errored", "exited_here", "in_it_now"]
    is_wait = pl.col("element_type").is_in(TYPES_WITH["satisfied"])
    return ElementPerformance.cast(
        side_by_side(figures, ELEMENT)
        .join(element_types(facts.journeys), on=[*JOURNEY, "element_id"], how="left")
        .with_columns(
            *zero_where(pl.lit(value=True), *everywhere),
            *(
                expression
                for column, types in TYPES_WITH.items()
                for expression in zero_where(pl.col("element_type").is_in(types), column)
            ),
            median_satisfaction_s=pl.when(is_wait).then("median_satisfaction_s"),
        )
    ).sort(ELEMENT)


def measure_element_messages(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ElementMessages: the figures of ChannelPerformance for each element that sends (F3, F4)."""
    key = [*ELEMENT, "channel"]
    is_of_element = pl.col("element_id").is_not_null()
    return ElementMessages.cast(measure_messages(facts, periods, key).filter(is_of_element)).sort(key)


def measure_element_costs(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ElementCosts: what an element's messages cost, per currency (F20, D18)."""
    key = [*ELEMENT, "currency"]
    priced = priced_messages(facts, periods).filter(pl.col("element_id").is_not_null())
    return ElementCosts.cast(priced.group_by(key).agg(priced_messages=pl.len(), cost=pl.col("price").sum())).sort(key)


def measure_branches(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """BranchTraffic: how often each branch was taken, and its share of the element's (F3)."""
    taken = (
        _completions(facts, periods)
        .filter(pl.col("branch").is_not_null())
        .group_by([*ELEMENT, "branch"])
        .agg(taken=pl.len(), unique_people=pl.col("person_id").n_unique())
    )
    of_element = taken.group_by(ELEMENT).agg(of_element=pl.col("taken").sum())
    return BranchTraffic.cast(
        taken.join(of_element, on=ELEMENT).with_columns(share=pl.col("taken") / pl.col("of_element"))
    ).sort([*ELEMENT, "branch"])


def measure_errors(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """ElementErrors: completions with outcome error per code (F3)."""
    key = [*ELEMENT, "error_code"]
    errors = _completions(facts, periods).filter(pl.col("outcome") == "error")
    return ElementErrors.cast(
        errors.with_columns(pl.col("error_code").fill_null(""))
        .group_by(key)
        .agg(errors=pl.len(), unique_people=pl.col("person_id").n_unique())
    ).sort(key)


def element_types(journeys: pl.LazyFrame) -> pl.LazyFrame:
    """Each element's type, as the newest version that has the element defines it."""
    element = pl.Struct({"element_id": pl.String, "type": pl.String})
    return (
        journeys.select(*JOURNEY, "version", element=pl.col("elements").str.json_decode(pl.List(element)))
        .explode("element")
        .unnest("element")
        .group_by([*JOURNEY, "element_id"])
        .agg(element_type=pl.col("type").max_by("version"))
    )


def _completions(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return periods.select(facts.steps).filter(pl.col("event_type") == "element_completed")


def _count_steps(facts: Facts, periods: Periods) -> pl.LazyFrame:
    """Arrivals and completions; which of their figures a type has is judged later."""
    is_completion = pl.col("event_type") == "element_completed"
    ended = {name: (is_completion & (pl.col("outcome") == name)).sum() for name in ("ok", "timed_out", "error")}
    return (
        periods.select(facts.steps)
        .group_by(ELEMENT)
        .agg(
            entered=(~is_completion).sum(),
            unique_people=pl.col("person_id").n_unique(),
            completed=is_completion.sum(),
            errored=ended["error"],
            satisfied=ended["ok"],
            timed_out=ended["timed_out"],
            executed=ended["ok"],
            failed=ended["error"],
        )
    )


def _count_exits(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return (
        periods.select(facts.exits)
        .filter(pl.col("element_id").is_not_null())
        .with_columns(passage=PASSAGE)
        .group_by(ELEMENT)
        .agg(
            exited_here=pl.len(),
            exited_people=pl.col("person_id").n_unique(),
            exited_passages=pl.col("passage").n_unique(),
        )
    )


def _count_entries(facts: Facts, periods: Periods) -> pl.LazyFrame:
    return (
        mark_re_entries(facts, periods)
        .filter(pl.col("element_id").is_not_null())
        .group_by(ELEMENT)
        .agg(entries=pl.len(), unique_entrants=pl.col("person_id").n_unique(), re_entries=pl.col("is_re_entry").sum())
    )
