"""Stage 5: figures per day and per month, each counted from facts for its own grain, and the mark of a refresh."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.lake import Lake, table_name
from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import created_at, days, days_to_months, logical_time, months, one_run
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.environment import first_day
from journeys_pipeline.periods import add_months
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_metrics import IVR_FIGURES
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.metrics import (
    BranchTraffic,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ElementCosts,
    ElementErrors,
    ElementMessages,
    ElementPerformance,
    EntryPoints,
    ExitsByType,
    GoalValues,
    JourneyFunnel,
    JourneySummary,
    Refreshes,
    VersionPerformance,
)
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.tiers import Tier
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_branches,
    measure_campaigns,
    measure_channel_costs,
    measure_channels,
    measure_element_costs,
    measure_element_messages,
    measure_elements,
    measure_entry_points,
    measure_errors,
    measure_exits,
    measure_funnel,
    measure_goal_values,
    measure_versions,
    summarise_journeys,
)
from journeys_pipeline.transforms.people import resolve

Measure = Callable[[Facts, Periods], pl.LazyFrame]
Grain = Literal["day", "month"]

OF_A_JOURNEY = [JourneyEntries, JourneyExits, MessageEvents, GoalEvents, Journeys]
MEASURES: list[tuple[type[dy.Schema], Measure, Sequence[type[dy.Schema]]]] = [
    (CampaignPerformance, measure_campaigns, OF_A_JOURNEY),
    (VersionPerformance, measure_versions, OF_A_JOURNEY),
    (JourneyFunnel, measure_funnel, [JourneyEntries, MessageEvents, GoalEvents, Journeys]),
    (EntryPoints, measure_entry_points, [JourneyEntries]),
    (ExitsByType, measure_exits, [JourneyExits]),
    (ChannelPerformance, measure_channels, [MessageEvents]),
    (ChannelCosts, measure_channel_costs, [MessageEvents]),
    (ElementPerformance, measure_elements, [JourneyEntries, JourneySteps, JourneyExits, Journeys]),
    (ElementMessages, measure_element_messages, [MessageEvents]),
    (ElementCosts, measure_element_costs, [MessageEvents]),
    (BranchTraffic, measure_branches, [JourneySteps]),
    (ElementErrors, measure_errors, [JourneySteps]),
    (GoalValues, measure_goal_values, [GoalEvents, JourneyEntries, Journeys]),
]


def read_facts(lake: Lake, accounts: list[str]) -> Facts:
    """The accounts' fact tables, from the first day on, each person under one id."""

    def read(table: type[dy.Schema]) -> pl.LazyFrame:
        return lake.scan(table).filter(pl.col("account_id").is_in(accounts))

    def of_persons(table: type[dy.Schema]) -> pl.LazyFrame:
        return resolve(read(table), read(Identities))

    return Facts(
        entries=of_persons(JourneyEntries),
        exits=of_persons(JourneyExits),
        steps=of_persons(JourneySteps),
        messages=of_persons(MessageEvents),
        goals=of_persons(GoalEvents),
        journeys=read(Journeys),
    )


def periods_of(scope: Scope, grain: Grain) -> Periods:
    """The days that a scope's partitions cover."""
    last = scope.periods[-1]
    end = add_months(last, 1) if grain == "month" else last.fromordinal(last.toordinal() + 1)
    return Periods(scope.periods[0], end, grain)


def _metric_asset(
    table: type[dy.Schema], measure: Measure, sources: Sequence[type[dy.Schema]], grain: Grain
) -> dg.AssetsDefinition:
    """The asset that replaces a served table's slice with what `measure` counts."""

    def dep(source: type[dy.Schema]) -> dg.AssetDep:
        mapped = grain == "month" and source not in {Journeys, Identities}
        return dg.AssetDep(table_name(source), partition_mapping=days_to_months if mapped else None)

    @dg.asset(
        name=f"{table_name(table)}_by_{grain}",
        partitions_def=months if grain == "month" else days,
        backfill_policy=one_run,
        deps=[dep(source) for source in (*sources, Identities)],
        **about(table, kinds={"polars", "sqlalchemy"}, group="metrics"),
    )
    def metric(
        context: dg.AssetExecutionContext,
        config: RefreshConfig,
        catalog_file: CatalogFile,
        lake_folder: LakeFolder,
        warehouse_database: WarehouseDatabase,
    ) -> None:
        scope = Scope.of(context, config, catalog_file.load())
        facts = read_facts(lake_folder.open(), list(scope.accounts))
        rows = measure(facts, periods_of(scope, grain)).collect(engine="streaming")
        warehouse_database.open().replace(table, rows, scope.slice("period"), grain=grain)
        counts = rows.group_by("period").agg(rows=pl.len())
        add_row_counts(context, counts, periods=scope.periods, accounts=len(scope.accounts))

    return metric


@dg.asset(
    deps=[table_name(table) for table in (*OF_A_JOURNEY, JourneySteps)],
    **about(JourneySummary, kinds={"polars", "sqlalchemy"}, group="metrics"),
)
def journey_summary(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    today = logical_time(context).date()
    accounts = catalog_file.load().accounts_on([Tier(tier) for tier in config.tiers], today)
    facts = read_facts(lake_folder.open(), accounts)
    rows = summarise_journeys(facts, first_day=first_day(), end=today + timedelta(days=1)).collect(engine="streaming")
    warehouse_database.open().replace(JourneySummary, rows, {"account_id": accounts})
    return dg.MaterializeResult(metadata={"dagster/row_count": rows.height, "accounts refreshed": len(accounts)})


daily_metric_assets = [*(_metric_asset(*measured, "day") for measured in MEASURES), journey_summary]
monthly_metric_assets = [_metric_asset(*measured, "month") for measured in MEASURES]


@dg.asset(
    partitions_def=days,
    backfill_policy=one_run,
    deps=[f"{table_name(table)}_by_day" for table in (*(table for table, _, _ in MEASURES), *IVR_FIGURES)],
    **about(Refreshes, kinds={"sqlalchemy"}, group="metrics"),
)
def refreshes(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    warehouse_database: WarehouseDatabase,
) -> None:
    catalog = catalog_file.load()
    scope = Scope.of(context, config, catalog)
    begun_at = created_at(context.instance, context.run)
    rows = [
        {
            "account_id": account,
            "day": day,
            "tier": catalog.account(account).tier_on(scope.as_of.date()).value,
            "as_of": scope.as_of,
            "begun_at": begun_at,
        }
        for account in scope.accounts
        for day in scope.periods
    ]
    warehouse_database.open().upsert(Refreshes, pl.DataFrame(rows, schema=Refreshes.create_empty().schema))
