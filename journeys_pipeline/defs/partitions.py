"""UTC days and months as Dagster partitions, and what a run's keys and tags say."""

import warnings
from datetime import UTC, date, datetime

import dagster as dg

from journeys_pipeline import environment
from journeys_pipeline.periods import month_of

# Back-fill policies and the months' mapping are marked beta; a test holds each to what we need of it.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

TOLD_WITHIN_DAYS = 90  # goals by entries before them (D15), costs by prices after them

AS_OF_TAG = "journeys/as_of"
TIER_TAG = "journeys/tier"
WHY_TAG = "journeys/why"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

days = dg.DailyPartitionsDefinition(start_date=environment.first_day().isoformat(), end_offset=1)
months = dg.MonthlyPartitionsDefinition(start_date=month_of(environment.first_day()).isoformat(), end_offset=1)

days_to_months = dg.TimeWindowPartitionMapping(allow_nonexistent_upstream_partitions=True)
one_run = dg.BackfillPolicy.single_run()

# One run makes the facts of all its days before any figure. Where a back-fill is cut into runs, figures must be told to
# wait for the facts of the days around theirs; told so always, Dagster would cut every back-fill into a dozen runs.
_most = environment.days_per_run()
some_days = dg.BackfillPolicy.multi_run(_most) if _most else one_run
days_around = (
    dg.TimeWindowPartitionMapping(
        start_offset=-TOLD_WITHIN_DAYS, end_offset=TOLD_WITHIN_DAYS, allow_nonexistent_upstream_partitions=True
    )
    if _most
    else None
)


def run_periods(context: dg.AssetExecutionContext) -> list[date]:
    """The days, or first days of months, that a run makes.

    Raises:
        dagster.Failure: the run's range names no partition; Dagster would call such a run a success.
    """
    if not context.partition_keys:
        raise dg.Failure("The range of partitions is empty: its start must not lie after its end.")
    return [date.fromisoformat(key) for key in context.partition_keys]


def logical_time(context: dg.AssetExecutionContext) -> datetime:
    """The logical time of the run that an asset is made in."""
    return run_time(context.instance, context.run)


def run_time(instance: dg.DagsterInstance, run: dg.DagsterRun) -> datetime:
    """A run's logical time: its `journeys/as_of` tag, else when it was created. The same on every retry."""
    tag = run.tags.get(AS_OF_TAG)
    if tag:
        return datetime.fromisoformat(tag).astimezone(UTC)
    return created_at(instance, run, run_id=run.root_run_id)


def created_at(instance: dg.DagsterInstance, run: dg.DagsterRun, *, run_id: str | None = None) -> datetime:
    """When a run was created, by the wall clock: before it read anything."""
    record = instance.get_run_record_by_id(run_id or run.run_id)
    if record is None:
        raise dg.Failure("The run is not in this Dagster instance, so it has no time.")
    return record.create_timestamp.astimezone(UTC)


def range_tags(first: date, last: date, *, as_of: datetime, why: str = "") -> dict[str, str]:
    """The tags of a run over partitions first..last, both inclusive, at a logical time, and why past ones are made."""
    return {
        RANGE_START_TAG: first.isoformat(),
        RANGE_END_TAG: last.isoformat(),
        AS_OF_TAG: as_of.isoformat(),
    } | ({WHY_TAG: why} if why else {})
