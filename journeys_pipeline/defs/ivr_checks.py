"""Asset checks of the figures of calls: nothing is lost between facts and figures, nor between two figures."""

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import table_name
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import LakeFolder, WarehouseDatabase
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

CELL = ["account_id", "journey_id", "journey_version", "period"]
PARTS = ["answered", "no_answer", "busy", "failed", "completed", "ended_early"]


@dg.asset_check(
    asset="call_performance_by_day",
    description="Calls = answered + no answer + busy + failed; answered = completed + ended early; the versions of a "
    "day sum to all together; and every call in the lake is counted once (F26, F28, D19).",
)
def calls_add_up(lake_folder: LakeFolder, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    served = warehouse_database.open().read(CallPerformance, grain="day")
    wrong = pl.concat([_rows_that_do_not_add_up(served), _days_whose_versions_do_not(served)])
    counted = served.filter(pl.col("journey_version") == ALL_VERSIONS).group_by("account_id").agg(pl.col("calls").sum())
    known = lake_folder.open().scan(Calls).select("account_id", "call_id").unique().group_by("account_id").len()
    compared = known.collect(engine="streaming").join(counted, on="account_id", how="full", coalesce=True).fill_null(0)
    lost = compared.filter(pl.col("len") != pl.col("calls"))
    return dg.AssetCheckResult(
        passed=wrong.is_empty() and lost.is_empty(),
        metadata={
            "rows": served.height,
            "rows that do not add up": markdown_table(wrong),
            "accounts whose calls in lake and figures differ": markdown_table(lost),
        },
    )


def _rows_that_do_not_add_up(served: pl.DataFrame) -> pl.DataFrame:
    is_sound = (pl.col("calls") == pl.sum_horizontal(PARTS[:4])) & (pl.col("answered") == pl.sum_horizontal(PARTS[4:]))
    return served.filter(~is_sound).select(*CELL, "calls", *PARTS)


def _days_whose_versions_do_not(served: pl.DataFrame) -> pl.DataFrame:
    """Rows of all versions together that are not what the single versions sum to."""
    is_together = pl.col("journey_version") == ALL_VERSIONS
    key = ["account_id", "journey_id", "period"]
    summed = served.filter(~is_together).group_by(key).agg(pl.col("calls", *PARTS).sum())
    together = served.filter(is_together).select(*CELL, "calls", *PARTS)
    return together.join(summed, on=[*key, "calls", *PARTS], how="anti")


def _sum_check(table: type[dy.Schema], column: str) -> dg.AssetChecksDefinition:
    """The check that a table's rows sum, in every cell, to the same column of call performance."""

    @dg.asset_check(
        asset=f"{table_name(table)}_by_day",
        name=f"{column}_sum_to_the_journeys",
        description=f"The rows of a journey, version and day sum to its {column} in call_performance_by_day.",
        additional_deps=["call_performance_by_day"],
    )
    def check(warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
        warehouse = warehouse_database.open()
        whole = warehouse.read(CallPerformance, grain="day").select(*CELL, column).filter(pl.col(column) > 0)
        summed = warehouse.read(table, grain="day").group_by(CELL).agg(parts=pl.col(column).sum())
        compared = whole.join(summed, on=CELL, how="full", coalesce=True)
        wrong = compared.filter(pl.col(column).ne_missing(pl.col("parts")))
        return dg.AssetCheckResult(
            passed=wrong.is_empty(), metadata={"cells": compared.height, "wrong": markdown_table(wrong)}
        )

    return check


def _fact_check(
    table: type[dy.Schema], column: str, source: type[dy.Schema], event_type: str | None = None
) -> dg.AssetChecksDefinition:
    """The check that a table counts every fact of a journey and day: all, or those of one event type."""

    @dg.asset_check(
        asset=f"{table_name(table)}_by_day",
        name=f"{column}_are_those_in_the_lake",
        description=f"The {column} of a journey and day are as many as its facts in {table_name(source)}.",
    )
    def check(lake_folder: LakeFolder, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
        key = ["account_id", "journey_id", "period"]
        served = warehouse_database.open().read(table, grain="day")
        counted = served.filter(pl.col("journey_version") == ALL_VERSIONS).group_by(key).agg(pl.col(column).sum())
        facts = lake_folder.open().scan(source).rename({"day": "period"})
        known = facts.filter(pl.col("event_type") == event_type) if event_type else facts
        in_lake = known.group_by(key).agg(facts=pl.len()).collect(engine="streaming")
        compared = in_lake.join(counted.filter(pl.col(column) > 0), on=key, how="full", coalesce=True)
        wrong = compared.filter(pl.col("facts").ne_missing(pl.col(column)))
        return dg.AssetCheckResult(
            passed=wrong.is_empty(), metadata={"journeys and days": compared.height, "wrong": markdown_table(wrong)}
        )

    return check


ivr_checks = [
    calls_add_up,
    _sum_check(CallElementPerformance, "calls"),
    _sum_check(CallCosts, "calls"),
    _sum_check(CallHours, "calls"),
    _sum_check(CallDropOffs, "ended_early"),
    _fact_check(MenuPerformance, "shown", MenuSteps, "menu_shown"),
    _fact_check(MenuPaths, "presses", MenuSteps, "option_pressed"),
    _fact_check(InputPerformance, "attempts", CollectedInputs),
]
