"""What must hold of every page, read back without a browser: escaping, addresses, what a tier may not have."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.catalog.dashboards import Chart, Dashboard, HeatMap, datasets_of
from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.catalog.standard_dashboards import standard_dashboard
from journeys_pipeline.defs.checks.dashboards import MOST_BYTES
from journeys_pipeline.defs.checks.page_reading import ReadPage
from journeys_pipeline.periods import add_months
from journeys_pipeline.rendering.charts import draw_imports
from journeys_pipeline.rendering.pages.content import Link, PageContent
from journeys_pipeline.rendering.pages.drawing import draw, svg
from journeys_pipeline.rendering.pages.formats import duration, money, percent, written
from journeys_pipeline.rendering.pages.page import render_page
from journeys_pipeline.rendering.pages.summaries import summarise

NOVEMBER = date(2026, 11, 1)
STANDARD = ["overview", "campaigns", "campaign", "ivr", "ivr-journey", "imports", "mep", "rows"]
TEXTS: dict[str, Any] = {
    "text": pl.String, "page": pl.String, "day": pl.Date, "time": pl.Datetime("us", "UTC"), "count": pl.Int64,
    "change": pl.Int64, "share": pl.Float64, "money": pl.Decimal(18, 6), "seconds": pl.Int64,
    "trend": pl.List(pl.Int64),
}  # fmt: skip
LARGE = {
    "journeys": 500, "goal_rates": 500, "movers": 500, "journey_days": 15_000, "elements": 5_000,
    "channel_days": 372, "account_days": 31, "account_cost_days": 62, "feeds": 100,
}  # fmt: skip
BUSY: dict[str, Any] = {
    "can_export": True, "has_rows": True, "months": [add_months(date(2026, 11, 1), -back) for back in range(4)],
}  # fmt: skip
TABLE = Dashboard.model_validate(
    {"id": "d", "title": "T", "widgets": [
        {"id": "w", "kind": "table", "title": "W", "dataset": "journeys", "columns": ["journey", "messages_sent"]}
    ]}
)  # fmt: skip


def empty(name: str) -> pl.DataFrame:
    columns = {column: TEXTS[about.kind] for column, about in DATASETS[name].columns.items()}
    return pl.DataFrame(schema={"month": pl.Date, **columns})


def journeys(*names: str) -> pl.DataFrame:
    rows = [{"month": NOVEMBER, "journey": name, "page": "p.html", "messages_sent": 5} for name in names]
    return pl.DataFrame(rows, schema=empty("journeys").schema)


def many(name: str) -> pl.DataFrame:
    """As many rows in each of four months as an account with 500 journeys may have."""
    count = LARGE.get(name, 2)
    filled: dict[str, Any] = {
        "text": "A journey with a long name", "page": "campaign-0123456789ab.html", "day": NOVEMBER, "count": 123_456,
        "time": datetime(2026, 11, 4, 7, 5, tzinfo=UTC), "change": -1234, "share": 0.123456789012345,
        "money": Decimal("1234.567891"), "seconds": 12_345, "trend": [1] * 30,
    }  # fmt: skip
    row = {column: filled[about.kind] for column, about in DATASETS[name].columns.items()}
    months = [add_months(NOVEMBER, -back) for back in range(4)]
    return pl.concat([pl.DataFrame([{"month": month} | row] * count, schema=empty(name).schema) for month in months])


def page(rows: dict[str, pl.DataFrame], dashboard: Dashboard = TABLE, **about: Any) -> ReadPage:
    plain: dict[str, Any] = {
        "account": "Acme", "title": "T", "months": [NOVEMBER], "as_of": datetime(2026, 11, 24, tzinfo=UTC),
        "navigation": [Link("Overview", "index.html")],
    }  # fmt: skip
    return ReadPage(render_page(PageContent(dashboard, rows=rows, **(plain | about))).decode())


@pytest.mark.parametrize("name", STANDARD)
def test_a_page_without_any_rows_explains_itself(name: str) -> None:
    dashboard = standard_dashboard(name)
    rows = {dataset: empty(dataset).with_columns(version=pl.lit(0)) for dataset in DATASETS}

    read = page(rows, dashboard, can_export=True)

    assert {widget.empty for widget in dashboard.widgets} <= read.cells


@given(st.lists(st.text(max_size=40), min_size=1, max_size=3), st.text(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_name_is_shown_as_it_is_and_ends_no_script(names: list[str], title: str) -> None:
    rows = journeys(*names)

    read = page({"journeys": rows}, title=title, account=title, can_export=True)

    assert [row[0] for row in read.island["datasets"]["journeys"]["rows"]["2026-11"]] == names
    assert read.addresses <= {"index.html", "p.html", "#_main", "data:,"}
    assert {name.strip() for name in names} <= {*read.cells, ""}


@pytest.mark.parametrize("payload", ["</script>", "</SCRIPT >", "<!--<script>", "\u2028", "&lt;/script&gt;"])
def test_no_text_in_the_data_can_end_it(payload: str) -> None:
    harmless = page({"journeys": journeys("harmless")}, can_export=True)

    read = page({"journeys": journeys(payload)}, can_export=True)

    assert read.island["datasets"]["journeys"]["rows"]["2026-11"][0][0] == payload
    assert read.text.lower().count("</script") == harmless.text.lower().count("</script")
    assert read.text.count("\u2028") == payload.count("\u2028")  # in the table, not in the data


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = {"journeys": journeys("Welcome", "Winback")}

    assert page(rows, can_export=True).text == page(rows, can_export=True).text


def test_what_cannot_be_taken_away_is_not_in_the_page() -> None:  # F89
    rows = {"journeys": journeys("Welcome")}

    on_start, on_grow = page(rows), page(rows, can_export=True)

    assert (on_start.has_export, on_start.island["exports"], on_start.island["datasets"]) == (False, {}, {})
    assert on_grow.has_export
    assert "spreadsheetml" not in on_start.text


@pytest.mark.parametrize("name", ["overview", "campaigns", "rows:elements", "rows:journey-days"])
def test_a_page_of_five_hundred_journeys_is_under_three_megabytes(name: str) -> None:
    kind, _, only = name.partition(":")
    dashboard = standard_dashboard(kind)
    chosen = [widget for widget in dashboard.widgets if only in {"", widget.id}]
    rows = {dataset: many(dataset) for dataset in datasets_of(dashboard)}

    drawn = page(rows, dashboard.model_copy(update={"widgets": chosen}), **BUSY)

    assert len(drawn.text.encode()) < MOST_BYTES


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1234567, "count", "1,234,567"),
        (0, "count", "0"),
        (None, "count", "\u2013"),
        (0.3456, "share", "34.6%"),
        (1.0, "share", "100%"),
        (-54, "change", "\u221254"),
        (248, "change", "+248"),
        (Decimal("12.3"), "money", "12.30"),
        (Decimal("0.0134"), "money", "0.013"),
        (date(2026, 11, 4), "day", "4 Nov"),
        (datetime(2026, 11, 4, 7, 5, tzinfo=UTC), "time", "4 Nov 2026, 07:05"),
    ],
)
def test_a_figure_is_written_as_people_read_it(value: Any, kind: Any, text: str) -> None:
    assert written(value, Column("x", kind)) == text


def test_durations_shares_and_small_amounts_keep_what_matters() -> None:
    assert [duration(seconds) for seconds in (45, 200, 7500, 90_000)] == ["45 s", "3 min 20 s", "2 h 5 min", "1 d 1 h"]
    assert [percent(share) for share in (0, 0.1, 2.281)] == ["0%", "10%", "228.1%"]
    assert [money(amount) for amount in (0, 0.5, 1234.5)] == ["0.00", "0.50", "1,234.50"]


def test_a_chart_is_said_in_words() -> None:
    days = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3)]
    rows = pl.DataFrame({"day": days, "entries": [5, 9, 2], "exits": [1, 1, 1]})
    widget = Chart(id="c", kind="line", title="T", dataset="account_days", measure=["entries", "exits"])

    assert summarise(widget, rows) == "Entries: 2 on 3 Nov, at most 9 on 2 Nov; Exits: 1 throughout"


def test_a_chart_is_drawn_without_a_browser_in_the_colours_of_its_channels() -> None:
    widget = Chart(id="c", kind="bar", title="T", dataset="channel_days", measure=["messages_sent"], by="channel")
    rows = [{"day": "2026-11-01", "channel": name, "messages_sent": 3} for name in ("Email", "SMS")]

    picture = svg(draw(widget, ["Email", "SMS"]), rows)

    assert "#c05621" in picture
    assert "#2b6cb0" in picture
    assert "var(" not in picture


def test_a_heat_map_has_a_line_for_each_value() -> None:
    shown = {"dataset": "import_arrivals", "x": "hour", "y": "weekday", "measure": "files"}
    widget = HeatMap.model_validate({"id": "h", "kind": "heatmap", "title": "T"} | shown)

    assert draw(widget, ["Monday", "Tuesday", "Friday"])["height"] == 3 * 28


def test_imports_are_drawn_with_valid_entries_below_invalid_ones() -> None:
    fetched = [datetime(2026, 11, 4, 7, tzinfo=UTC), datetime(2026, 11, 5, 7, tzinfo=UTC)]
    imports = pl.DataFrame({"fetched_at": fetched, "valid_entries": [7, None], "invalid_entries": [3, None]})

    picture = draw_imports(imports)

    assert "Contact entries per day: valid and invalid" in picture
    assert {"#2f855a", "#c53030"} <= set(re.findall("#[0-9a-f]{6}", picture))
