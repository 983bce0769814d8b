"""The ZIP of assets fits the warehouse, adds no unique counts, and holds no password."""

import io
import json
import re
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML

from journeys_pipeline.adapters.warehouse import METADATA
from journeys_pipeline.superset.bundle import make_bundle, password_of
from journeys_pipeline.superset.datasets import MEP, STANDARD, UNIQUE, dataset
from journeys_pipeline.superset.standard import STANDARD as DASHBOARDS

SQLITE, POSTGRESQL = "sqlite:////data/warehouse.sqlite", "postgresql+psycopg2://reader:s3cret%21@db.internal/journeys"
TABLES = [*STANDARD, *MEP]
PEOPLE = re.compile(r"\b(unique|different)\b", re.IGNORECASE)


def files_of(bundle: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        return {name: YAML(typ="safe", pure=True).load(opened.read(name)) for name in opened.namelist()}


@pytest.fixture(scope="module")
def files() -> dict[str, Any]:
    """The bundle for SQLite, file by file."""
    return files_of(make_bundle(SQLITE))


def parts(files: dict[str, Any], kind: str) -> dict[str, Any]:
    """The assets of a kind, by id."""
    return {each["uuid"]: each for name, each in files.items() if name.startswith(f"journeys/{kind}/")}


def test_the_same_warehouse_gives_the_same_bytes() -> None:
    assert make_bundle(SQLITE) == make_bundle(SQLITE)


def test_ids_stay_so_that_a_later_bundle_replaces_an_earlier_one(files: dict[str, Any]) -> None:
    database = files["journeys/databases/journeys.yaml"]

    assert database["uuid"] == "5d3b529f-023c-55e3-b4de-e1a0fdbb06bd"


def test_a_password_is_not_in_the_bundle() -> None:
    bundle = make_bundle(POSTGRESQL)

    with zipfile.ZipFile(io.BytesIO(bundle)) as opened:
        contents = b"".join(opened.read(name) for name in opened.namelist())
    assert b"s3cret" not in contents
    assert b"reader:XXXXXXXXXX@db.internal" in contents
    assert password_of(POSTGRESQL) == {"databases/journeys.yaml": "s3cret!"}
    assert password_of(SQLITE) == {}


def test_nobody_writes_to_the_warehouse_or_queries_it_freely(files: dict[str, Any]) -> None:
    database = files["journeys/databases/journeys.yaml"]

    allowed = {key: value for key, value in database.items() if key.startswith(("allow_", "expose_"))}
    assert len(allowed) == 6
    assert not any(allowed.values())


def test_every_asset_refers_to_assets_that_are_there(files: dict[str, Any]) -> None:
    databases, datasets = parts(files, "databases"), parts(files, "datasets")
    charts, dashboards = parts(files, "charts"), parts(files, "dashboards")

    cells = [cell["meta"] for each in dashboards.values() for cell in each["position"].values() if "meta" in cell]
    filters = [each["metadata"]["native_filter_configuration"][0] for each in dashboards.values()]
    assert {each["database_uuid"] for each in datasets.values()} == databases.keys()
    assert {each["dataset_uuid"] for each in charts.values()} <= datasets.keys()
    assert {meta["uuid"] for meta in cells if "uuid" in meta} == charts.keys()
    assert {each["targets"][0]["datasetUuid"] for each in filters} <= datasets.keys()
    assert len(charts) == sum(len(one.charts) for one in DASHBOARDS)


def test_every_chart_shows_columns_and_metrics_that_its_dataset_has(files: dict[str, Any]) -> None:
    datasets = parts(files, "datasets")

    wanted = [
        (chart["dataset_uuid"], query, column)
        for chart in parts(files, "charts").values()
        for query in json.loads(chart["query_context"])["queries"]
        for column in query["columns"]
    ]
    metrics = [(uuid, metric) for uuid, query, _ in wanted for metric in query["metrics"]]
    known = {uuid: {column["column_name"] for column in each["columns"]} for uuid, each in datasets.items()}
    measured = {uuid: {metric["metric_name"] for metric in each["metrics"]} for uuid, each in datasets.items()}
    assert all((column["label"] if isinstance(column, dict) else column) in known[uuid] for uuid, _, column in wanted)
    assert all(metric in measured[uuid] for uuid, metric in metrics)


def test_f77_a_dashboard_asks_for_one_month_and_begins_with_the_newest(files: dict[str, Any]) -> None:
    filters = [each["metadata"]["native_filter_configuration"][0] for each in parts(files, "dashboards").values()]

    assert len(filters) == 5
    assert all(each["requiredFirst"] and each["controlValues"]["defaultToFirstItem"] for each in filters)
    assert not any(each["controlValues"]["multiSelect"] or each["controlValues"]["sortAscending"] for each in filters)


@pytest.mark.parametrize("table", TABLES)
def test_every_dataset_has_the_columns_of_its_table_and_says_whose_a_row_is(table: str) -> None:
    columns = [column["column_name"] for column in dataset(table, "sqlite")["columns"]]

    assert columns == [*METADATA.tables[table].columns.keys(), "calendar_month"]
    assert "account_id" in columns


@pytest.mark.parametrize("table", TABLES)
def test_d20_every_count_of_people_is_known_as_unique(table: str) -> None:
    counts = [column for column in METADATA.tables[table].columns if isinstance(column.type, sa.Integer)]

    of_people = {column.name for column in counts if PEOPLE.search(column.comment or "")}

    assert of_people <= UNIQUE


def measured(table: str, metric: str, rows: list[dict[str, Any]], only: str = "1 = 1") -> Any:
    """What a metric comes to over rows of a table, whose other columns are zero."""
    definition = METADATA.tables[table]
    expression = next(
        each["expression"] for each in dataset(table, "sqlite")["metrics"] if each["metric_name"] == metric
    )
    zeros = {column.name: 0 for column in definition.columns if isinstance(column.type, sa.Integer | sa.Numeric)}
    texts = {column.name: "x" for column in definition.columns if isinstance(column.type, sa.String)}
    engine = sa.create_engine("sqlite://")
    definition.create(engine)
    with engine.begin() as connection:
        connection.execute(definition.insert(), [zeros | texts | row for row in rows])
        return connection.exec_driver_sql(f"SELECT {expression} FROM {table} WHERE {only}").scalar()


@pytest.mark.parametrize(
    ("metric", "only", "expected"),
    [
        ("unique_profiles_in_journey", "1 = 1", None),
        ("unique_profiles_in_journey", "period = '2026-11-01'", 410),
        ("unique_profiles_in_journey", "account_id = 'zeta'", 400),
        ("total_messages_sent", "1 = 1", 430),
        ("unique_profiles_in_journey", "1 = 0", None),
    ],
)
def test_d20_a_unique_count_is_not_added_up_within_an_account(metric: str, only: str, expected: int | None) -> None:
    counts = [("acme", date(2026, 11, 1), 10), ("acme", date(2026, 11, 2), 20), ("zeta", date(2026, 11, 1), 400)]
    rows = [
        {"account_id": account_id, "period": day, "profiles_in_journey": count, "messages_sent": count}
        for account_id, day, count in counts
    ]

    found = measured("account_performance_by_day", metric, rows, only)

    assert found == expected


@pytest.mark.parametrize(("only", "expected"), [("1 = 1", None), ("currency = 'EUR'", 1.75), ("currency = 'USD'", 4)])
def test_d18_money_of_several_currencies_is_not_added_up(only: str, expected: float | None) -> None:
    prices = [("sms", "EUR", Decimal("1.25")), ("email", "EUR", Decimal("0.50")), ("sms", "USD", Decimal(4))]
    rows = [
        {"account_id": "acme", "period": date(2026, 11, 1), "channel": channel, "currency": currency, "cost": cost}
        for channel, currency, cost in prices
    ]

    assert measured("channel_costs_by_month", "total_cost", rows, only) == expected


@pytest.mark.parametrize(
    ("only", "expected"), [("1 = 1", None), ("journey_version = 0", 30), ("journey_version > 0", 30)]
)
def test_calls_of_all_versions_together_are_not_added_to_those_of_each(only: str, expected: int | None) -> None:
    rows = [
        {"account_id": "acme", "period": date(2026, 11, 1), "journey_version": version, "calls": calls}
        for version, calls in [(0, 30), (1, 10), (2, 20)]
    ]

    assert measured("call_performance_by_month", "total_calls", rows, only) == expected


def test_the_calendar_month_of_a_day_and_of_a_time_is_its_month() -> None:
    by_day = dataset("account_performance_by_day", "sqlite")["columns"][-1]["expression"]
    by_time = dataset("import_performance", "sqlite")["columns"][-1]["expression"]
    with sa.create_engine("sqlite://").connect() as connection:
        rows = "SELECT '2026-11-24' AS period, '2026-11-24 01:02:03.000004' AS fetched_at"
        ask = f"SELECT {by_day}, {by_time} FROM ({rows})"
        found = connection.exec_driver_sql(ask).one()

    assert tuple(found) == ("2026-11", "2026-11")
    assert dataset("mep_summary", "postgresql")["columns"][-1]["expression"] == "to_char(month, 'YYYY-MM')"


def test_superset_is_told_how_sqlite_holds_days() -> None:
    on_sqlite = {each["column_name"]: each for each in dataset("mep_summary", "sqlite")["columns"]}
    on_postgresql = {each["column_name"]: each for each in dataset("mep_summary", "postgresql")["columns"]}

    assert on_sqlite["month"]["python_date_format"] == "%Y-%m-%d"
    assert on_postgresql["month"]["python_date_format"] is None
    assert on_sqlite["month"]["type"] == "DATE"
