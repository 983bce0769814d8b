"""Unique people counted in two ways are as many: told apart in one day or month, and added up from spans."""

from datetime import date

import dagster as dg
import polars as pl

from journeys_pipeline.defs.checks.balances import Books
from journeys_pipeline.defs.checks.periods import described, run_range, unsettled_days, within
from journeys_pipeline.defs.metadata import markdown_table
from journeys_pipeline.defs.partitions import created_at
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.periods import add_months, days_of_month
from journeys_pipeline.schemas.metrics import CampaignPerformance, PeopleSpans, Refreshes
from journeys_pipeline.transforms.metrics import campaigns_of_range, differing_days

CELL = ["account_id", "journey_id", "period"]
EXACTLY = 12  # decimals of a rate: two divisions of the same counts may differ in the last


@dg.asset_check(
    asset="people_spans",
    additional_deps=["campaign_figures_by_day"],
    description="The spans of each journey and day of the run add up to its unique people of that day (F5, D20).",
)
def spans_add_up_to_the_days(
    context: dg.AssetCheckExecutionContext,
    catalog_file: CatalogFile,
    lake_folder: LakeFolder,
    warehouse_database: WarehouseDatabase,
) -> dg.AssetCheckResult:
    partitions, warehouse = run_range(context), warehouse_database.open()
    unsettled = unsettled_days(context, warehouse, catalog_file.load()).rename({"day": "period"})
    books = Books(warehouse, lake_folder.open(), partitions)
    by_day = books.figures(CampaignPerformance).rename({"day": "period"})
    differing = differing_days(by_day, books.facts(PeopleSpans))
    wrong = differing.join(unsettled.lazy(), on=["account_id", "period"], how="anti")
    return _result(wrong.collect(), partitions)


@dg.asset_check(
    asset="campaign_figures_by_month",
    additional_deps=["people_spans"],
    description="The figures of each journey and month of the run, people told apart, are what days and spans add up "
    "to (F5, D20). Left out: months of which a day has no spans yet, and accounts that are refreshed meanwhile.",
)
def months_are_what_days_add_up_to(
    context: dg.AssetCheckExecutionContext, lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> dg.AssetCheckResult:
    partitions, warehouse = run_range(context), warehouse_database.open()
    begun_at = created_at(context.instance, context.run)
    meanwhile = warehouse.read(Refreshes).filter(pl.col("begun_at") > begun_at)
    by_month = warehouse.read(CampaignPerformance, grain="month").filter(within(pl.col("period"), partitions))
    settled = by_month.join(meanwhile, on="account_id", how="anti")
    of_months = [day for month in settled["period"].unique() for day in days_of_month(month)]
    by_day = warehouse.read(CampaignPerformance, {"period": of_months}, grain="day")
    return _result(differing_months(settled, by_day, lake_folder.open().scan(PeopleSpans)), partitions)


def differing_months(by_month: pl.DataFrame, by_day: pl.DataFrame, spans: pl.LazyFrame) -> pl.DataFrame:
    """The journeys and months of `by_month` that days and spans do not add up to; months that lack spans apart.

    Args:
        by_month: CampaignPerformance by month.
        by_day: CampaignPerformance of at least all days of these months.
        spans: PeopleSpans of these days.
    """
    months: list[date] = by_month["period"].unique().to_list()
    month = pl.col("period").dt.month_start()
    of_months = by_day.lazy().filter(month.is_in(months))
    lacking = differing_days(of_months, spans).select("account_id", period=month)
    sums = [campaigns_of_range(of_months.filter(month == each), spans, each, add_months(each, 1)) for each in months]
    served, added = (
        rows.with_columns(pl.col("completion_rate").round(EXACTLY))
        for rows in (by_month.lazy(), pl.concat([CampaignPerformance.create_empty().lazy(), *sums]))
    )
    every = CampaignPerformance.column_names()
    differing = served.join(added, on=every, how="anti", nulls_equal=True)
    return differing.join(lacking, on=["account_id", "period"], how="anti").select(CELL).collect()


def _result(wrong: pl.DataFrame, partitions: tuple[date, date] | None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=wrong.is_empty(),
        metadata={
            "cells that differ": wrong.height,
            "first": markdown_table(wrong.sort(CELL)),
            "partitions of the run": described(partitions),
        },
    )
