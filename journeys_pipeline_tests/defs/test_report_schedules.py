"""Declared reports are made when they are due, for each of their accounts, once; mails when they are due again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.outbox import LONGEST_ATTEMPT, Outbox, queue
from journeys_pipeline.definitions import defs
from journeys_pipeline.defs.report_schedules import mail_again, scheduled_reports
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.schemas.mep_ledger import MepStatements

CATALOG = """\
accounts:
  - {id: alfa, name: Alfa, tiers: [{tier: start, valid_from: 2026-01-01}], recipients: [ops@alfa.example]}
  - {id: beta, name: Beta, tiers: [{tier: scale, valid_from: 2026-01-01}]}
connections:
  - id: alfa-sftp
    account_id: alfa
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
reports:
  - {kind: mep, id: bill, name: Bill, schedule: after_close}
  - {kind: mep, id: month, name: Month, schedule: monthly, accounts: alfa}
  - {kind: channels, id: week, name: Week, schedule: weekly, accounts: [alfa]}
  - {kind: imports, id: day, name: Day, schedule: daily, accounts: [beta]}
  - {kind: custom, id: asked, name: Asked, dataset: refreshes}
"""
SUNDAY, MONDAY, FIRST = (datetime(2026, 11, day, 6, tzinfo=UTC) for day in (22, 23, 1))


@pytest.fixture
def catalog_file(tmp_path: Path) -> CatalogFile:
    (tmp_path / "journeys.yaml").write_text(CATALOG)
    return CatalogFile(path=str(tmp_path / "journeys.yaml"))


@pytest.fixture
def database(tmp_path: Path) -> WarehouseDatabase:
    return WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}")


@pytest.fixture
def resources(catalog_file: CatalogFile, database: WarehouseDatabase) -> Iterator[dict[str, Any]]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield {
            "instance": instance,
            "repository_def": defs.get_repository_def(),
            "resources": {"catalog_file": catalog_file, "warehouse_database": database},
        }


def ask(schedule: dg.ScheduleDefinition, resources: dict[str, Any], tick: datetime) -> Any:
    context = dg.build_schedule_context(scheduled_execution_time=tick, **resources)
    return schedule.evaluate_tick(context)


def keys(resources: dict[str, Any], tick: datetime) -> list[str]:
    return [request.run_key for request in ask(scheduled_reports, resources, tick).run_requests or []]


def close(database: WarehouseDatabase, account_id: str, month: date) -> None:
    row = {"account_id": account_id, "month": month, "closed_at": FIRST, "row_count": 1, "sha256": "0", "path": "a.csv"}
    database.open().upsert(MepStatements, pl.DataFrame([row], schema=MepStatements.create_empty().schema))


def test_a_report_is_due_on_its_days_for_its_accounts_and_one_without_a_schedule_never(
    resources: dict[str, Any],
) -> None:
    assert keys(resources, SUNDAY) == ["day-beta-2026-11-22"]
    assert keys(resources, MONDAY) == ["week-alfa-2026-W48", "day-beta-2026-11-23"]
    assert keys(resources, FIRST) == ["month-alfa-2026-11", "day-beta-2026-11-01"]


def test_a_tick_looked_at_again_asks_for_the_same_runs_so_that_each_is_made_once(resources: dict[str, Any]) -> None:
    assert keys(resources, MONDAY) == keys(resources, MONDAY)
    assert set(keys(resources, MONDAY)).isdisjoint(keys(resources, MONDAY + timedelta(days=7)))


def test_a_report_after_close_waits_for_each_accounts_month_and_is_then_asked_for_by_one_key(
    resources: dict[str, Any], database: WarehouseDatabase
) -> None:
    before = keys(resources, SUNDAY)
    close(database, "alfa", date(2026, 10, 1))
    close(database, "beta", date(2026, 9, 1))

    after = keys(resources, SUNDAY), keys(resources, SUNDAY + timedelta(days=2))

    assert "bill-alfa-2026-10" not in before
    assert [[key for key in found if key.startswith("bill")] for found in after] == [["bill-alfa-2026-10"]] * 2


def test_a_run_is_asked_for_with_what_the_job_takes_at_the_ticks_logical_time(resources: dict[str, Any]) -> None:
    [request, _] = ask(scheduled_reports, resources, MONDAY).run_requests

    validated = dg.validate_run_config(defs.resolve_job_def("report"), request.run_config)

    config = validated["ops"]["report_register"]["config"]
    assert (config["account"], config["declared"], config["requested_by"]) == ("alfa", "week", "schedule")
    assert request.tags["journeys/as_of"] == "2026-11-23T06:00:00+00:00"
    assert "example" not in str(request.run_config)


def test_the_catalog_is_read_at_each_tick(resources: dict[str, Any], catalog_file: CatalogFile) -> None:
    before = keys(resources, SUNDAY)
    Path(catalog_file.path).write_text(CATALOG.replace("id: day, name: Day, schedule: daily, ", "id: day, name: Day, "))

    after = keys(resources, SUNDAY)

    assert (before, after) == (["day-beta-2026-11-22"], [])


def test_mails_are_tried_again_when_one_is_due_or_an_attempt_has_died(
    resources: dict[str, Any], database: WarehouseDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    none_yet = ask(mail_again, resources, MONDAY)
    with database.open().transaction() as transaction:
        queue(transaction, "r1", "alfa", ["ops@alfa.example"], MONDAY)
    due = ask(mail_again, resources, MONDAY)
    long_ago = Outbox(database.open(), lambda: datetime.now(UTC) - LONGEST_ATTEMPT)
    long_ago.claim(Outbox(database.open()).due()[0])
    dead = ask(mail_again, resources, MONDAY)
    Outbox(database.open()).give_up_dead()
    settled = ask(mail_again, resources, MONDAY)

    assert (none_yet.run_requests, none_yet.skip_message) == ([], "No mail is due.")
    assert [request.run_key for request in due.run_requests] == ["2026-11-23T06:00:00+00:00"]
    assert len(dead.run_requests) == 1
    assert settled.run_requests == []
