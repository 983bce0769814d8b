"""The promise of each tier, as checks."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.tiers import REFRESH_EVERY, Tier

RUN_TIME_ALLOWANCE = timedelta(minutes=30)


def late_accounts(refreshes: pl.DataFrame, accounts: Sequence[str], tier: Tier) -> list[str]:
    """Accounts whose newest refresh is older than their tier promises (F90)."""
    oldest = now() - REFRESH_EVERY[tier] - RUN_TIME_ALLOWANCE
    fresh = refreshes.filter(pl.col("as_of") >= oldest)["account_id"]
    return sorted(set(accounts) - set(fresh))


def freshness_check(tier: Tier) -> dg.AssetChecksDefinition:
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
