"""Sensors that tell the operator, by mail, what went wrong; silent where the catalog names no operator."""

import dagster as dg

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.defs.jobs import mail
from journeys_pipeline.defs.notices import FailedStep, missed_promises_of, notice_of_run, tell
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Refreshes


@dg.run_failure_sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Mail the operator that a run failed, once: job, run, steps, kinds of errors, our own messages.",
)
def run_failures(
    context: dg.RunFailureSensorContext, catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
) -> None:
    operator, run = catalog_file.load().settings.operator, context.dagster_run
    if operator and run.job_name != mail.name:  # of mails that do not go out no mail can tell
        steps = [_failed_step(event) for event in context.get_step_failure_events()]
        tell(warehouse_database.open(), notice_of_run(run.run_id, run.job_name, steps), operator=operator, at=now())


@dg.sensor(
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Mail the operator that figures are older than a tier promises, once for each account and miss (F90).",
)
def missed_promises(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> dg.SkipReason:
    catalog, warehouse, at = catalog_file.load(), warehouse_database.open(), now()
    operator = catalog.settings.operator
    if not operator:
        return dg.SkipReason("The catalog names no operator (`settings.operator`).")
    notices = missed_promises_of(catalog.accounts, warehouse.read(Refreshes), at=at)
    told = sum(tell(warehouse, notice, operator=operator, at=at) for notice in notices)
    return dg.SkipReason(f"{len(notices)} accounts are late; {told} of them are news.")


def _failed_step(event: dg.DagsterEvent) -> FailedStep:
    error = event.step_failure_data.error
    cause = (error.cause or error) if error else None
    return FailedStep(
        event.step_key or "?", (cause.cls_name or "error") if cause else "error", cause.message if cause else ""
    )
