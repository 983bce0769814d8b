"""The ledger follows every run that made entries, pages follow the ledger, and nothing else does."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill

from journeys_pipeline.definitions import defs
from journeys_pipeline.defs.jobs import MONTHLY, PAGES
from journeys_pipeline.defs.sensors import ledger_follows_facts, pages_follow_figures
from journeys_pipeline.tiers import Tier

ASSET_JOB = "__ASSET_JOB"  # Dagster's own, in which back-fills and single materialisations run
START_TAG, END_TAG = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
AS_OF = "2026-04-02T06:00:00+00:00"
RANGE = {START_TAG: "2026-03-30", END_TAG: "2026-04-02", "journeys/as_of": AS_OF}
ENTRIES, LEDGER = "journey_entries", "mep_ledger"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def ask(
    instance: dg.DagsterInstance,
    job_name: str,
    tags: dict[str, str],
    *,
    assets: Sequence[str] = (),
    sensor: Any = ledger_follows_facts,
) -> dg.RunRequest | dg.SkipReason:
    """What the sensor says about a run that has ended well; no `assets` means the whole job."""
    run = dg.DagsterRun(
        job_name=job_name,
        tags=tags,
        status=dg.DagsterRunStatus.SUCCESS,
        asset_selection=frozenset(dg.AssetKey(asset) for asset in assets) or None,
    )
    event = dg.DagsterEvent(dg.DagsterEventType.RUN_SUCCESS.value, job_name)
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name,
        dagster_event=event,
        dagster_instance=instance,
        dagster_run=instance.add_run(run),
    )
    return sensor(context)


def begin_backfill(instance: dg.DagsterInstance, backfill_id: str, *assets: str) -> None:
    backfill = PartitionBackfill(
        backfill_id=backfill_id,
        status=BulkActionStatus.REQUESTED,
        from_failure=False,
        tags={},
        backfill_timestamp=datetime(2026, 4, 2, tzinfo=UTC).timestamp(),
        asset_selection=[dg.AssetKey(asset) for asset in assets],
    )
    instance.add_backfill(backfill)


def months(request: dg.RunRequest | dg.SkipReason) -> tuple[str, str]:
    assert isinstance(request, dg.RunRequest), request
    return request.tags[START_TAG], request.tags[END_TAG]


def test_a_refresh_is_followed_by_the_ledger_of_its_months_for_its_tier(instance: dg.DagsterInstance) -> None:
    request = ask(instance, "refresh", RANGE | {"journeys/tier": "scale"})

    assert months(request) == ("2026-03-01", "2026-04-01")
    assert request.tags["journeys/tier"] == "scale"
    assert request.tags["journeys/as_of"] == AS_OF
    assert request.run_config == {"ops": {asset: {"config": {"tiers": ["scale"]}} for asset in MONTHLY}}


def test_a_refresh_without_a_tier_is_followed_for_all_accounts(instance: dg.DagsterInstance) -> None:
    request = ask(instance, "refresh", RANGE)

    assert "journeys/tier" not in request.tags
    assert request.run_config["ops"][LEDGER]["config"]["tiers"] == [tier.value for tier in Tier]


def test_the_book_job_accepts_what_the_sensor_asks_for(instance: dg.DagsterInstance) -> None:
    request = ask(instance, "refresh", RANGE | {"journeys/tier": "grow"})

    validated = dg.validate_run_config(defs.resolve_job_def("book"), request.run_config)

    assert validated["ops"][LEDGER]["config"]["tiers"] == ["grow"]
    assert ledger_follows_facts.job_name == "book"


def test_a_run_of_one_day_is_followed_by_the_ledger_of_its_month(instance: dg.DagsterInstance) -> None:
    request = ask(instance, "refresh", {"dagster/partition": "2026-02-28", "journeys/as_of": AS_OF})

    assert months(request) == ("2026-02-01", "2026-02-01")


def test_a_run_without_a_logical_time_hands_on_when_it_was_created(instance: dg.DagsterInstance) -> None:
    before = datetime.now(UTC)

    request = ask(instance, "refresh", {START_TAG: "2026-03-30", END_TAG: "2026-04-02"})

    as_of = datetime.fromisoformat(request.tags["journeys/as_of"])
    assert before <= as_of <= datetime.now(UTC)


def test_two_runs_are_followed_each_once(instance: dg.DagsterInstance) -> None:
    first, second = ask(instance, "refresh", RANGE), ask(instance, "refresh", RANGE)

    assert first.run_key
    assert second.run_key
    assert first.run_key != second.run_key


def test_a_backfill_run_that_made_entries_is_followed(instance: dg.DagsterInstance) -> None:
    begin_backfill(instance, "facts", ENTRIES, "journey_exits")

    request = ask(instance, ASSET_JOB, RANGE | {"dagster/backfill": "facts"}, assets=[ENTRIES, "journey_exits"])

    assert months(request) == ("2026-03-01", "2026-04-01")


def test_a_single_materialisation_of_entries_is_followed(instance: dg.DagsterInstance) -> None:
    request = ask(instance, ASSET_JOB, {"dagster/partition": "2026-03-31"}, assets=[ENTRIES])

    assert months(request) == ("2026-03-01", "2026-03-01")


def test_a_backfill_that_holds_the_ledger_is_left_to_itself(instance: dg.DagsterInstance) -> None:
    begin_backfill(instance, "all", ENTRIES, LEDGER)

    answer = ask(instance, ASSET_JOB, RANGE | {"dagster/backfill": "all"}, assets=[ENTRIES])

    assert isinstance(answer, dg.SkipReason)
    assert "books the ledger itself" in answer.skip_message


@pytest.mark.parametrize(
    ("job_name", "tags", "assets"),
    [
        ("ingest", {"journeys/as_of": AS_OF}, []),
        ("ingest", RANGE, []),
        ("book", {START_TAG: "2026-03-01", END_TAG: "2026-04-01"}, []),
        ("refresh", RANGE, ["journey_exits", "refreshes"]),
        (ASSET_JOB, RANGE, ["journey_exits"]),
        (ASSET_JOB, {}, [ENTRIES]),
    ],
)
def test_a_run_that_made_no_days_of_entries_is_not_followed(
    instance: dg.DagsterInstance, job_name: str, tags: dict[str, str], assets: list[str]
) -> None:
    answer = ask(instance, job_name, tags, assets=assets)

    assert isinstance(answer, dg.SkipReason)
    assert "made no entries" in answer.skip_message


def test_pages_follow_the_ledger_for_its_tier(instance: dg.DagsterInstance) -> None:  # F90
    request = ask(instance, "book", RANGE | {"journeys/tier": "scale"}, sensor=pages_follow_figures)

    assert isinstance(request, dg.RunRequest)
    assert request.tags == {"journeys/as_of": AS_OF, "journeys/tier": "scale"}
    assert dg.validate_run_config(defs.resolve_job_def("show"), request.run_config)
    assert request.run_config == {"ops": {asset: {"config": {"tiers": ["scale"]}} for asset in PAGES}}
    assert pages_follow_figures.job_name == "show"


def test_pages_follow_a_ledger_that_was_made_by_hand(instance: dg.DagsterInstance) -> None:
    request = ask(instance, ASSET_JOB, RANGE, assets=["mep_summary"], sensor=pages_follow_figures)

    assert isinstance(request, dg.RunRequest)
    assert request.run_config["ops"]["dashboards"]["config"]["tiers"] == [tier.value for tier in Tier]


@pytest.mark.parametrize("job", ["refresh", "show", "ingest"])
def test_pages_follow_no_other_run(instance: dg.DagsterInstance, job: str) -> None:
    assert isinstance(ask(instance, job, RANGE, sensor=pages_follow_figures), dg.SkipReason)
