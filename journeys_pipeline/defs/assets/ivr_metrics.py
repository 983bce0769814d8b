"""Figures of calls per day and per month, each counted from facts for its own grain. One asset a table."""

from collections.abc import Callable, Sequence

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake, table_name
from journeys_pipeline.defs.assets.metrics import Grain, periods_of
from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import days, days_to_months, months, one_run
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.ivr_metrics import (
    CallCosts,
    CallDropOffs,
    CallElementPerformance,
    CallHours,
    CallPerformance,
    InputPerformance,
    InputValues,
    MenuPaths,
    MenuPerformance,
)
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.transforms.ivr_metrics import (
    IvrFacts,
    list_input_values,
    measure_call_costs,
    measure_call_elements,
    measure_call_hours,
    measure_calls,
    measure_drop_offs,
    measure_inputs,
    measure_menu_paths,
    measure_menus,
)
from journeys_pipeline.transforms.metrics import Periods

Measure = Callable[[IvrFacts, Periods], pl.LazyFrame]

MEASURES: list[tuple[type[dy.Schema], Measure, Sequence[type[dy.Schema]]]] = [
    (CallPerformance, measure_calls, [Calls, Journeys]),
    (CallElementPerformance, measure_call_elements, [Calls, Journeys]),
    (CallCosts, measure_call_costs, [Calls, Journeys]),
    (CallHours, measure_call_hours, [Calls]),
    (CallDropOffs, measure_drop_offs, [Calls, Journeys]),
    (MenuPerformance, measure_menus, [MenuSteps, CollectedInputs]),
    (MenuPaths, measure_menu_paths, [MenuSteps, Journeys]),
    (InputPerformance, measure_inputs, [CollectedInputs]),
    (InputValues, list_input_values, [CollectedInputs]),
]


def read_ivr_facts(lake: Lake, accounts: list[str]) -> IvrFacts:
    """The accounts' fact tables of calls, from the first day on."""

    def read(table: type[dy.Schema]) -> pl.LazyFrame:
        return lake.scan(table).filter(pl.col("account_id").is_in(accounts))

    return IvrFacts(
        calls=read(Calls), menu_steps=read(MenuSteps), inputs=read(CollectedInputs), journeys=read(Journeys)
    )


def _metric_asset(
    table: type[dy.Schema], measure: Measure, sources: Sequence[type[dy.Schema]], grain: Grain
) -> dg.AssetsDefinition:
    """The asset that replaces a served table's slice with what `measure` counts."""

    def dep(source: type[dy.Schema]) -> dg.AssetDep:
        mapped = grain == "month" and source is not Journeys
        return dg.AssetDep(table_name(source), partition_mapping=days_to_months if mapped else None)

    @dg.asset(
        name=f"{table_name(table)}_by_{grain}",
        partitions_def=months if grain == "month" else days,
        backfill_policy=one_run,
        deps=[dep(source) for source in sources],
        **about(table, kinds={"polars", "sqlalchemy"}, group="ivr"),
    )
    def metric(
        context: dg.AssetExecutionContext,
        config: RefreshConfig,
        catalog_file: CatalogFile,
        lake_folder: LakeFolder,
        warehouse_database: WarehouseDatabase,
    ) -> None:
        scope = Scope.of(context, config, catalog_file.load())
        facts = read_ivr_facts(lake_folder.open(), list(scope.accounts))
        rows = measure(facts, periods_of(scope, grain)).collect(engine="streaming")
        warehouse_database.open().replace(table, rows, scope.slice("period"), grain=grain)
        counts = rows.group_by("period").agg(rows=pl.len())
        add_row_counts(context, counts, periods=scope.periods, accounts=len(scope.accounts))

    return metric


daily_ivr_assets = [_metric_asset(*measured, "day") for measured in MEASURES]
monthly_ivr_assets = [_metric_asset(*measured, "month") for measured in MEASURES]
