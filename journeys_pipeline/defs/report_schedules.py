"""Schedules of reports: what the catalog declares, and mails that are due again."""

from collections.abc import Iterator
from datetime import UTC, date

import dagster as dg

from journeys_pipeline.adapters.outbox import Outbox
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import DeclaredReport
from journeys_pipeline.defs.billed_rows import is_closed
from journeys_pipeline.defs.jobs import mail, report, report_config
from journeys_pipeline.defs.partitions import AS_OF_TAG
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.periods import add_months, month_of

REPORT_CRON = "0 6 * * *"  # after the nightly refresh of the slowest tier
MAIL_CRON = "*/5 * * * *"
MONDAY = 0


@dg.schedule(
    cron_schedule=REPORT_CRON,
    job=report,
    execution_timezone="UTC",
    description="Make and mail the reports that the catalog declares for this day, each in a run of its own, once.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def scheduled_reports(
    context: dg.ScheduleEvaluationContext, catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
) -> Iterator[dg.RunRequest]:
    as_of = context.scheduled_execution_time.astimezone(UTC)
    catalog, warehouse = catalog_file.load(), warehouse_database.open()
    for declared in catalog.reports:
        for account in catalog.accounts:
            occasion = due_for(declared, account.id, as_of.date(), warehouse) if declared.is_for(account.id) else None
            if occasion:
                yield dg.RunRequest(
                    run_key=f"{declared.id}-{account.id}-{occasion}",
                    tags={AS_OF_TAG: as_of.isoformat()},
                    run_config=report_config(
                        {"account": account.id, "declared": declared.id, "requested_by": "schedule"}
                    ),
                )


def due_for(declared: DeclaredReport, account_id: str, today: date, warehouse: Warehouse) -> str | None:
    """What a report is due for today, so that it is made for it once; None if it is not due."""
    last_month = add_months(month_of(today), -1)
    match declared.schedule:
        case "daily":
            return today.isoformat()
        case "weekly":
            return f"{today:%G-W%V}" if today.weekday() == MONDAY else None
        case "monthly":
            return f"{today:%Y-%m}" if today.day == 1 else None
        case "after_close":
            return f"{last_month:%Y-%m}" if is_closed(warehouse, account_id, last_month) else None
        case None:
            return None


@dg.schedule(
    cron_schedule=MAIL_CRON,
    job=mail,
    execution_timezone="UTC",
    description="Send mails whose next attempt is due, and give up attempts that have died.",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def mail_again(
    context: dg.ScheduleEvaluationContext, warehouse_database: WarehouseDatabase
) -> dg.RunRequest | dg.SkipReason:
    if not Outbox(warehouse_database.open()).has_work():
        return dg.SkipReason("No mail is due.")
    return dg.RunRequest(run_key=context.scheduled_execution_time.astimezone(UTC).isoformat())
