"""Schedules: fetching for all, one refresh per tier, closing; those of reports lie beside this file."""

from collections.abc import Iterator
from datetime import UTC, timedelta

import dagster as dg

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.defs.jobs import DAILY, book, ingest, refresh, tier_config
from journeys_pipeline.defs.partitions import AS_OF_TAG, TIER_TAG, range_tags
from journeys_pipeline.defs.refresh import (
    correct_touches,
    ranges_to_refresh,
    stale_days,
    unbooked_months,
    why_anew,
)
from journeys_pipeline.defs.report_schedules import mail_again, scheduled_reports
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.periods import month_closes_at
from journeys_pipeline.schemas.mep_ledger import MepSummary
from journeys_pipeline.tiers import REFRESH_CRON, Tier

LEFT_FOR = timedelta(hours=2)  # by then the run that follows a refresh has done its work, or died


def _refresh_schedule(tier: Tier) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"refresh_{tier}",
        cron_schedule=REFRESH_CRON[tier],
        job=refresh,
        execution_timezone="UTC",
        description=f"Refresh accounts on the tier {tier}: yesterday, today, and days that late files touched (F90).",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    def schedule(
        context: dg.ScheduleEvaluationContext, catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
    ) -> Iterator[dg.RunRequest]:
        as_of = context.scheduled_execution_time.astimezone(UTC)
        accounts = catalog_file.load().accounts_on([tier], as_of.date())
        warehouse = warehouse_database.open()
        correct_touches(warehouse, accounts, at=now())
        stale = stale_days(warehouse, accounts, as_of=as_of)
        for first, last in ranges_to_refresh(warehouse, accounts, as_of=as_of):
            why = why_anew(stale, first, last, as_of=as_of)
            yield dg.RunRequest(
                run_key=f"{tier}-{as_of.isoformat()}-{first}",
                tags=range_tags(first, last, as_of=as_of, why=why) | {TIER_TAG: tier.value},
                run_config=tier_config(DAILY, [tier]),
            )

    return schedule


@dg.schedule(
    cron_schedule="*/15 * * * *",
    job=ingest,
    execution_timezone="UTC",
    description="Fetch from every connection, four times an hour.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def fetch_all(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    as_of = context.scheduled_execution_time.astimezone(UTC)
    return dg.RunRequest(run_key=as_of.isoformat(), tags={AS_OF_TAG: as_of.isoformat()})


@dg.schedule(
    cron_schedule="30 * * * *",
    job=book,
    execution_timezone="UTC",
    description="Book once more, and close, each month whose grace has passed (D5); and book months that the run which "
    "should have done so after a refresh has left.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def close_months(
    context: dg.ScheduleEvaluationContext, catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
) -> dg.RunRequest | dg.SkipReason:
    as_of = context.scheduled_execution_time.astimezone(UTC)
    catalog, warehouse = catalog_file.load(), warehouse_database.open()
    grace_hours = catalog.settings.month_close_grace_hours
    open_months = warehouse.read(MepSummary, {"is_closed": [False]})["month"].unique().to_list()
    due = [month for month in open_months if month_closes_at(month, grace_hours=grace_hours) <= as_of]
    accounts = [account.id for account in catalog.accounts]
    due += unbooked_months(warehouse, accounts, refreshed_before=as_of - LEFT_FOR)
    if not due:
        return dg.SkipReason("No open month has come to the end of its grace, and no refreshed one waits.")
    return dg.RunRequest(run_key=as_of.isoformat(), tags=range_tags(min(due), max(due), as_of=as_of))


schedules = [fetch_all, close_months, *(_refresh_schedule(tier) for tier in Tier), scheduled_reports, mail_again]
