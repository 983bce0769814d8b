"""A page as one HTML file that asks nothing of any other host."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, HeatMap, Kpis, Note, Table, VegaLite, Widget
from journeys_pipeline.periods import add_months
from journeys_pipeline.rendering.pages import blocks, formats
from journeys_pipeline.rendering.pages.content import PageContent, Slice, is_drawn
from journeys_pipeline.rendering.pages.island import MOST_ROWS, island
from journeys_pipeline.rendering.pages.palette import css_variables
from journeys_pipeline.rendering.pages.summaries import summarise

HERE = files("journeys_pipeline.rendering.pages")


def render_page(content: PageContent) -> bytes:
    """The page as UTF-8."""
    parts = {"ranges.js": content.days is not None, "page.js": True, "exports.js": content.can_export}
    scripts = [vega_bundle(), *(_asset(name) for name, is_wanted in parts.items() if is_wanted)]
    html = _template().render(
        content=content,
        widgets=[_widget(widget, content) for widget in content.dashboard.widgets],
        months=[(f"{month:%Y-%m}", f"{month:%b %Y}") for month in content.months],
        made=formats.time_text(content.as_of),
        style=_style(),
        policy=_policy(scripts),
        scripts=scripts,
        island=island(content),
        most_rows=MOST_ROWS,
    )
    return html.encode()


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
    digests = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    hashes = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _widget(widget: Widget, content: PageContent) -> dict[str, Any]:
    return {
        "declared": widget,
        "is_chart": is_drawn(widget),
        "views": [_view(widget, content, part) for part in content.slices],
        "can_export": content.can_take(widget),
        "rows": content.way_to(widget.rows),
    }


def _view(widget: Widget, content: PageContent, part: Slice) -> dict[str, Any]:
    """What the widget shows for a slice; without rows, that it is empty."""
    about = {"key": part.key, "month": formats.month_text(part.month)}
    rows = {name: part.of(content.rows[name]) for name in _names(widget)}
    if isinstance(widget, Note):
        return about | {"is_empty": False}
    if isinstance(widget, Kpis):
        is_empty = rows[widget.figures[0].dataset].is_empty()
        shown = {} if is_empty else {"cards": blocks.cards(widget, rows, before=_before(part, content))}
    else:
        is_empty = _shows_nothing(widget, rows[widget.dataset])
        shown = {} if is_empty else _shown(widget, rows)
    return about | shown | {"is_empty": is_empty}


def _shows_nothing(widget: Widget, rows: pl.DataFrame) -> bool:
    """No row; or, of a chart, nothing but nought."""
    if rows.is_empty() or not isinstance(widget, Chart):
        return rows.is_empty()
    return not any((rows[name].fill_null(0) != 0).any() for name in widget.measures)


def _shown(widget: Widget, rows: blocks.Rows) -> dict[str, Any]:
    match widget:
        case Table():
            return {"grid": blocks.grid(widget, rows[widget.dataset])}
        case Chart() if not is_drawn(widget):
            return {"groups": blocks.bars(widget, rows[widget.dataset])}
        case Chart() | HeatMap():
            return {"summary": summarise(widget, rows[widget.dataset])}
        case VegaLite() | Note() | Kpis():
            return {"summary": widget.title}
        case _:
            return {"steps": blocks.funnel(widget, rows[widget.dataset])}


def _names(widget: Widget) -> set[str]:
    if isinstance(widget, Kpis):
        return {name for figure in widget.figures for name in (figure.dataset, figure.trend) if name}
    return set() if isinstance(widget, Note) else {widget.dataset}


def _before(part: Slice, content: PageContent) -> str:
    """What a change is against: the month before, or its same days."""
    earlier = add_months(part.month, -1)
    if part.month != content.months[0]:
        return f"{earlier:%B}"
    last = min(content.as_of.day, (part.month - earlier).days)
    return f"1\u2013{last} {earlier:%b}"
