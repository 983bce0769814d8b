"""Who sees what in a real Superset: packages x roles x accounts (F76, F85-F89)."""

from typing import Any

import pytest

from journeys_pipeline.superset.naming import MANAGER_ROLES
from journeys_pipeline_tests.superset.conftest import install
from journeys_pipeline_tests.superset.served import ACCOUNTS, Person, Served, query

TIERS = ["start", "grow", "scale"]
FOR_ALL = {"journeys-overview", "journeys-campaigns", "journeys-ivr", "journeys-imports"}
FIGURES, MEPS = "account_performance_by_month", "mep_summary"


def accounts_in(rows: Any) -> Any:
    return {row["account_id"] for row in rows} if isinstance(rows, list) else rows


def slugs_seen_by(person: Person) -> set[str]:
    return {row["slug"] for row in person.rows("dashboard/")}


@pytest.mark.parametrize("account_id", ACCOUNTS)
@pytest.mark.parametrize("manager", [None, *MANAGER_ROLES])
@pytest.mark.parametrize("tier", TIERS)
def test_a_reader_sees_what_package_role_and_account_give(
    superset: Served, tier: str, manager: str | None, account_id: str
) -> None:
    name = f"{tier}-{(manager or 'viewer').split()[0]}-{account_id}".lower()
    there = superset.administrator()
    datasets, chart = there.datasets("journeys"), next(there.rows("chart/"))["id"]
    figures = datasets[FIGURES]
    roles = [f"journeys_{tier}", f"journeys_account_{account_id}", *([manager] if manager else [])]

    person = superset.person(name, roles)

    seen = {
        "dashboards": slugs_seen_by(person),
        "overview": person.status("GET", "dashboard/journeys-overview"),
        "mep": person.status("GET", "dashboard/journeys-mep"),
        "rows": accounts_in(person.rows_of(figures, columns=("account_id",))),
        "mep rows": accounts_in(person.rows_of(datasets[MEPS], columns=("account_id",))),
        "export": person.status("POST", "chart/data", query(figures, ("account_id",), result_format="csv")),
        "explore": person.status("GET", f"explore/?slice_id={chart}"),
        "make": person.status("POST", "dashboard/", {"dashboard_title": name}),
    }
    assert seen == {
        "dashboards": FOR_ALL | ({"journeys-mep"} if manager else set()),
        "overview": 200,
        "mep": 200 if manager else 404,
        "rows": {account_id},
        "mep rows": {account_id} if manager else 403,
        "export": 403 if tier == "start" else 200,
        "explore": 200 if tier == "scale" else 403,
        "make": 200 if tier == "scale" else 403,
    }


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_changes_what_was_imported(superset: Served, method: str) -> None:
    dataset = superset.administrator().datasets("journeys")[FIGURES]
    person = superset.person(f"changer-{method}", ["journeys_scale", "journeys_account_large"])

    dashboard = person.status(method, "dashboard/1", {"dashboard_title": "mine"})
    own = person.status(method, f"dataset/{dataset}", {"description": "mine"})
    rules = person.status("GET", "rowlevelsecurity/")
    free = person.status(
        "POST", "sqllab/execute/", {"database_id": 1, "sql": "SELECT * FROM account_performance_by_month"}
    )

    assert (dashboard, own, rules, free) == (403, 403, 403, 403)


def test_without_an_account_there_are_dashboards_and_no_rows(superset: Served) -> None:
    datasets = superset.administrator().datasets("journeys")
    person = superset.person("nobody", ["journeys_scale", "Analyze manager"])

    rows = {table: person.rows_of(id_, columns=("account_id",)) for table, id_ in datasets.items()}

    assert len(rows) == 22
    assert set(map(str, rows.values())) == {"[]"}


def test_a_reader_of_two_accounts_sees_the_rows_of_both(superset: Served) -> None:
    datasets = superset.administrator().datasets("journeys")
    roles = ["journeys_start", "journeys_account_small", "journeys_account_large"]

    person = superset.person("agency", roles)

    assert accounts_in(person.rows_of(datasets[FIGURES], columns=("account_id",))) == {"small", "large"}


def test_where_a_dashboard_lets_somebody_past_the_datasets_there_are_no_rows(superset: Served) -> None:
    there = superset.administrator()
    board = there.send("GET", "dashboard/journeys-overview")["result"]["id"]
    chart = there.send("GET", "dashboard/journeys-overview/charts")["result"][0]
    dataset = int(chart["form_data"]["datasource"].split("__")[0])
    gamma = next(row["id"] for row in there.rows("security/roles/") if row["name"] == "Gamma")
    outsider = superset.person("outsider", ["Gamma"])
    form = {"dashboardId": board, "slice_id": chart["id"]}

    shut = outsider.status("POST", "chart/data", query(dataset, ("account_id",), form_data=form))
    there.send("PUT", f"dashboard/{board}", {"roles": [gamma]})
    opened = outsider.send("POST", "chart/data", query(dataset, ("account_id",), form_data=form))
    there.send("PUT", f"dashboard/{board}", {"roles": []})

    assert shut == 403
    assert opened["result"][0]["data"] == []


def test_installing_again_changes_nothing(superset: Served) -> None:
    kinds = ["dashboard/", "chart/", "dataset/", "database/", "rowlevelsecurity/", "security/roles/"]
    before = {kind: sorted(row["id"] for row in superset.administrator().rows(kind)) for kind in kinds}

    install(superset)

    assert {kind: sorted(row["id"] for row in superset.administrator().rows(kind)) for kind in kinds} == before


def test_an_account_that_leaves_the_catalog_is_seen_by_nobody(superset: Served) -> None:
    figures = superset.administrator().datasets("journeys")[FIGURES]
    person = superset.person("leaving", ["journeys_grow", "journeys_account_middle"])
    catalog = superset.home.catalog.read_text()
    before = accounts_in(person.rows_of(figures, columns=("account_id",)))

    superset.home.catalog.write_text(catalog.replace("id: middle\n", "id: other\n"))
    install(superset)
    during = accounts_in(person.rows_of(figures, columns=("account_id",)))
    superset.home.catalog.write_text(catalog)
    install(superset)
    after = accounts_in(person.rows_of(figures, columns=("account_id",)))

    assert (before, during, after) == ({"middle"}, set(), {"middle"})
