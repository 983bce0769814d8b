"""Stage 6: the ledger that customers are billed by, and its summary."""

from datetime import date, timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.metadata import about, add_row_counts
from journeys_pipeline.defs.partitions import days_to_months, months, one_run
from journeys_pipeline.defs.refresh import RefreshConfig, Scope, stale_days
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import add_months, month_closes_at
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.transforms.mep_ledger import (
    book_engagements,
    find_engagements,
    rename_booked,
    summarise_meps,
)
from journeys_pipeline.transforms.people import resolve


def open_accounts(warehouse: Warehouse, scope: Scope, month: date) -> list[str]:
    """The scope's accounts whose month is not closed; a closed month is never written again (D5)."""
    closed = warehouse.read(MepSummary, {"month": [month], "is_closed": [True]})["account_id"]
    return sorted(set(scope.accounts) - set(closed))


@dg.asset(
    partitions_def=months,
    backfill_policy=one_run,
    deps=[dg.AssetDep("journey_entries", partition_mapping=days_to_months), "journeys", "identities"],
    **about(MepLedger, kinds={"polars", "deltalake"}, group="billing"),
)
def mep_ledger(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> None:
    scope = Scope.of(context, config, catalog_file.load())
    lake, warehouse = lake_folder.open(), warehouse_database.open()
    for month in scope.periods:
        accounts = open_accounts(warehouse, scope, month)
        month_slice = {"month": [month], "account_id": accounts}
        in_month = pl.col("day").is_between(month, add_months(month, 1), closed="left")
        of_accounts = pl.col("account_id").is_in(accounts)
        identities = lake.scan(Identities).filter(of_accounts)
        entries = resolve(lake.scan(JourneyEntries).filter(in_month & of_accounts), identities)
        booked = rename_booked(
            lake.scan(MepLedger).filter((pl.col("month") == month) & of_accounts), entries, identities
        )
        ledger = book_engagements(find_engagements(entries, lake.scan(Journeys)), booked, as_of=scope.as_of)
        lake.replace(MepLedger, ledger, month_slice)
    counts = scope.select(lake.scan(MepLedger), "month").group_by(period="month").agg(rows=pl.len()).collect()
    add_row_counts(context, counts, periods=scope.periods, accounts=len(scope.accounts))


@dg.asset(
    partitions_def=months,
    backfill_policy=one_run,
    deps=["mep_ledger"],
    **about(MepSummary, kinds={"polars", "sqlalchemy"}, group="billing"),
)
def mep_summary(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> None:
    catalog = catalog_file.load()
    scope, warehouse = Scope.of(context, config, catalog), warehouse_database.open()
    stale = stale_days(warehouse, scope.accounts, as_of=scope.as_of)
    plans = pl.concat(
        [_plans(catalog, open_accounts(warehouse, scope, month), scope, month, stale) for month in scope.periods]
    )
    ledger = scope.select(lake_folder.open().scan(MepLedger), "month")
    warehouse.upsert(MepSummary, summarise_meps(ledger, plans.lazy(), as_of=scope.as_of).collect())
    summary = warehouse.read(MepSummary, scope.slice("month"))
    counts = summary.group_by(period="month").agg(rows=pl.len())
    add_row_counts(context, counts, periods=scope.periods, accounts=len(scope.accounts))


def _plans(catalog: Catalog, accounts: list[str], scope: Scope, month: date, stale: pl.DataFrame) -> pl.DataFrame:
    """One row per account: the allowance in force at the month's end, or now, and whether the month is closed.

    A month whose grace has passed stays open as long as facts of its days are older than their files.
    """
    day = min(scope.as_of.date(), add_months(month, 1) - timedelta(days=1))
    subscriptions = [catalog.account(account).subscription_on(day) for account in accounts]
    has_closed = scope.as_of >= month_closes_at(month, grace_hours=catalog.settings.month_close_grace_hours)
    waiting = set(stale.filter(pl.col("day").dt.month_start() == month)["account_id"])
    return pl.DataFrame(
        {
            "account_id": accounts,
            "month": [month] * len(accounts),
            **{
                name: [getattr(subscription, name, None) for subscription in subscriptions]
                for name in ("plan", "price", "currency", "allowance")
            },
            "is_closed": [has_closed and account not in waiting for account in accounts],
        },
        schema={
            "account_id": pl.String,
            "month": pl.Date,
            "plan": pl.String,
            "price": pl.Decimal(18, 6),
            "currency": pl.String,
            "allowance": pl.Int64,
            "is_closed": pl.Boolean,
        },
    )
