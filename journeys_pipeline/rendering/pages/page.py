"""A page as one HTML file that asks nothing of any other host."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
from polars import selectors as cs

from journeys_pipeline.catalog.dashboards import Chart, Dashboard, HeatMap, Kpis, Note, Table, VegaLite, Widget
from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.periods import add_months
from journeys_pipeline.rendering.pages import blocks, formats
from journeys_pipeline.rendering.pages.drawing import draw
from journeys_pipeline.rendering.pages.palette import css_variables
from journeys_pipeline.rendering.pages.summaries import summarise

HERE = files("journeys_pipeline.rendering.pages")


@dataclass(frozen=True)
class Link:
    """A page that this one leads to."""

    title: str
    file: str
    is_current: bool = False


@dataclass(frozen=True)
class PageContent:
    """All that a page is made of."""

    dashboard: Dashboard
    account: str
    title: str
    rows: Mapping[str, pl.DataFrame]
    """Datasets by name, with the `month` that each row belongs to."""
    months: Sequence[date]
    """In the order of the selector, the newest first."""
    as_of: datetime
    navigation: Sequence[Link]
    can_export: bool = False
    rows_page: str | None = None
    """The file that holds the rows behind figures, where the account may see them."""


def render_page(content: PageContent) -> bytes:
    """The page as UTF-8."""
    scripts = [vega_bundle(), _asset("page.js"), *([_asset("exports.js")] if content.can_export else [])]
    shown = [_widget(widget, content) for widget in content.dashboard.widgets]
    html = _template().render(
        content=content,
        widgets=shown,
        months=[(key_of(month), formats.month_text(month)) for month in content.months],
        made=formats.time_text(content.as_of),
        style=_style(),
        policy=_policy(scripts),
        scripts=scripts,
        island=_island(content),
    )
    return html.encode()


def key_of(month: date) -> str:
    """2026-11."""
    return f"{month:%Y-%m}"


@cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script that sets `vegaEmbed`."""
    import vl_convert  # noqa: PLC0415 - a second of import time that only pages need

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - only pages need it

    loader = PackageLoader("journeys_pipeline.rendering", "pages")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("page.html.j2")


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text("utf-8")


@cache
def _style() -> str:
    light, dark = css_variables(dark=False), css_variables(dark=True)
    colours = (
        f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}"
    )
    return colours + _asset("page.css")


def _policy(scripts: Iterable[str]) -> str:
    """A content security policy: these scripts run and no other, and nothing is fetched from anywhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def _widget(widget: Widget, content: PageContent) -> dict[str, Any]:
    return {
        "declared": widget,
        "is_chart": is_drawn(widget),
        "views": [_view(widget, content, month) for month in content.months],
        "can_export": content.can_export and widget.export and not isinstance(widget, Kpis | Note),
        "rows": f"{content.rows_page}#{widget.rows}" if content.rows_page and widget.rows else None,
    }


def is_drawn(widget: Widget) -> bool:
    """Whether the widget is a chart that the browser draws."""
    return isinstance(widget, HeatMap | VegaLite) or (isinstance(widget, Chart) and widget.x == "day")


def _view(widget: Widget, content: PageContent, month: date) -> dict[str, Any]:
    """What the widget shows for a month; without rows, that it is empty."""
    view: dict[str, Any] = {"key": key_of(month), "month": formats.month_text(month), "is_empty": False}
    if isinstance(widget, Note):
        return view
    rows = {name: in_month(content.rows[name], month) for name in _names(widget)}
    main = rows[widget.figures[0].dataset if isinstance(widget, Kpis) else widget.dataset]
    if main.is_empty():
        return view | {"is_empty": True}
    match widget:
        case Kpis():
            return view | {"cards": blocks.cards(widget, rows, before=_before(month, content))}
        case Table():
            return view | {"grid": blocks.grid(widget, main)}
        case Chart() if not is_drawn(widget):
            return view | {"groups": blocks.bars(widget, main)}
        case Chart() | HeatMap():
            return view | {"summary": summarise(widget, main)}
        case VegaLite():
            return view | {"summary": widget.title}
        case _:
            return view | {"steps": blocks.funnel(widget, main)}


def _names(widget: Widget) -> set[str]:
    if isinstance(widget, Kpis):
        return {name for figure in widget.figures for name in (figure.dataset, figure.trend) if name}
    return set() if isinstance(widget, Note) else {widget.dataset}


def in_month(rows: pl.DataFrame, month: date) -> pl.DataFrame:
    """A month's rows, in the words that people use."""
    return formats.said(rows.filter(pl.col("month") == month).drop("month"))


def _before(month: date, content: PageContent) -> str:
    """What a change is against: the month before, or its same days."""
    earlier = add_months(month, -1)
    if month != content.months[0]:
        return f"{earlier:%B}"
    last = min(content.as_of.day, (month - earlier).days)
    return f"1\u2013{last} {earlier:%b}"


def _island(content: PageContent) -> str:
    """The page's data as JSON that no text in it can end: `<`, `>` and `&` are written as escapes."""
    drawn = [widget for widget in content.dashboard.widgets if is_drawn(widget)]
    taken = [
        widget
        for widget in content.dashboard.widgets
        if content.can_export and widget.export and not isinstance(widget, Kpis | Note)
    ]
    wanted = {widget.dataset for widget in (*drawn, *taken) if not isinstance(widget, Kpis | Note)}
    data = {
        "title": content.title,
        "datasets": {name: _dataset(name, content) for name in sorted(wanted)},
        "charts": {widget.id: _chart(widget, content) for widget in drawn},
        "exports": {widget.id: _export(widget) for widget in taken},
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _dataset(name: str, content: PageContent) -> dict[str, Any]:
    columns = {key: column for key, column in DATASETS[name].columns.items() if column.kind != "page"}
    return {
        "columns": [[key, column.label, column.kind] for key, column in columns.items()],
        "rows": {
            key_of(month): _plain(in_month(content.rows[name], month).select(list(columns))) for month in content.months
        },
    }


def _plain(rows: pl.DataFrame) -> list[list[Any]]:
    """Rows as JSON holds them: days and times as text, exact amounts as numbers."""
    texts = rows.with_columns(
        cs.date().dt.to_string("%Y-%m-%d"),
        cs.datetime().dt.to_string("%Y-%m-%dT%H:%M:%SZ"),
        cs.decimal().cast(pl.Float64),
    )
    return [list(row) for row in texts.iter_rows()]


def _chart(widget: Any, content: PageContent) -> dict[str, Any]:
    rows = formats.said(content.rows[widget.dataset])
    by = getattr(widget, "by", None)
    values = rows[by].unique(maintain_order=True).sort().to_list() if by else []
    return {"dataset": widget.dataset, "spec": draw(widget, values)}


def _export(widget: Any) -> dict[str, Any]:
    return {"dataset": widget.dataset, "title": widget.title}
