"""What may be asked for, and what a refusal says (F34, F35, F67-F70)."""

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg
import pytest

from journeys_pipeline.catalog import Account, Catalog, Connection
from journeys_pipeline.defs.requests import ReportConfig, Request, read_request

ANN, BOB = "ann@acme.example", "bob@acme.example"
TIERS = [{"tier": "scale", "valid_from": "2026-01-01"}]
ACME = Account.model_validate(
    {
        "id": "acme",
        "name": "Acme",
        "tiers": TIERS,
        "recipients": [ANN, BOB],
        "sub_accounts": [{"id": "north", "name": "North"}, {"id": "south", "name": "South"}],
    }
)
ZETA = Account.model_validate({"id": "zeta", "name": "Zeta", "tiers": TIERS})
CONNECTION = Connection.model_construct(id="sftp", account_id="acme", feeds=[])
REPORTS = [
    {"kind": "mep", "id": "bill", "name": "Bill", "accounts": ["acme"], "schedule": "monthly", "mail_to": [BOB]},
    {"kind": "mep", "id": "bill-so-far", "name": "Bill so far", "schedule": "daily"},
    {"kind": "channels", "id": "week", "name": "Channels", "schedule": "weekly"},
    {"kind": "imports", "id": "day", "name": "Imports", "schedule": "daily"},
    {"kind": "custom", "id": "runs", "name": "Refreshes", "dataset": "refreshes"},
    {"kind": "custom", "id": "month", "name": "Meps", "dataset": "mep_summary", "period": "last_month"},
]
NOVEMBER = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    reports = Catalog.model_validate({"accounts": [ACME], "connections": [CONNECTION], "reports": REPORTS}).reports
    return Catalog.model_construct(accounts=[ACME, ZETA], connections=[CONNECTION], reports=reports)


def ask(catalog: Catalog, as_of: datetime = NOVEMBER, **config: Any) -> Request:
    return read_request(ReportConfig(**({"account": "acme"} | config)), catalog, as_of=as_of)


def refusal(catalog: Catalog, as_of: datetime = NOVEMBER, **config: Any) -> str:
    with pytest.raises(dg.Failure) as refused:
        ask(catalog, as_of, **config)
    assert not refused.value.allow_retries
    return str(refused.value.description)


@pytest.mark.parametrize(
    ("at", "reach"),
    [
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), ["2026-11", "2026-10", "2026-09"]),
        (datetime(2026, 10, 31, 23, 59, 59, 999999, tzinfo=UTC), ["2026-10", "2026-09", "2026-08"]),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), ["2027-01", "2026-12", "2026-11"]),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), ["2028-02", "2028-01", "2027-12"]),
    ],
)
def test_f68_a_month_is_one_of_the_last_three_counted_to_the_second_in_utc(
    catalog: Catalog, at: datetime, reach: list[str]
) -> None:
    months = [f"{year}-{month:02}" for year in (2026, 2027, 2028) for month in range(1, 13)]

    given = [ask(catalog, at, month=month).month for month in reach]
    refused = [refusal(catalog, at, month=month) for month in months if month not in reach]

    assert [f"{month:%Y-%m}" for month in given if month] == reach
    assert refused == [
        f"No report for {month}: reports are made for {', '.join(reach)}." for month in months if month not in reach
    ]


@pytest.mark.parametrize("month", ["2026-13", "11-2026", "2026-11-01", "november"])
def test_f68_what_is_no_month_is_refused_with_those_that_are(catalog: Catalog, month: str) -> None:
    assert refusal(catalog, month=month) == (f"No report for {month}: reports are made for 2026-11, 2026-10, 2026-09.")


def test_an_mep_report_without_a_month_or_for_a_range_of_days_is_refused(catalog: Catalog) -> None:
    assert refusal(catalog) == "An MEP report needs a month: reports are made for 2026-11, 2026-10, 2026-09."
    assert "for a month, not for a range" in refusal(catalog, first_day="2026-11-01")


def test_f67_f69_a_report_has_the_name_and_sub_accounts_that_its_maker_gives_it(catalog: Catalog) -> None:
    request = ask(catalog, month="2026-11", name="Zoë & Söhne", sub_accounts=["south", "north", "south"])

    assert (request.report.name, request.sub_accounts) == ("Zoë & Söhne", ["north", "south"])


@pytest.mark.parametrize("name", ["a\r\nBcc: x@y.example", "=?utf-8?q?x?=", " ", "x" * 121, "a\x00"])
def test_a_name_that_no_subject_can_hold_is_refused(catalog: Catalog, name: str) -> None:
    assert refusal(catalog, month="2026-11", name=name).startswith("The report's name ")


