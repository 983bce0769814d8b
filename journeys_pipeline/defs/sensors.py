"""Sensors: the ledger follows runs that made entries, pages follow the ledger, reports follow what readers ask for."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import dagster as dg

from journeys_pipeline.defs.jobs import MONTHLY, PAGES, book, report, report_config, show, tier_config
from journeys_pipeline.defs.partitions import AS_OF_TAG, RANGE_END_TAG, RANGE_START_TAG, TIER_TAG, range_tags, run_time
from journeys_pipeline.defs.resources import WarehouseDatabase
from journeys_pipeline.periods import MONTH_FORMAT, month_of
from journeys_pipeline.schemas.viewer import FAILED, MADE, STARTED, WAITING, ReportRequests
from journeys_pipeline.tiers import Tier

ENTRIES = dg.AssetKey("journey_entries")
LEDGER = dg.AssetKey("mep_ledger")
SUMMARY = dg.AssetKey("mep_summary")
REQUEST_TAG = "journeys/report_request"
OUTCOMES = {
    dg.DagsterRunStatus.SUCCESS: MADE,
    dg.DagsterRunStatus.FAILURE: FAILED,
    dg.DagsterRunStatus.CANCELED: FAILED,
}


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    request_job=book,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When a run has made journey_entries, book the months that it touched. Back-fills that hold "
    "the ledger themselves are left to themselves.",
)
def ledger_follows_facts(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    run = context.dagster_run
    days = run_days(run)
    if days is None or ENTRIES not in _assets(context):
        return dg.SkipReason(f"Run {run.run_id} made no entries.")
    if _backfill_has_ledger(context):
        return dg.SkipReason(f"The back-fill of run {run.run_id} books the ledger itself.")
    tier = run.tags.get(TIER_TAG)
    months = range_tags(month_of(days[0]), month_of(days[1]), as_of=run_time(context.instance, run))
    return dg.RunRequest(
        run_key=run.run_id,
        tags=months | ({TIER_TAG: tier} if tier else {}),
        run_config=tier_config(MONTHLY, [Tier(tier)] if tier else list(Tier)),
    )


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    request_job=show,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="When a run has brought the ledger and the monthly figures up to the facts, draw the pages of the "
    "accounts that it was for.",
)
def pages_follow_figures(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
    run = context.dagster_run
    if run.job_name != book.name and SUMMARY not in (run.asset_selection or ()):
        return dg.SkipReason(f"Run {run.run_id} made no monthly figures.")
    tier = run.tags.get(TIER_TAG)
    return dg.RunRequest(
        run_key=run.run_id,
        tags={AS_OF_TAG: run_time(context.instance, run).isoformat()} | ({TIER_TAG: tier} if tier else {}),
        run_config=tier_config(PAGES, [Tier(tier)] if tier else list(Tier)),
    )


@dg.sensor(
    job=report,
    minimum_interval_seconds=15,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Have each report made that a reader asked for in the viewer, once, and keep what became of it (F83).",
)
def requested_reports(
    context: dg.SensorEvaluationContext, warehouse_database: WarehouseDatabase
) -> Iterator[dg.RunRequest]:
    warehouse = warehouse_database.open()
    for request in warehouse.read(ReportRequests, {"state": [WAITING, STARTED, FAILED]}).to_dicts():
        state = _state_of(context.instance, request["request_id"])
        if state == WAITING:
            yield dg.RunRequest(
                run_key=request["request_id"],
                tags={AS_OF_TAG: request["requested_at"].isoformat(), REQUEST_TAG: request["request_id"]},
                run_config=requested_report_config(request),
            )
        if state != request["state"]:
            with warehouse.transaction() as transaction:
                transaction.update(ReportRequests, {"state": state}, {"request_id": [request["request_id"]]})


def requested_report_config(request: Mapping[str, Any]) -> dict[str, Any]:
    """The run config of the job `report` that makes what a row of ReportRequests asks for.

    It is not mailed: whoever asked finds it in the register.
    """
    asked = {
        "account": request["account_id"],
        "month": request["month"].strftime(MONTH_FORMAT),
        "name": request["name"],
        "sub_accounts": request["sub_accounts"].split(",") if request["sub_accounts"] else [],
        "format": request["format"],
        "mail": False,
        "requested_by": request["requested_by"],
    }
    return report_config(asked)


def _state_of(instance: dg.DagsterInstance, request_id: str) -> str:
    """What became of a request: the newest of its runs says, also one that an operator started again."""
    runs = instance.get_run_records(dg.RunsFilter(tags={REQUEST_TAG: request_id}), limit=1)
    return OUTCOMES.get(runs[0].dagster_run.status, STARTED) if runs else WAITING


def run_days(run: dg.DagsterRun) -> tuple[date, date] | None:
    """First and last day of a run's partitions; None for a run without daily partitions."""
    key = run.tags.get("dagster/partition")
    start, end = run.tags.get(RANGE_START_TAG, key), run.tags.get(RANGE_END_TAG, key)
    if start is None or end is None:
        return None
    return date.fromisoformat(start), date.fromisoformat(end)


def _assets(context: dg.RunStatusSensorContext) -> set[dg.AssetKey]:
    run = context.dagster_run
    if run.asset_selection:
        return set(run.asset_selection)
    return {ENTRIES} if run.job_name == "refresh" else set()


def _backfill_has_ledger(context: dg.RunStatusSensorContext) -> bool:
    backfill_id = context.dagster_run.tags.get("dagster/backfill")
    backfill = context.instance.get_backfill(backfill_id) if backfill_id else None
    return bool(backfill and backfill.asset_selection and LEDGER in backfill.asset_selection)
