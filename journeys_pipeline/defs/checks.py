"""Asset checks: what must hold of the tables, and the promise of each tier."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.lake import table_name
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.schemas.people import Identities, PeopleChanges
from journeys_pipeline.tiers import REFRESH_EVERY, Tier

LAKE_TABLES = [
    ContactEntries, JourneyEvents, PeopleChanges, Identities, JourneyEntries, JourneyExits, JourneySteps, MessageEvents,
    GoalEvents, MepLedger,
]  # fmt: skip
WARN_FOR = timedelta(days=7)
RUN_TIME_ALLOWANCE = timedelta(minutes=30)


@dg.asset_check(
    asset="import_performance",
    description="Total = valid + invalid for every file, and the totals are the entries in the lake (F46).",
    blocking=True,
)
def totals_are_valid_plus_invalid(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> dg.AssetCheckResult:
    shown = warehouse_database.open().read(ImportPerformance).filter(pl.col("total_entries").is_not_null())
    counted = (
        lake_folder.open()
        .scan(ContactEntries)
        .group_by("file_id")
        .agg(total=pl.len(), valid=pl.col("is_valid").sum())
        .collect()
    )
    compared = shown.join(counted, on="file_id", how="left").with_columns(pl.col("total", "valid").fill_null(0))
    wrong = compared.filter(
        (pl.col("total_entries") != pl.col("valid_entries") + pl.col("invalid_entries"))
        | (pl.col("total_entries") != pl.col("total"))
        | (pl.col("valid_entries") != pl.col("valid"))
    )
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        metadata={"files": shown.height, "wrong": markdown_table(wrong.select("file_id", "total_entries", "total"))},
    )


@dg.asset_check(
    asset="import_performance",
    description="In no file of the last seven days is the share of invalid entries over the feed's warning line (F54).",
)
def few_entries_are_invalid(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    lines = pl.DataFrame(
        [
            (connection.id, feed.id, feed.invalid_share_warning)
            for connection in catalog_file.load().connections
            for feed in connection.feeds
            if feed.kind == "contacts"
        ],
        schema={"connection_id": pl.String, "feed_id": pl.String, "line": pl.Float64},
        orient="row",
    )
    files = warehouse_database.open().read(ImportPerformance).filter(pl.col("total_entries") > 0)
    recent = files.filter(pl.col("fetched_at") > pl.col("fetched_at").max() - WARN_FOR)
    share = pl.col("invalid_entries") / pl.col("total_entries")
    over = recent.join(lines, on=["connection_id", "feed_id"]).with_columns(share=share).filter(share > pl.col("line"))
    return dg.AssetCheckResult(
        passed=over.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "files over the line": over.height,
            "files": markdown_table(
                over.select("connection_id", "file_name", "total_entries", pl.col("share").round(3), "line")
            ),
        },
    )


def _unique_key_check(table: type[dy.Schema]) -> dg.AssetChecksDefinition:
    key = table.primary_key()

    @dg.asset_check(
        asset=table_name(table),
        name="key_is_unique",
        description=f"No two rows share {' + '.join(key)}.",
        blocking=True,
    )
    def check(lake_folder: LakeFolder) -> dg.AssetCheckResult:
        repeated = lake_folder.open().scan(table).group_by(key).len().filter(pl.col("len") > 1).select(pl.len())
        count = repeated.collect(engine="streaming").item()
        return dg.AssetCheckResult(passed=count == 0, metadata={"keys that repeat": count})

    return check


def late_accounts(refreshes: pl.DataFrame, accounts: Sequence[str], tier: Tier) -> list[str]:
    """Accounts whose newest refresh is older than their tier promises (F90)."""
    oldest = now() - REFRESH_EVERY[tier] - RUN_TIME_ALLOWANCE
    fresh = refreshes.filter(pl.col("as_of") >= oldest)["account_id"]
    return sorted(set(accounts) - set(fresh))


def _freshness_check(tier: Tier) -> dg.AssetChecksDefinition:
    hours = int(REFRESH_EVERY[tier].total_seconds() // 3600)

    @dg.asset_check(
        asset="refreshes",
        name=f"{tier}_is_fresh",
        description=f"Every account on the tier {tier} was refreshed within {hours} h and half an hour (F90).",
    )
    def check(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
        accounts = catalog_file.load().accounts_on([tier], now().date())
        late = late_accounts(warehouse_database.open().read(Refreshes), accounts, tier)
        return dg.AssetCheckResult(
            passed=not late, metadata={"accounts": len(accounts), "late accounts": ", ".join(late) or "none"}
        )

    return check


checks = [
    totals_are_valid_plus_invalid,
    few_entries_are_invalid,
    *(_unique_key_check(table) for table in LAKE_TABLES),
    *(_freshness_check(tier) for tier in Tier),
]