def test_f69_an_unknown_sub_account_is_refused_with_those_that_there_are(catalog: Catalog) -> None:
    said = refusal(catalog, month="2026-11", sub_accounts=["north", "west"])

    assert said == "Account acme has no sub-account west; it has north, south."


def test_an_unknown_account_or_report_is_refused_with_those_that_there_are(catalog: Catalog) -> None:
    assert refusal(catalog, account="nobody") == "No account nobody; there are acme, zeta."
    assert refusal(catalog, declared="nothing").startswith("No report nothing is declared; there are bill, ")
    assert refusal(catalog, account="zeta", declared="bill") == "The report bill is not declared for account zeta."


@pytest.mark.parametrize(
    ("asked", "gets"),
    [
        ({}, [ANN, BOB]),
        ({"mail": False}, []),
        ({"mail_to": [BOB]}, [BOB]),
        ({"requested_by": ANN}, [ANN]),
        ({"mail_to": [BOB], "requested_by": ANN}, [BOB, ANN]),
        ({"requested_by": "Ann"}, [ANN, BOB]),
        ({"declared": "bill", "month": "2026-11"}, [BOB]),
        ({"declared": "bill", "mail_to": [ANN], "month": "2026-11"}, [ANN]),
        ({"account": "zeta"}, []),
    ],
)
def test_f35_a_report_goes_to_those_named_and_to_whoever_asked_else_to_all_recipients(
    catalog: Catalog, asked: dict[str, Any], gets: list[str]
) -> None:
    assert ask(catalog, **({"month": "2026-11"} | asked)).recipients == gets


@pytest.mark.parametrize("asked", [{"mail_to": ["eve@evil.example"]}, {"requested_by": "eve@evil.example"}])
def test_f35_who_is_no_recipient_of_the_account_gets_nothing_and_is_not_named(
    catalog: Catalog, asked: dict[str, Any]
) -> None:
    said = refusal(catalog, month="2026-11", **asked)

    assert "1 of those who should get the report are no recipients of account acme" in said
    assert "evil.example" not in said


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ({"declared": "bill"}, (date(2026, 10, 1), date(2026, 11, 1))),
        ({"declared": "bill-so-far"}, (date(2026, 11, 1), date(2026, 12, 1))),
        ({"declared": "week"}, (date(2026, 11, 16), date(2026, 11, 23))),
        ({"declared": "day"}, (date(2026, 11, 23), date(2026, 11, 24))),
        ({"declared": "runs"}, None),
        ({"declared": "month"}, (date(2026, 10, 1), date(2026, 11, 1))),
        ({"declared": "runs", "month": "2026-02"}, (date(2026, 2, 1), date(2026, 3, 1))),
        ({"kind": "channels"}, (date(2026, 11, 1), date(2026, 11, 25))),
        ({"kind": "imports", "month": "2024-02"}, (date(2024, 2, 1), date(2024, 3, 1))),
        ({"kind": "channels", "first_day": "2026-11-03"}, (date(2026, 11, 3), date(2026, 11, 25))),
        (
            {"kind": "channels", "first_day": "2026-11-03", "last_day": "2026-11-03"},
            (date(2026, 11, 3), date(2026, 11, 4)),
        ),
    ],
)
def test_f34_days_are_a_month_a_range_or_the_period_that_has_just_ended(
    catalog: Catalog, asked: dict[str, Any], days: Any
) -> None:
    assert ask(catalog, **asked).days == days


def test_on_the_first_of_a_month_a_daily_report_of_meps_is_of_the_month_that_has_ended(catalog: Catalog) -> None:
    first = datetime(2026, 12, 1, 6, tzinfo=UTC)

    assert ask(catalog, first, declared="bill-so-far").month == date(2026, 11, 1)


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-05", "2026-11-04"), ("2026-11-25", "2026-11-26"), ("2026-11-xx", ""), ("", "5.11.")]
)
def test_days_that_are_none_are_refused(catalog: Catalog, first: str, last: str) -> None:
    said = refusal(catalog, kind="channels", first_day=first, last_day=last)

    assert "up to today, 2026-11-24 (UTC)" in said or "YYYY-MM-DD" in said


def test_the_same_request_has_the_same_parameters_in_whatever_order_it_is_made(catalog: Catalog) -> None:
    one = ask(catalog, month="2026-11", sub_accounts=["south", "north"], mail_to=[ANN], requested_by="ann")
    other = ask(catalog, month="2026-11", sub_accounts=["north", "south"], requested_by="bob")

    assert one.parameters() == other.parameters()
    assert one.parameters() != ask(catalog, month="2026-10", sub_accounts=["south", "north"]).parameters()
    assert "example" not in one.parameters()
