"""Calls and the steps within them, per UTC day. One asset a fact table."""

from collections.abc import Callable

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import days, some_days
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.transforms.ivr_facts import collect_calls, collect_inputs, collect_menu_steps


def _fact_asset(table: type[dy.Schema], collect: Callable[[pl.LazyFrame], pl.LazyFrame]) -> dg.AssetsDefinition:
    """The asset that replaces a fact table's slice with what `collect` makes of the events of its days."""

    @dg.asset(
        name=table_name(table),
        partitions_def=days,
        backfill_policy=some_days,
        deps=[table_name(JourneyEvents)],
        **about(table, kinds={"polars", "deltalake"}, group="facts"),
    )
    def fact(
        context: dg.AssetExecutionContext, config: RefreshConfig, catalog_file: CatalogFile, lake_folder: LakeFolder
    ) -> None:
        scope, lake = Scope.of(context, config, catalog_file.load()), lake_folder.open()
        # facts lie as their sources do, so that a day of any size is made without sorting it in memory
        facts = collect(scope.select(lake.scan(JourneyEvents), "day"))
        lake.replace(table, facts, scope.slice("day"), is_sorted=True)
        rows = scope.select(lake.scan(table), "day").group_by(period="day").agg(rows=pl.len())
        add_row_counts(context, rows.collect(), periods=scope.periods, accounts=len(scope.accounts))

    return fact


ivr_fact_assets = [
    _fact_asset(Calls, collect_calls),
    _fact_asset(MenuSteps, collect_menu_steps),
    _fact_asset(CollectedInputs, collect_inputs),
]
