"""Stage 6: the ledger that customers are billed by, what came after its months closed, and what is served of it."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import dagster as dg
import polars as pl

from journeys_pipeline.catalog import Catalog
from journeys_pipeline.defs.auditing import find_restatement
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.booking import adjust_month, book_and_close, tally
from journeys_pipeline.defs.metadata import About, about, add_row_counts, column_schema, markdown_table
from journeys_pipeline.defs.partitions import days_to_months, months, one_run
from journeys_pipeline.defs.refresh import RefreshConfig, Scope
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, StatementsFolder, WarehouseDatabase
from journeys_pipeline.periods import add_months, month_closes_at
from journeys_pipeline.schemas.mep_ledger import (
    MEP_SUMMARIES,
    MepAdjustments,
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepByJourneyDay,
    MepBySubAccount,
    MepLedger,
    MepStatements,
    MepSummary,
)
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.transforms.mep_ledger import (
    COLUMNS_OF_DIFFERENCES,
    Months,
    count_by_campaign,
    count_by_day,
    count_by_entry_source,
    count_by_journey,
    count_by_journey_day,
    count_by_sub_account,
    summarise_meps,
)

DERIVED = {
    MepByDay: count_by_day,
    MepBySubAccount: count_by_sub_account,
    MepByCampaign: count_by_campaign,
    MepByJourney: count_by_journey,
    MepByJourneyDay: count_by_journey_day,
    MepByEntrySource: count_by_entry_source,
}


def _about_summaries() -> About:
    """What the asset of the summaries tells: of all its tables, since they are made together."""
    others = {f"columns of {table_name(table)}": column_schema(table) for table in DERIVED}
    lines = [f"- `{table_name(table)}`: {(table.__doc__ or '').splitlines()[0]}" for table in MEP_SUMMARIES]
    told = about(MepSummary, kinds={"polars", "sqlalchemy"}, group="billing")
    told["description"] = "\n".join(["Served tables:", "", *lines])
    told["metadata"] = {**told["metadata"], **others}
    return told


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
    statements_folder: StatementsFolder,
) -> None:
    catalog = catalog_file.load()
    scope = Scope.of(context, config, catalog)
    books = Books.open(lake_folder, warehouse_database, statements_folder)
    unhashed = books.count_unhashed(scope.accounts)
    if unhashed:
        context.log.warning(f"{unhashed} deleted persons keep their ids in the ledger: set JOURNEYS_DELETION_KEY (D7).")
    grace_hours = catalog.settings.month_close_grace_hours
    for month in scope.periods:
        book_and_close(books, scope, month, is_due=scope.as_of >= month_closes_at(month, grace_hours=grace_hours))
    rows = scope.select(books.lake.scan(MepLedger), "month").group_by(period="month").agg(rows=pl.len()).collect()
    add_row_counts(context, rows, periods=scope.periods, accounts=len(scope.accounts))
    listed = books.warehouse.read(MepStatements, scope.slice("month"))
    for month in scope.periods:
        closed = listed.filter(pl.col("month") == month)
        context.add_asset_metadata(
            {
                "statements": closed.height,
                "MEPs in statements": int(closed["row_count"].sum()),
                "statement files": markdown_table(closed.drop("month", "path")),
                "deleted persons without a hash": unhashed,
            },
            partition_key=month.isoformat(),
        )


@dg.asset(
    partitions_def=months,
    backfill_policy=one_run,
    deps=["mep_ledger"],
    **about(MepAdjustments, kinds={"polars", "deltalake"}, group="billing"),
)
def mep_adjustments(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
    statements_folder: StatementsFolder,
) -> None:
    """A partition is a service month; its rows lie in the folders of the months that they are booked in."""
    scope = Scope.of(context, config, catalog_file.load())
    books = Books.open(lake_folder, warehouse_database, statements_folder)
    for month in scope.periods:
        new = adjust_month(books, scope, month)
        booked = books.adjustments(scope.accounts, month).collect()
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": booked.height,
                "booked by this run": new,
                "adjustments": markdown_table(_count_adjustments(booked)),
                "restatement": markdown_table(_count_causes(books, scope, month)),
            },
            partition_key=month.isoformat(),
        )


def _count_causes(books: Books, scope: Scope, month: date) -> pl.DataFrame:
    """What `journeys mep restate` would list, counted by account and cause."""
    closed = [statement.account_id for statement in books.listed([month], scope.accounts)]
    differences = [find_restatement(books, account, month) for account in closed]
    rows = pl.concat(differences) if differences else pl.DataFrame(schema=COLUMNS_OF_DIFFERENCES)
    return rows.group_by("account_id", "cause").agg(rows=pl.len(), change=pl.col("change").sum()).sort(pl.all())


def _count_adjustments(booked: pl.DataFrame) -> pl.DataFrame:
    return booked.group_by("account_id", "service_month", booked_in="month").len("adjustments").sort(pl.all())


@dg.asset(
    partitions_def=months,
    backfill_policy=one_run,
    deps=["mep_ledger", "mep_adjustments"],
    **_about_summaries(),
)
def mep_summary(
    context: dg.AssetExecutionContext,
    config: RefreshConfig,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
    statements_folder: StatementsFolder,
) -> None:
    catalog = catalog_file.load()
    scope = Scope.of(context, config, catalog)
    books = Books.open(lake_folder, warehouse_database, statements_folder)
    for month in scope.periods:
        _summarise(books, catalog, scope, month)
    rows = books.warehouse.read(MepSummary, scope.slice("month")).group_by(period="month").agg(rows=pl.len())
    add_row_counts(context, rows, periods=scope.periods, accounts=len(scope.accounts))


def _summarise(books: Books, catalog: Catalog, scope: Scope, month: date) -> None:
    """Serve the month anew, but for accounts whose last word was said: their statement's."""
    final = books.warehouse.read(MepSummary, {"month": [month], "is_closed": [True]})["account_id"]
    accounts = sorted(set(scope.accounts) - set(final))
    if not accounts:
        return
    within = {"month": [month], "account_id": accounts}
    of_accounts = pl.col("account_id").is_in(accounts)
    ledger = pl.concat([books.ledger(account, month) for account in accounts])
    closed = {statement.account_id for statement in books.listed([month], accounts)}
    sources = Months(
        ledger=ledger,
        engaged=tally(books, accounts, month, ledger).lazy(),
        adjustments=books.lake.scan(MepAdjustments).filter((pl.col("month") == month) & of_accounts),
        journeys=books.journeys(),
        plans=_plans(catalog, accounts, scope, month, closed).lazy(),
        as_of=scope.as_of,
    )
    served = {table: count(sources).collect(engine="streaming") for table, count in DERIVED.items()}
    summary = summarise_meps(sources).collect(engine="streaming")
    with books.warehouse.transaction() as transaction:
        for table, rows in served.items():
            transaction.replace(table, rows, within)
        transaction.replace(MepSummary, summary, within)


def _plans(
    catalog: Catalog, accounts: Sequence[str], scope: Scope, month: date, closed: Collection[str]
) -> pl.DataFrame:
    """One row per account: the subscription in force at the month's end, or now, and whether the month is closed."""
    day = min(scope.as_of.date(), add_months(month, 1) - timedelta(days=1))
    subscriptions = [catalog.account(account).subscription_on(day) for account in accounts]
    terms = ("plan", "price", "currency", "allowance")
    columns = {
        "account_id": accounts,
        "month": [month] * len(accounts),
        **{name: [getattr(subscription, name, None) for subscription in subscriptions] for name in terms},
        "is_closed": [account in closed for account in accounts],
    }
    return pl.DataFrame(columns, schema_overrides=MepSummary.create_empty().select(*terms, "month").schema)
