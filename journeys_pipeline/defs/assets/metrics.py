"""Stage 5: figures per day and per month, each counted from facts for its own grain, and the mark of a refresh."""

from datetime import timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.defs.fact_reading import read_campaigns, read_facts
from journeys_pipeline.defs.figures import Family
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import created_at, days, logical_time, some_days
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.environment import first_day
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_metrics import CALL_FIGURES
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
    GoalDelays,
    GoalValues,
    JourneyFunnel,
    JourneySummary,
    PeopleSpans,
    Refreshes,
    VersionChannels,
    VersionCosts,
    VersionElements,
    VersionExits,
    VersionFunnel,
    VersionGoalDelays,
    VersionPerformance,
)
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.tiers import Tier
from journeys_pipeline.transforms.metrics import (
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
    measure_goal_delays,
    measure_goal_values,
    measure_versions,
    of_versions,
    summarise_journeys,
)

OF_A_JOURNEY = [JourneyEntries, JourneyExits, MessageEvents, GoalEvents, Journeys, Identities]


CAMPAIGNS = Family(
    "campaign_figures",
    {
        CampaignPerformance: measure_campaigns,
        VersionPerformance: measure_versions,
        JourneyFunnel: measure_funnel,
        EntryPoints: measure_entry_points,
        ExitsByType: measure_exits,
        VersionExits: of_versions(measure_exits, VersionExits),
        GoalValues: measure_goal_values,
        GoalDelays: measure_goal_delays,
    },
    OF_A_JOURNEY,
    read_facts,
    group="metrics",
)
CHANNELS = Family(
    "channel_figures",
    {
        ChannelPerformance: measure_channels,
        ChannelCosts: measure_channel_costs,
        VersionCosts: of_versions(measure_channel_costs, VersionCosts),
    },
    [MessageEvents, Identities],
    read_facts,
    group="metrics",
)
ELEMENTS = Family(
    "element_figures",
    {
        ElementPerformance: measure_elements,
        ElementMessages: measure_element_messages,
        ElementCosts: measure_element_costs,
        BranchTraffic: measure_branches,
        ElementErrors: measure_errors,
    },
    [JourneyEntries, JourneyExits, JourneySteps, MessageEvents, Journeys, Identities],
    read_facts,
    group="metrics",
)
FAMILIES = [CAMPAIGNS, CHANNELS, ELEMENTS]
VERSIONS = Family(
    "version_figures",
    {
        VersionFunnel: of_versions(measure_funnel, VersionFunnel),
        VersionChannels: of_versions(measure_channels, VersionChannels),
        VersionElements: of_versions(measure_elements, VersionElements),
        VersionGoalDelays: of_versions(measure_goal_delays, VersionGoalDelays),
    },
    [*OF_A_JOURNEY, JourneySteps],
    read_facts,
    group="metrics",
)


@dg.asset(
    deps=[*(table_name(table) for table in (*OF_A_JOURNEY, JourneySteps, PeopleSpans)), f"{CAMPAIGNS.name}_by_day"],
    **about(JourneySummary, kinds={"polars", "sqlalchemy"}, group="metrics"),
)
def journey_summary(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    end = logical_time(context).date() + timedelta(days=1)
    accounts = catalog_file.load().accounts_on([Tier(tier) for tier in config.tiers], logical_time(context).date())
    lake, warehouse = lake_folder.open(), warehouse_database.open()
    figures = read_campaigns(lake, warehouse, accounts, first_day(), end)
    summary = summarise_journeys(read_facts(lake, accounts), figures, first_day=first_day(), end=end)
    rows = summary.collect(engine="streaming")
    warehouse.replace(JourneySummary, rows, {"account_id": accounts})
    return dg.MaterializeResult(metadata={"dagster/row_count": rows.height, "accounts refreshed": len(accounts)})


daily_metric_assets = [*(family.asset("day") for family in FAMILIES), journey_summary]
monthly_metric_assets = [family.asset("month") for family in (*FAMILIES, VERSIONS)]


@dg.asset(
    partitions_def=days,
    backfill_policy=some_days,
    deps=[
        *(f"{name}_by_day" for name in (*(family.name for family in FAMILIES), CALL_FIGURES)),
        table_name(PeopleSpans),
    ],
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
