"""The operator is mailed once about each run that failed and each promise that was missed; no contact goes with it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.outbox import Outbox
from journeys_pipeline.adapters.statements import StatementChanged
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.catalog.models import TierPeriod
from journeys_pipeline.defs.mailing import Mailing
from journeys_pipeline.defs.notice_sensors import run_failures
from journeys_pipeline.defs.notices import missed_promises_of, tell
from journeys_pipeline.defs.resources import CatalogFile, MailAccount, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.schemas.reports import MailOutbox, OperatorNotices
from journeys_pipeline_tests.databases import warehouse_url
from journeys_pipeline_tests.mailing_worlds import CATALOG

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CANARIES = ["ann@mailbox.nl", "+31 20 624 1111", "s3cret"]


class Home:
    """A catalog that names an operator, and a warehouse."""

    def __init__(self, folder: Path) -> None:
        self.outbox = folder / "outbox"
        self.path = folder / "journeys.yaml"
        self.path.write_text(
            CATALOG.replace("RECIPIENTS", "").replace("{largest", "{operator: ops@us.example, largest")
        )
        self.catalog = load_catalog(self.path)
        self.url = warehouse_url(folder)
        self.warehouse = Warehouse(self.url)
        self.warehouse.migrate()

    def fail(self, job_name: str, error: Exception, instance: dg.DagsterInstance, *, times: int = 1) -> str:
        """A run fails, and the sensor hears of it so many times; the run's id."""

        @dg.op
        def work() -> None:
            raise error

        job = dg.GraphDefinition(job_name, node_defs=[work]).to_job()
        done = job.execute_in_process(instance=instance, raise_on_error=False)
        for _ in range(times):
            context = dg.build_run_status_sensor_context(
                sensor_name="run_failures",
                dagster_event=done.get_run_failure_event(),
                dagster_instance=instance,
                dagster_run=done.dagster_run,
                resources={
                    "catalog_file": CatalogFile(path=str(self.path)),
                    "warehouse_database": WarehouseDatabase(url=self.url),
                },
            )
            run_failures(context.for_run_failure())
        return done.run_id

    def mails(self) -> list[Any]:
        """The mails that go out now."""
        account = MailAccount(
            host="", port=25, security="none", user="", sender="journeys@us.example", outbox=str(self.outbox)
        )
        Mailing(self.catalog, self.warehouse, account, self.outbox).send_due(Outbox(self.warehouse))
        return [message_from_bytes(path.read_bytes(), policy=default) for path in sorted(self.outbox.glob("*.eml"))]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.mark.usefixtures("each_database")
def test_a_failed_run_is_mailed_once_with_our_own_message(home: Home, instance: dg.DagsterInstance) -> None:
    run_id = home.fail("book", StatementChanged("It was changed; ann@mailbox.nl."), instance, times=2)

    [mail] = home.mails()

    text = mail.get_content()
    assert (mail["To"], mail["Subject"]) == ("ops@us.example", "Run failed: book")
    assert f"Run {run_id} of the job book failed." in text
    assert "Step work: StatementChanged: It was changed; …" in text
    assert home.warehouse.read(MailOutbox)["state"].to_list() == ["sent"]


def test_the_text_of_an_error_that_is_not_ours_stays_in_the_run(home: Home, instance: dg.DagsterInstance) -> None:
    home.fail("refresh", ValueError(" ".join(CANARIES)), instance)

    [mail] = home.mails()

    assert "Step work: ValueError. Its text is with the run in the Dagster UI." in mail.get_content()
    assert not any(canary in mail.as_string() for canary in CANARIES)
    assert not any(canary in str(home.warehouse.read(OperatorNotices).rows()) for canary in CANARIES)


def test_that_mails_do_not_go_out_is_not_mailed(home: Home, instance: dg.DagsterInstance) -> None:
    home.fail("mail", ValueError("no server"), instance)

    assert home.mails() == []


@pytest.mark.usefixtures("each_database")
@pytest.mark.parametrize(("age", "is_late"), [(timedelta(hours=2, minutes=29), 0), (timedelta(hours=2, minutes=31), 1)])
def test_a_missed_promise_is_mailed_once_for_each_miss(home: Home, age: timedelta, is_late: int) -> None:
    """F90: acme is on scale, which promises two hours; half an hour is for the run itself."""
    row = {"account_id": "acme", "day": NOON.date(), "tier": "scale", "as_of": NOON - age, "begun_at": NOON - age}
    refreshes = pl.DataFrame([row], schema=Refreshes.create_empty().schema)
    later = refreshes.with_columns(as_of=NOON + timedelta(hours=1))

    notices = [
        *missed_promises_of(home.catalog.accounts, refreshes, at=NOON),
        *missed_promises_of(home.catalog.accounts, refreshes, at=NOON + timedelta(minutes=5)),
        *missed_promises_of(home.catalog.accounts, later, at=NOON + timedelta(hours=2)),
    ]
    told = [tell(home.warehouse, notice, operator="ops@us.example", at=NOON) for notice in notices[: 2 * is_late]]

    assert sum(told) == is_late
    assert len(home.mails()) == is_late


def test_a_new_account_and_a_new_tier_promise_from_their_first_day(home: Home) -> None:
    [account] = home.catalog.accounts
    new = account.model_copy(update={"tiers": [TierPeriod(tier="scale", valid_from=NOON.date())]})  # pyright: ignore[reportArgumentType] - as the catalog writes it
    none = Refreshes.create_empty()

    early = missed_promises_of([new], none, at=NOON.replace(hour=2))
    late = missed_promises_of([new], none, at=NOON.replace(hour=3))

    assert (len(early), len(late)) == (0, 1)
    assert "Its last refresh: never." in late[0].body


def test_a_notice_goes_to_nobody_but_the_operator_of_the_catalog(home: Home) -> None:
    notices = missed_promises_of(home.catalog.accounts, Refreshes.create_empty(), at=NOON)
    tell(home.warehouse, replace(notices[0]), operator="before@us.example", at=NOON)

    assert home.mails() == []
    assert home.warehouse.read(MailOutbox)["state"].to_list() == ["refused"]
