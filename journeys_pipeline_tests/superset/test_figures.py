"""A real Superset shows the warehouse's figures, one month at a time."""

import json
from typing import Any

import pytest

from journeys_pipeline.superset.standard import STANDARD
from journeys_pipeline_tests.superset.served import Person, Served

HEADLINES = [
    ("Profiles in journey", "SELECT profiles_in_journey FROM account_performance_by_month", "period"),
    ("Active profiles", "SELECT active_profiles FROM account_performance_by_month", "period"),
    ("Goal performers", "SELECT goal_performers FROM account_performance_by_month", "period"),
    ("Messages sent", "SELECT messages_sent FROM account_performance_by_month", "period"),
    ("MEP", "SELECT mep FROM mep_summary", "month"),
]


@pytest.fixture(scope="module")
def manager(superset: Served) -> Person:
    return superset.person("manager", ["journeys_scale", "Analyze manager", "journeys_account_large"])


def asked(person: Person, title: str, month: str | None) -> dict[str, Any]:
    """What a chart's own query gives, with the dashboard's choice of a month."""
    chart = next(row for row in person.rows("chart/") if row["slice_name"] == title)
    context = json.loads(person.send("GET", f"chart/{chart['id']}")["result"]["query_context"])
    if month:
        context["queries"][0]["filters"].append({"col": "calendar_month", "op": "IN", "val": [month]})
    return person.send("POST", "chart/data", context)["result"][0]


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
@pytest.mark.parametrize(("title", "sql", "column"), HEADLINES)
def test_a_headline_is_the_warehouses_figure(
    superset: Served, manager: Person, title: str, sql: str, column: str, month: str
) -> None:
    where = f" WHERE account_id = 'large' AND {column} = '{month}-01'"
    with superset.home.warehouse.transaction() as transaction:
        expected = transaction.connection.exec_driver_sql(sql + where).scalar_one()

    (row,) = asked(manager, title, month)["data"]

    assert list(row.values()) == [expected]


def test_d20_people_of_two_months_are_not_added_up(manager: Person) -> None:
    (row,) = asked(manager, "Profiles in journey", None)["data"]

    assert list(row.values()) == [None]


@pytest.mark.parametrize("title", [chart.title for one in STANDARD for chart in one.charts])
def test_every_chart_has_rows_of_the_month(manager: Person, title: str) -> None:
    result = asked(manager, title, "2026-11")

    assert result["error"] is None
    assert len(result["data"]) == 1
    assert all(value is not None for value in result["data"][0].values())


def test_f77_the_choice_of_months_begins_with_the_newest(superset: Served, manager: Person) -> None:
    board = json.loads(manager.send("GET", "dashboard/journeys-mep")["result"]["json_metadata"])
    target = board["native_filter_configuration"][0]["targets"][0]
    wanted = {"columns": [target["column"]["name"]], "metrics": [], "orderby": [[target["column"]["name"], False]]}
    question = {"datasource": {"id": target["datasetId"], "type": "table"}, "queries": [wanted]}

    found = manager.send("POST", "chart/data", question)["result"][0]["data"]

    assert [row["calendar_month"] for row in found] == ["2026-11", "2026-10"]
