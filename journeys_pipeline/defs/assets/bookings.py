"""Stage 6: the mark that ledger and monthly figures are up to the facts."""

import dagster as dg
import polars as pl

from journeys_pipeline.defs.assets.account_metrics import monthly_account_assets
from journeys_pipeline.defs.assets.ivr_metrics import monthly_ivr_assets
from journeys_pipeline.defs.assets.mep_ledger import mep_summary
from journeys_pipeline.defs.assets.metrics import monthly_metric_assets
from journeys_pipeline.defs.metadata import about
from journeys_pipeline.defs.partitions import created_at, months, one_run
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Bookings


@dg.asset(
    partitions_def=months,
    backfill_policy=one_run,
    deps=[mep_summary, *monthly_account_assets, *monthly_metric_assets, *monthly_ivr_assets],
    **about(Bookings, kinds={"sqlalchemy"}, group="billing"),
)
def bookings(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    warehouse_database: WarehouseDatabase,
) -> None:
    scope = Scope.of(context, config, catalog_file.load())
    begun_at = created_at(context.instance, context.run)
    rows = [
        {"account_id": account, "month": month, "as_of": scope.as_of, "begun_at": begun_at}
        for account in scope.accounts
        for month in scope.periods
    ]
    warehouse_database.open().upsert(Bookings, pl.DataFrame(rows, schema=Bookings.create_empty().schema))
