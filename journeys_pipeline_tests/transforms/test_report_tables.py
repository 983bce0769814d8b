"""The report of a journey's channels (F34), and reports of the customer's own (F36, F95)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.catalog import DeclaredTable
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.metrics import ChannelCosts
from journeys_pipeline.schemas.reports import ChannelReport
from journeys_pipeline.transforms.metrics import narrow
from journeys_pipeline.transforms.reports import report_channels, select_table
from journeys_pipeline_tests.transforms.metrics.examples import acted, at, facts_of, sent

NOVEMBER = (date(2026, 11, 1), date(2026, 12, 1))
FIRST, SECOND, LAST = date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 30)


def channels(*records: Any, journey: str | None = None) -> pl.DataFrame:
    facts = facts_of(*records)
    return report_channels(narrow(facts, journey) if journey else facts, NOVEMBER)


def test_f34_totals_come_first_then_each_day_with_the_days_that_they_are_of() -> None:
    rows = channels(sent(at(2), "b"), sent(at(1), "a"), sent(at(2), "c", channel="email"))

    columns = ["Period", "From", "To", "Channel", "Messages Sent"]
    assert rows.select(columns).rows() == [
        ("total", FIRST, LAST, "email", 1),
        ("total", FIRST, LAST, "sms", 2),
        ("day", FIRST, FIRST, "sms", 1),
        ("day", SECOND, SECOND, "email", 1),
        ("day", SECOND, SECOND, "sms", 1),
    ]
    assert ChannelReport.validate(rows.select(ChannelReport.column_names())).height == 5


def test_f34_d20_people_of_the_total_are_counted_once_whatever_their_days() -> None:
    rows = channels(
        sent(at(1)),
        acted("message_clicked", at(1, 1)),
        acted("message_clicked", at(2)),
        acted("message_clicked", at(3)),
    )

    assert rows.select("Period", "People Who Clicked", "Clicks").rows() == [
        ("total", 1, 3),
        ("day", 1, 1),
        ("day", 1, 1),
        ("day", 1, 1),
    ]


def test_f20_d18_each_currency_has_a_column_of_its_own_and_none_is_added_to_another() -> None:
    rows = channels(
        sent(at(1), "a", price=Decimal("0.10"), currency="EUR"),
        sent(at(1), "b", price=Decimal("0.20"), currency="USD"),
        sent(at(1), "c"),
        sent(at(2), "d", channel="email"),
    )

    assert rows.columns[-2:] == ["Cost EUR", "Cost USD"]
    assert rows.select("Period", "Channel", "Cost EUR", "Cost USD").rows() == [
        ("total", "email", None, None),
        ("total", "sms", Decimal("0.10"), Decimal("0.20")),
        ("day", "sms", Decimal("0.10"), Decimal("0.20")),
        ("day", "email", None, None),
    ]


def test_f34_a_journeys_report_holds_its_messages_alone() -> None:
    rows = channels(sent(at(1), "a"), sent(at(1), "b", journey_id="no_goal"), journey="no_goal")

    assert set(rows["Journey ID"]) == {"no_goal"}
    assert rows["Messages Sent"].to_list() == [1, 1]


def test_f34_a_range_without_messages_is_a_table_without_rows() -> None:
    rows = channels(sent(at(0)))

    assert (rows.height, rows.columns) == (0, ChannelReport.column_names())


def costs(*rows: tuple[str, str, date, str]) -> pl.LazyFrame:
    columns = ["account_id", "journey_id", "period", "cost"]
    table = pl.DataFrame([(*row[:3], Decimal(row[3])) for row in rows], schema=columns, orient="row")
    return ChannelCosts.cast(
        table.with_columns(channel=pl.lit("sms"), currency=pl.lit("EUR"), priced_messages=pl.lit(1))
    ).lazy()


def declare(**changes: Any) -> DeclaredTable:
    report = {"kind": "custom", "id": "r", "name": "R", "dataset": "channel_costs_by_day"}
    return DeclaredTable.model_validate(report | {"columns": ["journey_id", "period", "cost"]} | changes)


COSTS = costs(
    ("acme", "j1", FIRST, "0.50"), ("acme", "j2", SECOND, "2"), ("acme", "j1", LAST, "1"), ("zeta", "j1", FIRST, "9")
)


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({}, ["0.5", "1", "2"]),
        ({"filters": [{"column": "cost", "at_least": "1"}]}, ["1", "2"]),
        ({"filters": [{"column": "cost", "at_most": "1"}]}, ["0.5", "1"]),
        ({"filters": [{"column": "journey_id", "one_of": ["j2", "j3"]}]}, ["2"]),
        ({"filters": [{"column": "journey_id", "none_of": "j2"}]}, ["0.5", "1"]),
        ({"filters": [{"column": "cost", "one_of": ["1.0", "2"]}]}, ["1", "2"]),
        ({"filters": [{"column": "period", "one_of": ["2026-11-02"]}]}, ["2"]),
        ({"filters": [{"column": "period", "at_most": "2026-11-02"}]}, ["0.5", "2"]),
        ({"filters": [{"column": "currency", "is_null": "true"}]}, []),
        ({"filters": [{"column": "currency", "is_null": "false"}]}, ["0.5", "1", "2"]),
        ({"filters": [{"column": "cost", "at_least": "1"}, {"column": "journey_id", "one_of": "j1"}]}, ["1"]),
        ({"filters": [{"column": "account_id", "one_of": ["acme", "zeta"]}]}, ["0.5", "1", "2"]),
        ({"filters": [{"column": "account_id", "one_of": ["zeta"]}]}, []),
    ],
)
def test_f95_rows_are_those_that_meet_every_filter(wanted: dict[str, Any], kept: list[str]) -> None:
    rows = select_table(COSTS, declare(**wanted), "acme", None).collect()

    assert sorted(rows["cost"]) == [Decimal(cost) for cost in kept]


def test_f95_columns_and_order_are_those_of_the_declaration() -> None:
    rows = select_table(COSTS, declare(order=["-journey_id", "period"]), "acme", None).collect()

    assert rows.columns == ["journey_id", "period", "cost"]
    assert rows.select("journey_id", "period").rows() == [("j2", SECOND), ("j1", FIRST), ("j1", LAST)]


def test_f95_without_columns_and_order_it_is_the_whole_table_by_its_key() -> None:
    rows = select_table(COSTS, declare(columns=[]), "acme", None).collect()

    assert rows.columns == ChannelCosts.column_names()
    assert rows.select("journey_id", "period").rows() == [("j1", FIRST), ("j1", LAST), ("j2", SECOND)]


def test_f95_days_are_half_open_in_columns_of_days() -> None:
    rows = select_table(COSTS, declare(), "acme", (SECOND, LAST)).collect()

    assert rows["period"].to_list() == [SECOND]


def test_f95_days_are_half_open_in_columns_of_times_utc() -> None:
    moments = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((1, 23), (2, 0), (2, 23), (3, 0))]
    imports = pl.DataFrame(
        [
            {"file_id": str(at), "account_id": "acme", "connection_id": "c", "fetched_at": at, "status": "landed"}
            for at in moments
        ],
        schema=ImportPerformance.create_empty().schema,
    )

    wanted = declare(dataset="import_performance", columns=["fetched_at"])
    rows = select_table(imports.lazy(), wanted, "acme", (SECOND, date(2026, 11, 3))).collect()

    assert rows["fetched_at"].to_list() == moments[1:3]


ACCOUNTS = st.sampled_from(["acme", "zeta", "acm", "ACME", ""])
CONDITIONS = st.sampled_from(
    [
        {"one_of": ["acme", "zeta", ""]}, {"none_of": ["acme"]}, {"at_least": ""}, {"at_most": "zzz"},
        {"is_null": "false"},
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=50)
@given(accounts=st.lists(ACCOUNTS, max_size=8), conditions=st.lists(CONDITIONS, max_size=2), mine=ACCOUNTS)
def test_no_declaration_shows_a_row_of_another_account(
    accounts: list[str], conditions: list[dict[str, Any]], mine: str
) -> None:
    table = costs(*((account, f"j{number}", FIRST, "1") for number, account in enumerate(accounts)))
    wanted = declare(columns=["account_id"], filters=[{"column": "account_id"} | each for each in conditions])

    rows = select_table(table, wanted, mine, None).collect()

    assert set(rows["account_id"]) <= {mine}
