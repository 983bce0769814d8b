"""Sensors: the ledger follows every run that made entries, and pages follow the ledger."""

from datetime import date

import dagster as dg

from journeys_pipeline.defs.jobs import MONTHLY, PAGES, book, show, tier_config
from journeys_pipeline.defs.partitions import AS_OF_TAG, RANGE_END_TAG, RANGE_START_TAG, TIER_TAG, range_tags, run_time
from journeys_pipeline.periods import month_of
from journeys_pipeline.tiers import Tier

ENTRIES = dg.AssetKey("journey_entries")
LEDGER = dg.AssetKey("mep_ledger")
SUMMARY = dg.AssetKey("mep_summary")


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
