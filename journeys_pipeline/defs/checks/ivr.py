"""Conservation of calls and what callers do: facts and figures, parts and wholes, versions and all together."""

import dataframely as dy
import polars as pl

from journeys_pipeline.defs.checks.balances import CELL, Balance, Books, Side, rows_of, summed
from journeys_pipeline.defs.checks.periods import within
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.ivr_metrics import (
    ALL_VERSIONS,
    CallCosts,
    CallDropOffs,
    CallElementPerformance,
    CallHours,
    CallPerformance,
    InputPerformance,
    MenuPaths,
    MenuPerformance,
)

CALL = ["account_id", "call_id"]
VERSION_CELL = [*CELL, "journey_version"]
IS_TOGETHER = pl.col("journey_version") == ALL_VERSIONS
WAS_SHOWN = pl.col("event_type") == "menu_shown"


def together(table: type[dy.Schema], column: str) -> Side:
    """A column's sum in the rows of all versions together."""
    return lambda books: books.figures(table).filter(IS_TOGETHER).with_columns(count=column)


def by_version(table: type[dy.Schema], column: str) -> Side:
    """A column's sum in the rows of single versions."""
    return lambda books: books.figures(table).filter(~IS_TOGETHER).with_columns(count=column)


def calls_first_recorded(books: Books) -> pl.LazyFrame:
    """One row per call, on the day of its first record; ids are looked for in all days."""
    concerned = books.facts(Calls).select(CALL).unique()
    records = books.rows(Calls).join(concerned, on=CALL, how="semi").sort("ended_at", "source_id")
    first = records.unique(CALL, keep="first", maintain_order=True)
    return first.filter(within(pl.col("day"), books.days)).with_columns(count=pl.lit(1))


def _parts(name: str, table: type[dy.Schema], column: str, what: str) -> Balance:
    """The balance of a table's rows with the same column of call performance, in every version."""
    return Balance(
        name, table, f"The {what} sum to those of the journey and version.",
        summed(table, column), summed(CallPerformance, column), key=VERSION_CELL, also_reads=[CallPerformance],
    )  # fmt: skip


IVR_BALANCES = [
    Balance(
        "every_call_is_counted", CallPerformance,
        "The calls are the facts' call ids, each on the day of its first record (F26).",
        together(CallPerformance, "calls"), calls_first_recorded,
    ),
    Balance(
        "versions_sum_to_the_calls", CallPerformance,
        "The calls of all versions sum to those of all versions together (F25).",
        together(CallPerformance, "calls"), by_version(CallPerformance, "calls"),
    ),
    Balance(
        "calls_are_answered_or_not", CallPerformance,
        "Calls = answered + no answer + busy + failed (F26).",
        summed(CallPerformance, "calls"), summed(CallPerformance, "answered", "no_answer", "busy", "failed"),
        key=VERSION_CELL,
    ),
    Balance(
        "answered_calls_are_completed_or_end_early", CallPerformance,
        "Answered = completed + ended early (F28, D19).",
        summed(CallPerformance, "answered"), summed(CallPerformance, "completed", "ended_early"), key=VERSION_CELL,
    ),
    _parts("elements_sum_to_the_calls", CallElementPerformance, "calls", "calls of all call elements"),
    _parts("currencies_sum_to_the_calls", CallCosts, "calls", "calls of all call elements and currencies"),
    _parts("hours_sum_to_the_calls", CallHours, "calls", "calls of all hours (F27)"),
    _parts("hours_sum_to_the_answered_calls", CallHours, "answered", "answered calls of all hours (F27)"),
    _parts("drop_offs_sum_to_the_early_ends", CallDropOffs, "ended_early", "calls that ended early (F29)"),
    Balance(
        "every_showing_is_counted", MenuPerformance, "The menus shown are the facts' (F30).",
        together(MenuPerformance, "shown"), rows_of(MenuSteps, WAS_SHOWN),
    ),
    Balance(
        "every_press_is_counted", MenuPaths, "The options pressed are the facts' (F30).",
        together(MenuPaths, "presses"), rows_of(MenuSteps, ~WAS_SHOWN),
    ),
    Balance(
        "every_attempt_is_counted", InputPerformance, "The attempts to collect input are the facts' (F31).",
        together(InputPerformance, "attempts"), rows_of(CollectedInputs),
    ),
]  # fmt: skip
