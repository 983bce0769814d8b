"""Reports of every kind are made by one job, listed once, and mailed once (F34-F36, F66-F75, F95)."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
from openpyxl import load_workbook

from journeys_pipeline.defs.checks.mails import no_mail_needs_an_operator
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.daily_facts import MessageEvents
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline_tests.report_worlds import IN_NOVEMBER, IN_OCTOBER, OCTOBER, ReportWorld, asked_for

ANN, BOB = "ann@acme.example", "bob@acme.example"
HEADER = "Person ID,Engaged At,Billed At,Campaign ID,Campaign Name"


@pytest.fixture
def world(tmp_path: Path) -> ReportWorld:
    return ReportWorld(tmp_path)


def test_f66_f72_f75_a_report_is_made_listed_with_who_asked_for_what_and_mailed(world: ReportWorld) -> None:
    world.bill("p1", "p2")

    report = world.report(IN_OCTOBER, name="Bill", sub_accounts=["north"], format="csv", requested_by="ann")

    assert world.lines(report) == [
        HEADER,
        "p1,2026-10-02T10:30:15Z,2026-10-20T06:00:00Z,welcome,welcome",
        "p2,2026-10-02T10:30:15Z,2026-10-20T06:00:00Z,welcome,welcome",
    ]
    expected = {
        "account_id": "acme", "report_type": "MEP consumption", "name": "Bill", "requested_by": "ann",
        "month": OCTOBER, "sub_accounts": "north", "first_day": OCTOBER, "last_day": date(2026, 10, 31),
        "is_provisional": True, "row_count": 2, "format": "csv", "made_at": IN_OCTOBER,
        "rows_sha256": hashlib.sha256(world.content(report)).hexdigest(),
        "file_sha256": hashlib.sha256(world.content(report)).hexdigest(),
    }  # fmt: skip
    assert {name: report[name] for name in expected} == expected
    assert asked_for(report)["edition"] == "as_closed"
    assert world.mails() == [ANN, BOB]


def test_f70_an_xlsx_report_has_the_five_columns_with_real_times_and_text_as_text(world: ReportWorld) -> None:
    world.bill("p1")

    sheet = load_workbook(BytesIO(world.content(world.report()))).worksheets[0]

    assert [cell.value for cell in sheet[1]] == HEADER.split(",")
    assert sheet["B2"].value == datetime(2026, 10, 2, 10, 30, 15)  # noqa: DTZ001 - a workbook's times have no zone
    assert (sheet["E2"].value, sheet["E2"].data_type) == ("=Spring", "s")


@pytest.mark.usefixtures("each_database")
def test_f75_asked_for_again_with_unchanged_rows_it_is_the_same_file_one_row_and_one_mail_each(
    world: ReportWorld,
) -> None:
    world.bill("p1")
    first = world.report(requested_by="ann")
    before = world.content(first), (world.home / "reports" / first["path"]).stat().st_mtime_ns

    again = world.report(IN_NOVEMBER + timedelta(hours=1), requested_by="bob")

    assert again == first
    assert (world.content(again), (world.home / "reports" / again["path"]).stat().st_mtime_ns) == before
    assert len(world.register("report_id")) == 1
    assert world.mails() == [ANN, BOB]


@pytest.mark.usefixtures("each_database")
def test_two_runs_of_one_new_report_at_once_make_one_report_and_one_mail_each(world: ReportWorld) -> None:
    world.bill("p1")

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda name: world.report(requested_by=name), ["ann", "bob"])

    assert first == second
    assert len(world.register("report_id")) == 1
    assert world.mails() == [ANN, BOB]


@pytest.mark.usefixtures("each_database")
def test_f75_changed_rows_make_a_new_report_beside_the_old_one(world: ReportWorld) -> None:
    world.bill("p1")
    first = world.report()
    world.bill("p1", "p2")

    second = world.report()

    assert world.register("row_count") == [(1,), (2,)]
    assert first["path"] != second["path"]
    assert hashlib.sha256(world.content(first)).hexdigest() == first["file_sha256"]
    assert world.mails() == [ANN, ANN, BOB, BOB]


@pytest.mark.usefixtures("each_database")
def test_f68_what_was_provisional_and_is_closed_now_is_told_anew(world: ReportWorld) -> None:
    world.bill("p1")
    world.report()
    world.close(mep=1)

    world.report(IN_NOVEMBER + timedelta(hours=1))

    assert world.register("is_provisional", "row_count") == [(True, 1), (False, 1)]


def test_a_file_that_was_removed_is_written_again_as_it_was(world: ReportWorld) -> None:
    world.bill("p1")
    report = world.report()
    (world.home / "reports" / report["path"]).unlink()

    world.report()

    assert hashlib.sha256(world.content(report)).hexdigest() == report["file_sha256"]


@pytest.mark.usefixtures("each_database")
def test_d5_a_closed_month_is_reported_as_closed_or_restated_from_what_is_known_now(world: ReportWorld) -> None:
    world.bill("p1")
    world.close(mep=1)
    world.enter("late", 5, "south")

    closed = world.report(format="csv")
    restated = world.report(format="csv", edition="as_restated")
    south = world.report(format="csv", edition="as_restated", sub_accounts=["south"])

    assert [line.split(",")[0] for line in world.lines(closed)[1:]] == ["p1"]
    assert [line.split(",")[:3] for line in world.lines(restated)[1:]] == [
        ["p1", "2026-10-02T10:30:15Z", "2026-10-20T06:00:00Z"],
        ["late", "2026-10-05T12:00:00Z", ""],
    ]
    assert [line.split(",")[0] for line in world.lines(south)[1:]] == ["late"]


@pytest.mark.parametrize(("people", "made"), [(10_000, "xlsx"), (10_001, "csv")])
def test_f71_d21_ten_thousand_people_are_xlsx_and_one_more_is_csv(world: ReportWorld, people: int, made: str) -> None:
    world.bill(*(f"p{number}" for number in range(people)))

    report = world.report(mail=False)

    assert (report["row_count"], report["format"], Path(report["path"]).suffix) == (people, made, f".{made}")


def test_a_request_out_of_reach_leaves_nothing_behind(world: ReportWorld) -> None:
    world.bill("p1")

    with pytest.raises(dg.Failure, match="No report for 2026-08: reports are made for 2026-11, 2026-10, 2026-09"):
        world.report(month="2026-08")

    assert world.register("report_id") == []
    assert not (world.home / "reports").exists()


def test_f34_a_report_of_channels_is_of_the_accounts_own_journey(world: ReportWorld) -> None:
    at = datetime(2026, 10, 2, 11, tzinfo=UTC)
    message = {
        "day": at.date(), "account_id": "acme", "source_id": "e1", "event_type": "message_sent", "occurred_at": at,
        "journey_id": "welcome", "journey_version": 1, "person_id": "p1", "message_id": "m1", "channel": "sms",
    }  # fmt: skip
    rows = pl.DataFrame([message], schema=MessageEvents.create_empty().schema).lazy()
    world.lake.replace(MessageEvents, rows, {"day": [at.date()], "account_id": ["acme"]})

    report = world.report(kind="channels", first_day="2026-10-01", last_day="2026-10-31", format="csv")
    other = world.report(account="zeta", kind="channels", month="2026-10", format="csv")

    assert [line.split(",")[:6] for line in world.lines(report)[1:]] == [
        ["welcome", "total", "2026-10-01", "2026-10-31", "sms", "1"],
        ["welcome", "day", "2026-10-02", "2026-10-02", "sms", "1"],
    ]
    assert (report["report_type"], report["month"], report["is_provisional"]) == ("Journey channels", None, False)
    assert other["row_count"] == 0


def test_f34_an_unknown_journey_is_refused_with_those_that_there_are(world: ReportWorld) -> None:
    with pytest.raises(dg.Failure, match="Account acme has no journey nothing; it has none"):
        world.report(kind="channels", journey="nothing")


def test_imports_are_reported_for_days_and_for_their_account_alone(world: ReportWorld) -> None:
    imports = [
        {
            "file_id": f"{account}{day}", "account_id": account, "connection_id": "sftp", "status": "landed",
            "file_name": f"{account}-{day}.csv", "fetched_at": datetime(2026, 10, day, 23, 59, tzinfo=UTC),
        }
        for account in ("acme", "zeta") for day in (1, 2, 3)
    ]  # fmt: skip
    world.warehouse.upsert(ImportPerformance, pl.DataFrame(imports, schema=ImportPerformance.create_empty().schema))

    report = world.report(kind="imports", first_day="2026-10-02", last_day="2026-10-02", format="csv")

    assert [line.split(",")[:3] for line in world.lines(report)[1:]] == [["2026-10-02T23:59:00Z", "sftp", "acme-2.csv"]]


def test_f36_f95_a_declared_report_is_made_of_a_served_table_or_the_ledger_for_one_account(
    world: ReportWorld,
) -> None:
    world.bill("p1")
    world.bill("z1", account_id="zeta")
    world.close(mep=1)
    world.close(mep=2, account_id="zeta")

    summary = world.report(declared="summary")
    ledger = world.report(declared="ledger", account="zeta")

    assert world.lines(summary) == ["account_id,month,mep", "acme,2026-10-01,1"]
    assert (summary["report_type"], summary["name"], summary["path"][:12]) == ("Custom", "Summary", "acme/all/sum")
    sheet = load_workbook(BytesIO(world.content(ledger))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["account_id", "person_id"], ["zeta", "z1"]]


def test_f35_the_mail_goes_to_those_named_only_and_to_others_when_they_ask(world: ReportWorld) -> None:
    world.bill("p1")

    world.report(mail_to=[BOB])
    to_bob = world.mails()
    world.report(requested_by=ANN)
    to_ann = world.mails()

    assert (to_bob, to_ann) == ([BOB], [ANN, BOB])
    assert len(list((world.home / "outbox").glob("*.eml"))) == 2


def test_killed_after_the_file_and_before_the_register_the_next_run_lists_and_mails_it_once(
    world: ReportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    world.bill("p1")
    with monkeypatch.context() as patch:
        patch.setattr("journeys_pipeline.defs.assets.reports.queue", die)
        with pytest.raises(KeyboardInterrupt):
            world.report()
    in_between = world.register("report_id")

    world.report()

    assert in_between == []
    assert len(world.register("report_id")) == 1
    assert world.mails() == [ANN, BOB]


def test_the_check_of_mails_tells_those_that_need_an_operator_without_addresses(world: ReportWorld) -> None:
    world.bill("p1")
    report = world.report()
    good = no_mail_needs_an_operator(world.resources["warehouse_database"])
    outbox = world.warehouse.read(MailOutbox)
    lost = outbox.with_columns(state=pl.lit("unknown"), last_error=pl.lit("it broke off"))
    world.warehouse.upsert(MailOutbox, lost)

    bad = no_mail_needs_an_operator(world.resources["warehouse_database"])

    assert isinstance(good, dg.AssetCheckResult)
    assert isinstance(bad, dg.AssetCheckResult)
    assert (good.passed, bad.passed, bad.severity) == (True, False, dg.AssetCheckSeverity.WARN)
    told = str(bad.metadata)
    assert report["report_id"] in told
    assert "acme.example" not in told


def test_the_register_of_a_migrated_warehouse_still_takes_rows_of_before(world: ReportWorld) -> None:
    world.bill("p1")
    old = world.report() | {"report_id": "old", "parameters": None, "requested_by": None, "file_sha256": None}

    world.warehouse.upsert(ReportRegister, pl.DataFrame([old], schema=ReportRegister.create_empty().schema))

    assert len(world.register("report_id")) == 2
