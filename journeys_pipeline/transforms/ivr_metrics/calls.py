"""Figures of whole calls: volume, completion, cost, when they began, where they ended early."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import (
    CallCosts,
    CallDropOffs,
    CallElementPerformance,
    CallHours,
    CallPerformance,
)
from journeys_pipeline.transforms.ivr_metrics.definitions import VERSION, ways
from journeys_pipeline.transforms.ivr_metrics.facts import CELL, IvrFacts, cut
from journeys_pipeline.transforms.metrics import Periods

CALL = ["account_id", "call_id"]
OUTCOME = pl.col("outcome")
IS_ANSWERED = OUTCOME.is_in(["completed", "hung_up"])
UNANSWERED = {name: OUTCOME.eq(name).sum() for name in ("no_answer", "busy", "failed")}
ANSWERED_BY = {
    f"answered_by_{who}": (pl.col("is_answered") & (pl.col("answered_by") == who)).sum() for who in ("human", "machine")
}
TALK_TIME = pl.when(pl.col("is_answered")).then(pl.col("duration_s"))
TOTAL_TALK_TIME = pl.when(TALK_TIME.is_not_null().any()).then(TALK_TIME.sum())


def measure_calls(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """CallPerformance: volume, answers, completion and talk time (F26, F28, D19)."""
    counted = (
        _ended_calls(facts, periods)
        .group_by(CELL)
        .agg(
            calls=pl.len(),
            answered=pl.col("is_answered").sum(),
            **ANSWERED_BY,
            **UNANSWERED,
            completed=pl.col("is_completed").sum(),
            ended_early=pl.col("is_early").sum(),
            talk_time_s=TOTAL_TALK_TIME,
            median_talk_time_s=TALK_TIME.cast(pl.Float64).median().round(4),
            unique_callers=pl.col("person_id").n_unique(),
        )
    )
    rate = pl.when(pl.col("answered") > 0).then(pl.col("completed") / pl.col("answered"))
    return CallPerformance.cast(counted.with_columns(completion_rate=rate)).sort(CELL)


def measure_call_elements(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """CallElementPerformance: calls by the element that began them (F3)."""
    key = [*CELL, "element_id"]
    return CallElementPerformance.cast(
        _ended_calls(facts, periods)
        .with_columns(element_id="call_element_id")
        .group_by(key)
        .agg(calls=pl.len(), **ANSWERED_BY, **UNANSWERED, talk_time_s=TOTAL_TALK_TIME)
    ).sort(key)


def measure_call_costs(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """CallCosts: calls and their price per currency, never added across currencies (F20, D18)."""
    key = [*CELL, "element_id", "currency"]
    return CallCosts.cast(
        _ended_calls(facts, periods)
        .with_columns(
            element_id="call_element_id",
            currency=pl.when(pl.col("price").is_not_null()).then("currency").fill_null(""),
        )
        .group_by(key)
        .agg(calls=pl.len(), cost=pl.when(pl.col("price").is_not_null().any()).then(pl.col("price").sum()))
    ).sort(key)


def measure_call_hours(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """CallHours: calls by the weekday and hour at which they began (F27)."""
    key = [*CELL, "weekday", "hour"]
    started_at = pl.col("started_at").dt
    return CallHours.cast(
        _ended_calls(facts, periods)
        .with_columns(weekday=started_at.weekday(), hour=started_at.hour())
        .group_by(key)
        .agg(calls=pl.len(), answered=pl.col("is_answered").sum())
    ).sort(key)


def measure_drop_offs(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """CallDropOffs: the elements at which calls ended early (F29)."""
    key = [*CELL, "element_id"]
    counted = _ended_calls(facts, periods).filter("is_early").group_by(key).agg(ended_early=pl.len())
    share = pl.col("ended_early") / pl.col("ended_early").sum().over(CELL)
    return CallDropOffs.cast(counted.with_columns(share=share)).sort(key)


def _ended_calls(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """One row per call and cell, with what its end means."""
    ended = (
        _recorded_once(facts.calls, periods)
        .with_columns(pl.col("element_id").fill_null(""))
        .join(ways(facts.journeys), on=[*VERSION, "element_id"], how="left")
    )
    is_end = (OUTCOME == "completed") | pl.col("is_terminal").fill_null(value=False)
    judged = ended.with_columns(
        pl.col("call_element_id").fill_null(""),
        is_answered=IS_ANSWERED,
        is_completed=IS_ANSWERED & is_end,
        is_early=IS_ANSWERED & ~is_end,
    )
    return cut(judged, periods)


def _recorded_once(calls: pl.LazyFrame, periods: Periods) -> pl.LazyFrame:
    """One row per call of the periods, and perhaps of days before; of several records of one the first stands.

    Few calls are recorded twice, so only those are sorted.
    """
    known = calls.filter(pl.col("day") < periods.end)
    repeated = known.group_by(CALL).len().filter(pl.col("len") > 1)
    firsts = (
        known.join(repeated, on=CALL, how="semi")
        .sort("ended_at", "source_id")
        .unique(CALL, keep="first", maintain_order=True)
    )
    recorded = known.filter(pl.col("day") >= periods.start)
    return pl.concat([recorded.join(repeated, on=CALL, how="anti"), firsts])
