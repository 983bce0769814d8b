"""Stage 4: what happened, at person grain, per UTC day. One asset a fact table."""

from collections.abc import Callable

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import days, some_days
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.transforms.daily_facts import (
    collect_entries,
    collect_exits,
    collect_goals,
    collect_messages,
    collect_steps,
)

Collect = Callable[..., pl.LazyFrame]


def _fact_asset(table: type[dy.Schema], collect: Collect, sources: list[type[dy.Schema]]) -> dg.AssetsDefinition:
    """The asset that replaces a fact table's slice with what `collect` makes of the sources' slices."""

    @dg.asset(
        name=table_name(table),
        partitions_def=days,
        backfill_policy=some_days,
        deps=[table_name(source) for source in sources],
        **about(table, kinds={"polars", "deltalake"}, group="facts"),
    )
    def fact(
        context: dg.AssetExecutionContext, config: RefreshConfig, catalog_file: CatalogFile, lake_folder: LakeFolder
    ) -> None:
        scope, lake = Scope.of(context, config, catalog_file.load()), lake_folder.open()
        facts = collect(*(scope.select(lake.scan(source), "day") for source in sources))
        # facts lie as their sources do, so that a day of any size is made without sorting it in memory
        lake.replace(table, facts, scope.slice("day"), is_sorted=True)
        rows = scope.select(lake.scan(table), "day").group_by(period="day").agg(rows=pl.len())
        add_row_counts(context, rows.collect(), periods=scope.periods, accounts=len(scope.accounts))

    return fact


fact_assets = [
    _fact_asset(JourneyEntries, collect_entries, [JourneyEvents, ContactEntries]),
    _fact_asset(JourneyExits, collect_exits, [JourneyEvents]),
    _fact_asset(JourneySteps, collect_steps, [JourneyEvents]),
    _fact_asset(MessageEvents, collect_messages, [JourneyEvents]),
    _fact_asset(GoalEvents, collect_goals, [JourneyEvents]),
]
