"""A report that a reader asked for is made once, and what became of it is kept (F83)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from journeys_pipeline.adapters.report_requests import OPEN_AT_ONCE, TooManyRequests, request_report
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.definitions import defs
from journeys_pipeline.defs.resources import WarehouseDatabase
from journeys_pipeline.defs.sensors import REQUEST_TAG, requested_report_config, requested_reports
from journeys_pipeline.schemas.viewer import ReportRequests
from journeys_pipeline_tests.databases import warehouse_url

NOON = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
WISH: dict[str, Any] = {
    "request_id": "r1",
    "account_id": "acme",
    "name": "October, for Ann",
    "month": date(2026, 10, 1),
    "sub_accounts": "north,south",
    "format": "csv",
    "requested_by": "ann@acme.example",
    "requested_at": NOON,
}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def warehouse(each_database: None, tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(warehouse_url(tmp_path))
    warehouse.migrate()
    return warehouse


def look(instance: dg.DagsterInstance, folder: Path) -> list[dg.RunRequest]:
    """What the sensor asks for at a tick."""
    database = WarehouseDatabase(url=warehouse_url(folder))
    context = dg.build_sensor_context(instance=instance, resources={"warehouse_database": database})
    return [*requested_reports(context)]


def begin(instance: dg.DagsterInstance, request_id: str, status: dg.DagsterRunStatus) -> None:
    instance.add_run(dg.DagsterRun(job_name="report", status=status, tags={REQUEST_TAG: request_id}))


def states(warehouse: Warehouse) -> list[str]:
    return warehouse.read(ReportRequests)["state"].to_list()


def test_a_request_becomes_a_run_of_the_job_report_at_the_time_of_asking(
    instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path
) -> None:
    request_report(warehouse, WISH)

    (request,) = look(instance, tmp_path)

    config = request.run_config["ops"]["report_register"]["config"]
    assert requested_reports.job_name == "report"
    assert (request.run_key, request.tags[REQUEST_TAG]) == ("r1", "r1")
    assert datetime.fromisoformat(request.tags["journeys/as_of"]) == NOON
    assert config == {
        "account": "acme",
        "month": "2026-10",
        "name": "October, for Ann",
        "sub_accounts": ["north", "south"],
        "format": "csv",
        "mail": False,
        "requested_by": "ann@acme.example",
    }


@pytest.mark.parametrize("sub_accounts", [None, "north", "north,south"])
def test_the_job_takes_the_config(sub_accounts: str | None) -> None:
    config = requested_report_config(WISH | {"sub_accounts": sub_accounts})

    validated = dg.validate_run_config(defs.resolve_job_def("report"), config)

    assert validated["ops"]["report_register"]["config"]["sub_accounts"] == (sub_accounts or "").split(",") * bool(
        sub_accounts
    )


def test_until_a_run_exists_each_tick_asks_by_the_same_key(
    instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path
) -> None:
    request_report(warehouse, WISH)

    keys = [request.run_key for _ in range(3) for request in look(instance, tmp_path)]

    assert keys == ["r1", "r1", "r1"]
    assert states(warehouse) == ["waiting"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (dg.DagsterRunStatus.STARTING, "started"),
        (dg.DagsterRunStatus.STARTED, "started"),
        (dg.DagsterRunStatus.SUCCESS, "made"),
        (dg.DagsterRunStatus.FAILURE, "failed"),
        (dg.DagsterRunStatus.CANCELED, "failed"),
    ],
)
def test_once_there_is_a_run_its_state_is_kept_and_no_other_asked_for(
    instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path, status: dg.DagsterRunStatus, state: str
) -> None:
    request_report(warehouse, WISH)
    begin(instance, "r1", status)

    asked = look(instance, tmp_path)

    assert asked == []
    assert states(warehouse) == [state]


def test_a_failed_request_that_an_operator_runs_again_is_made(
    instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path
) -> None:
    request_report(warehouse, WISH)
    begin(instance, "r1", dg.DagsterRunStatus.FAILURE)
    look(instance, tmp_path)
    begin(instance, "r1", dg.DagsterRunStatus.SUCCESS)

    asked = look(instance, tmp_path)

    assert asked == []
    assert states(warehouse) == ["made"]


def test_what_is_made_is_not_looked_at_again(
    instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path
) -> None:
    request_report(warehouse, WISH)
    begin(instance, "r1", dg.DagsterRunStatus.SUCCESS)
    look(instance, tmp_path)
    begin(instance, "r1", dg.DagsterRunStatus.FAILURE)

    asked = look(instance, tmp_path)

    assert asked == []
    assert states(warehouse) == ["made"]


def test_other_requests_are_not_touched(instance: dg.DagsterInstance, warehouse: Warehouse, tmp_path: Path) -> None:
    request_report(warehouse, WISH)
    request_report(warehouse, WISH | {"request_id": "r2"})
    begin(instance, "r1", dg.DagsterRunStatus.SUCCESS)

    asked = look(instance, tmp_path)

    assert [request.run_key for request in asked] == ["r2"]
    assert states(warehouse) == ["made", "waiting"]


def test_of_readers_who_ask_at_once_the_last_free_places_are_given_once(warehouse: Warehouse) -> None:
    def is_taken(number: int) -> bool:
        try:
            return request_report(warehouse, WISH | {"request_id": f"r{number}"})
        except TooManyRequests:
            return False

    with ThreadPoolExecutor(8) as readers:
        taken = list(readers.map(is_taken, range(OPEN_AT_ONCE + 8)))

    assert (taken.count(True), len(states(warehouse))) == (OPEN_AT_ONCE, OPEN_AT_ONCE)
