"""Reports are asked for on a form, once, and got from the register (F83, F84)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.report_requests import OPEN_AT_ONCE
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.periods import add_months, month_of
from journeys_pipeline.schemas.reports import ReportRegister
from journeys_pipeline.schemas.viewer import FAILED, MADE, ReportRequests
from journeys_pipeline_tests.viewer.world import Home, Proxy, fields_of, served

ANA, COM, VERA = "ana@small.example", "com@small.example", "vera@small.example"
THIS_MONTH = month_of(datetime.now(UTC).date())


@pytest.fixture
def managers(home: Home) -> Iterator[Proxy]:
    """A viewer whose readers have accepted the terms."""
    with served(home.application()) as proxy:
        for user in (ANA, COM, VERA):
            proxy.accept_terms("small", user)
        proxy.accept_terms("large", "ana@large.example")
        yield proxy


def wanted(proxy: Proxy, **changed: Any) -> dict[str, Any]:
    """The form, filled in."""
    key = fields_of(proxy.get("/small/reports", ANA))["key"]
    return {"key": key, "name": "October", "month": f"{THIS_MONTH:%Y-%m}", "format": "csv"} | changed


def register(home: Home, account_id: str, *, content: bytes = b"Person ID\n", **changed: Any) -> str:
    """List a report as the asset does; its id."""
    path = f"{account_id}/2026-10/mep-consumption-1.csv"
    entry = {
        "report_id": f"{account_id}-1",
        "account_id": account_id,
        "report_type": "MEP consumption",
        "name": "Bill <October>",
        "month": date(2026, 10, 1),
        "sub_accounts": None,
        "is_provisional": True,
        "row_count": 12_345,
        "rows_sha256": "0",
        "format": "csv",
        "path": path,
        "made_at": datetime(2026, 10, 31, tzinfo=UTC),
    } | changed
    write_whole(home.path / "reports" / path, content)
    home.warehouse.upsert(ReportRegister, pl.DataFrame([entry], schema=ReportRegister.create_empty().schema))
    return str(entry["report_id"])


def test_f83_a_report_is_asked_for_with_name_month_sub_accounts_and_format(home: Home, managers: Proxy) -> None:
    before = datetime.now(UTC)

    answer = managers.post("/small/reports", ANA, wanted(managers, sub_account=["south", "north"]))

    (row,) = home.warehouse.read(ReportRequests).to_dicts()
    assert (answer.status, answer.headers["location"]) == (303, "/small/reports")
    assert (row["account_id"], row["name"], row["month"]) == ("small", "October", THIS_MONTH)
    assert (row["sub_accounts"], row["format"], row["state"]) == ("north,south", "csv", "waiting")
    assert row["requested_by"] == ANA
    assert before <= row["requested_at"] <= datetime.now(UTC)


def test_f83_a_form_sent_many_times_at_once_asks_once(home: Home, managers: Proxy) -> None:
    fields = wanted(managers)

    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: managers.post("/small/reports", ANA, fields), range(16))]

    assert {answer.status for answer in answers} == {303}
    assert home.warehouse.read(ReportRequests).height == 1


def test_f83_the_same_wish_on_a_new_form_is_a_new_request(home: Home, managers: Proxy) -> None:
    managers.post("/small/reports", ANA, wanted(managers))
    managers.post("/small/reports", ANA, wanted(managers))

    assert home.warehouse.read(ReportRequests).height == 2


def test_f83_somebody_elses_form_is_not_mine(home: Home, managers: Proxy) -> None:
    fields = wanted(managers)
    managers.post("/small/reports", ANA, fields)
    managers.post("/small/reports", COM, fields)

    assert home.warehouse.read(ReportRequests)["requested_by"].sort().to_list() == [ANA, COM]


@pytest.mark.parametrize("back", [0, 1, 2])
def test_f68_the_current_month_and_the_two_before_can_be_had(home: Home, managers: Proxy, back: int) -> None:
    month = add_months(THIS_MONTH, -back)

    managers.post("/small/reports", ANA, wanted(managers, month=f"{month:%Y-%m}"))

    assert home.warehouse.read(ReportRequests)["month"].to_list() == [month]


@pytest.mark.parametrize(
    "changed",
    [
        {"month": f"{add_months(THIS_MONTH, -3):%Y-%m}"},
        {"month": f"{add_months(THIS_MONTH, 1):%Y-%m}"},
        {"month": ""},
        {"month": [f"{THIS_MONTH:%Y-%m}", f"{add_months(THIS_MONTH, -1):%Y-%m}"]},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": "October\r\nBcc: all@evil.example"},
        {"name": "=?utf-8?q?x?="},
        {"format": "pdf"},
        {"sub_account": "east"},
        {"sub_account": ["north", "../large"]},
        {"key": ""},
        {"key": "k" * 65},
    ],
)
def test_f83_what_cannot_be_had_is_said_and_not_asked_for(home: Home, managers: Proxy, changed: Any) -> None:
    answer = managers.post("/small/reports", ANA, wanted(managers, **changed))

    assert answer.status == 422
    assert 'role="alert"' in answer.text
    assert home.warehouse.read(ReportRequests).is_empty()


def test_f83_an_account_cannot_ask_without_end(home: Home, managers: Proxy) -> None:
    asked = [managers.post("/small/reports", ANA, wanted(managers)).status for _ in range(OPEN_AT_ONCE + 1)]

    assert asked == [303] * OPEN_AT_ONCE + [429]
    assert home.warehouse.read(ReportRequests).height == OPEN_AT_ONCE


@pytest.mark.parametrize("path", ["reports", "reports.html", "reports/small-1"])
def test_f76_reports_are_for_the_two_managers(home: Home, managers: Proxy, path: str) -> None:
    register(home, "small")

    refused, first, second = (managers.get(f"/small/{path}", user) for user in (VERA, ANA, COM))

    assert (refused.status, first.status, second.status) == (403, 200, 200)
    assert "jo@small.example" in refused.text


def test_f76_asking_is_for_the_two_managers(home: Home, managers: Proxy) -> None:
    answer = managers.post("/small/reports", VERA, wanted(managers))

    assert answer.status == 403
    assert home.warehouse.read(ReportRequests).is_empty()


def test_f84_the_register_lists_the_accounts_reports_and_no_others(home: Home, managers: Proxy) -> None:
    register(home, "small")
    register(home, "large", name="Of Large")

    page = managers.get("/small/reports", ANA)

    assert "Bill &lt;October&gt; (.csv)" in page.text
    assert "12,345" in page.text
    assert "2026-10, provisional" in page.text
    assert "Of Large" not in page.text


def test_f84_the_register_lists_reports_of_days_too(home: Home, managers: Proxy) -> None:
    of_days = {"report_type": "Journey channels", "month": None, "is_provisional": False}
    register(home, "small", report_id="small-1", first_day=date(2026, 10, 5), last_day=date(2026, 10, 11), **of_days)
    register(home, "small", report_id="small-2", first_day=None, last_day=None, **of_days)

    page = managers.get("/small/reports", ANA)

    assert "<td>2026-10-05 to 2026-10-11</td>" in page.text
    assert "<td>the beginning to its making</td>" in page.text


def test_f84_a_report_is_got_as_it_was_made(home: Home, managers: Proxy) -> None:
    content = b"Person ID,Engaged At\n" + b"p,2026\n" * 100_000
    report_id = register(home, "small", content=content)

    answer = managers.get(f"/small/reports/{report_id}", COM)

    assert answer.body == content
    assert answer.headers["content-disposition"] == 'attachment; filename="mep-consumption-1.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"


def test_f84_another_accounts_report_is_as_if_it_were_not_there(home: Home, managers: Proxy) -> None:
    report_id = register(home, "small")

    theirs = managers.get(f"/large/reports/{report_id}", "ana@large.example")
    absent = managers.get("/large/reports/absent", "ana@large.example")

    assert theirs.status == absent.status == 404
    assert theirs.body == absent.body


@pytest.mark.parametrize("path", ["large/secret.csv", "../journeys.yaml", "small/../large/secret.csv", "/etc/passwd"])
def test_f84_a_row_that_points_elsewhere_leads_nowhere(home: Home, managers: Proxy, path: str) -> None:
    write_whole(home.path / "reports" / "large" / "secret.csv", b"of large")
    report_id = register(home, "small", path=path)

    answer = managers.get(f"/small/reports/{report_id}", ANA)

    assert answer.status == 404


def test_f83_what_became_of_a_request_is_shown(home: Home, managers: Proxy) -> None:
    managers.post("/small/reports", ANA, wanted(managers, name="Still waiting"))
    waiting = managers.get("/small/reports", ANA).text
    with home.warehouse.transaction() as transaction:
        transaction.update(ReportRequests, {"state": FAILED}, {"account_id": ["small"]})
    failed = managers.get("/small/reports", ANA).text
    with home.warehouse.transaction() as transaction:
        transaction.update(ReportRequests, {"state": MADE}, {"account_id": ["small"]})
    made = managers.get("/small/reports", ANA).text

    assert "<td>waiting</td>" in waiting
    assert "failed: ask Jo of Small, jo@small.example" in failed
    assert "Still waiting" not in made
