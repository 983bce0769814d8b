"""Jobs launched from the command line: in this process, recorded in the Dagster instance like any other run."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import dagster as dg

from journeys_pipeline import environment
from journeys_pipeline.adapters.telling import words_of
from journeys_pipeline.definitions import defs
from journeys_pipeline.defs.jobs import DAILY, MONTHLY, PAGES, report_config, tier_config
from journeys_pipeline.defs.partitions import AS_OF_TAG, range_tags, run_time
from journeys_pipeline.periods import month_of
from journeys_pipeline.tiers import Tier

LEDGER = dg.AssetKey("mep_ledger")


class RunFailed(Exception):
    """A run ended without success; the message is the failing step's own."""


Watch = Callable[[int, int], None]
"""Is told how many of a run's steps are done, and how many there are."""


def launch(
    job_name: str, *, tags: dict[str, str], run_config: dict[str, Any] | None = None, watch: Watch | None = None
) -> dg.ExecuteInProcessResult:
    """Run a job to its end.

    Raises:
        RunFailed: a step failed.
    """
    config = (run_config or {}) | {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job, instance, run_id = defs.resolve_job_def(job_name), _instance(), str(uuid4())
    if watch:
        instance.add_event_listener(run_id, _step_counter(watch, len(job.nodes)))
    result = job.execute_in_process(
        instance=instance, run_id=run_id, tags=tags, run_config=config, raise_on_error=False
    )
    if not result.success:
        raise RunFailed(f"Run {result.run_id} of the job {job_name} failed. {_why(result)}")
    return result


def fetch(*, as_of: datetime, watch: Watch | None = None) -> None:
    """Fetch and read what is new."""
    launch("ingest", tags={AS_OF_TAG: as_of.isoformat()}, watch=watch)


def reread(*, as_of: datetime, watch: Watch | None = None) -> None:
    """Take out what was withdrawn, put back what was reinstated, and read what was landed."""
    launch("reread", tags={AS_OF_TAG: as_of.isoformat()}, watch=watch)


def refresh(first: date, last: date, *, as_of: datetime, why: str = "", watch: Watch | None = None) -> None:
    """Make facts and figures of the days first..last, both inclusive, then the ledger of their months.

    `why` is shown with the run.
    """
    tags, config = range_tags(first, last, as_of=as_of, why=why), tier_config(DAILY, list(Tier))
    launch("refresh", tags=tags, run_config=config, watch=watch)
    book_months(month_of(first), month_of(last), as_of=as_of, watch=watch)


def book_months(first: date, last: date, *, as_of: datetime, watch: Watch | None = None) -> None:
    """Bring ledger and figures of the months first..last, both inclusive, up to the facts."""
    launch("book", tags=range_tags(first, last, as_of=as_of), run_config=tier_config(MONTHLY, list(Tier)), watch=watch)


def show(*, as_of: datetime, accounts: Sequence[str] = (), watch: Watch | None = None) -> None:
    """Draw the pages of accounts (none: of all), check them, put them in place."""
    config = tier_config(PAGES, list(Tier), accounts)
    launch("show", tags={AS_OF_TAG: as_of.isoformat()}, run_config=config, watch=watch)


def book(month: date, *, accounts: list[str], as_of: datetime, watch: Watch | None = None) -> None:
    """Book a month of accounts once more, close it if it is due, and adjust it if it is closed."""
    config = tier_config(MONTHLY, list(Tier), accounts)
    launch("book", tags=range_tags(month, month, as_of=as_of), run_config=config, watch=watch)


def find_runs(as_of: datetime) -> list[str]:
    """The ids of the runs of that logical time that made ledgers, oldest first; none if Dagster's records are gone."""
    moment = timedelta(seconds=1)
    tagged = dg.RunsFilter(tags={AS_OF_TAG: as_of.isoformat()})
    created = dg.RunsFilter(created_after=as_of - moment, created_before=as_of + moment)
    records = [record for wanted in (tagged, created) for record in _instance().get_run_records(wanted)]
    runs = {
        record.dagster_run.run_id: record
        for record in records
        if record.dagster_run.job_name == "book" or LEDGER in (record.dagster_run.asset_selection or ())
    }
    at = [(record.create_timestamp, run_id) for run_id, record in runs.items()]
    return [run_id for _, run_id in sorted(at) if run_time(_instance(), runs[run_id].dagster_run) == as_of]


def make_report(config: dict[str, Any], *, as_of: datetime) -> str:
    """Make one report and send its mails, `config` as ReportConfig says; the report's id in the register."""
    result = launch("report", tags={AS_OF_TAG: as_of.isoformat()}, run_config=report_config(config))
    metadata = result.asset_materializations_for_node("report_register")[0].metadata
    return str(metadata["report_id"].value)


def send_mails() -> None:
    """Send the mails that are due."""
    launch("mail", tags={})


def count_at_work(*, writes: str | None = None) -> int:
    """How many runs are at work or wait to be started; or of those that write some of it, as the jobs' tags say."""
    at_work = [
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    return _instance().get_runs_count(
        dg.RunsFilter(statuses=at_work, tags={"journeys/writes": writes} if writes else {})
    )


@cache
def _instance() -> dg.DagsterInstance:
    """The Dagster instance that all runs of this process are recorded in."""
    environment.dagster_home()
    return dg.DagsterInstance.get()


def _step_counter(watch: Watch, steps: int) -> Callable[[dg.EventLogEntry], None]:
    done = 0

    def count(entry: dg.EventLogEntry) -> None:
        nonlocal done
        if entry.dagster_event_type == dg.DagsterEventType.STEP_SUCCESS:
            done += 1
            watch(done, steps)

    return count


def _why(result: dg.ExecuteInProcessResult) -> str:
    errors = [event.step_failure_data.error for event in result.all_events if event.is_step_failure]
    causes = [error.cause or error for error in errors if error]
    text = causes[0].message.strip() if causes else "See the run in the Dagster UI."
    return words_of(text) or text
