"""A real Superset shows the figures that the published pages show, one month at a time."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.defs.assets.dashboards import draw_section
from journeys_pipeline.defs.pages import AccountPages
from journeys_pipeline.schemas.dashboards import Manifest
from journeys_pipeline.superset.standard import STANDARD
from journeys_pipeline_tests.superset.served import Person, Served

AS_OF = datetime(2026, 11, 24, 17, tzinfo=UTC)
HEADLINES = [
    ("Profiles in journey", "account.profiles_in_journey"),
    ("Active profiles", "account.active_profiles"),
    ("Goal performers", "account.goal_performers"),
    ("Messages sent", "account.messages_sent"),
    ("MEP", "mep.mep"),
]
FIGURE = re.compile(r'data-figure="([a-z_.]+)" data-value="([0-9]+)"')


@pytest.fixture(scope="module")
def published(superset: Served) -> str:
    """The account's Overview as people get it who may see MEP: drawn from the same warehouse."""
    home = superset.home
    catalog = load_catalog(home.catalog)
    account = AccountPages(catalog.account("large"), catalog, home.warehouse, AS_OF)
    pages = PagesFolder(home.path / "pages")
    drawn = draw_section(account, "overview", pages)
    about: dict[str, Any] = {"account_id": "large", "account_name": "Large", "tier": account.tier, "as_of": AS_OF}
    pages.publish(Manifest(**about, pages=tuple(drawn.pages)))
    return (pages.account("large") / "overview-mep.html").read_text()


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
@pytest.mark.parametrize(("title", "figure"), HEADLINES)
def test_a_headline_is_that_of_the_published_page(
    published: str, manager: Person, title: str, figure: str, month: str
) -> None:
    views = re.findall(
        rf'<div class="view" data-slice="{month}"(.*?)(?=<div class="view"|</section>)', published, re.DOTALL
    )
    on_page = dict(FIGURE.findall("".join(views)))

    (row,) = asked(manager, title, month)["data"]

    assert [str(value) for value in row.values()] == [on_page[figure]]


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
