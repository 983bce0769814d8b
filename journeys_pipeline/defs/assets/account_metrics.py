"""Stage 5: figures of an account as a whole, per day, per month, and for the first days of each month."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.assets.metrics import OF_A_JOURNEY
from journeys_pipeline.defs.fact_reading import read_facts
from journeys_pipeline.defs.figures import Family
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import logical_time
from journeys_pipeline.defs.refresh import RefreshConfig
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import MONTHS_IN_SIGHT
from journeys_pipeline.schemas.metrics import AccountMonthStarts, AccountPerformance
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.tiers import Tier
from journeys_pipeline.transforms.metrics import measure_accounts, measure_month_start, month_starts

ACCOUNTS = Family("account_figures", {AccountPerformance: measure_accounts}, OF_A_JOURNEY, read_facts, group="metrics")


@dg.asset(
    deps=[table_name(table) for table in OF_A_JOURNEY],
    **about(AccountMonthStarts, kinds={"polars", "sqlalchemy"}, group="metrics"),
)
def account_month_starts(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.MaterializeResult:
    today = logical_time(context).date()
    accounts = catalog_file.load().accounts_on([Tier(tier) for tier in config.tiers], today)
    lake = lake_folder.open()
    starts = [
        measure_month_start(read_facts(lake, batch), start).collect(engine="streaming")
        for start in month_starts(today, MONTHS_IN_SIGHT)
        for batch in ACCOUNTS.batches(lake, accounts, start)
    ]
    rows = pl.concat(starts)
    warehouse_database.open().replace(AccountMonthStarts, rows, {"account_id": accounts})
    return dg.MaterializeResult(metadata={"dagster/row_count": rows.height, "accounts refreshed": len(accounts)})


daily_account_assets = [ACCOUNTS.asset("day"), account_month_starts]
monthly_account_assets = [ACCOUNTS.asset("month")]
