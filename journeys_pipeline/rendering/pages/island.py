"""A page's data, as JSON in the page: what its charts are drawn from, and what can be taken away."""

import json
from typing import Any, cast

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, HeatMap, Kpis, Note
from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.rendering.pages import formats
from journeys_pipeline.rendering.pages.content import DrawnWidget, PageContent, is_drawn
from journeys_pipeline.rendering.pages.drawing import draw
from journeys_pipeline.rendering.pages.plain_rows import plain
from journeys_pipeline.rendering.pages.ranges import ranges

HIDDEN = {"page", "trend"}
MOST_ROWS = 2000  # of a dataset and slice, so that a page of an account with many journeys stays under 3 MB


def island(content: PageContent) -> str:
    """JSON that no text in it can end: `<`, `>` and `&` are written as escapes."""
    drawn = [cast("DrawnWidget", widget) for widget in content.dashboard.widgets if is_drawn(widget)]
    taken = [
        widget
        for widget in content.dashboard.widgets
        if not isinstance(widget, Kpis | Note) and content.can_take(widget)
    ]
    data: dict[str, Any] = {
        "versions": [str(version) for version in content.versions],
        "datasets": {name: _dataset(name, content) for name in sorted({one.dataset for one in (*drawn, *taken)})},
        "charts": {widget.id: _chart(widget, content) for widget in drawn},
        "exports": {widget.id: {"dataset": widget.dataset, "title": widget.title} for widget in taken},
    }
    if content.days is not None:
        data["ranges"] = ranges(content.dashboard, content.days)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _dataset(name: str, content: PageContent) -> dict[str, Any]:
    columns: dict[str, Column] = {
        key: column for key, column in DATASETS[name].columns.items() if column.kind not in HIDDEN
    }
    rows = {
        part.key: plain(part.of(content.rows[name]).head(MOST_ROWS).select(list(columns))) for part in content.slices
    }
    return {
        "columns": [[key, column.label, column.kind] for key, column in columns.items()],
        "rows": {key: [list(row) for row in table.iter_rows()] for key, table in rows.items()},
    }


def _chart(widget: DrawnWidget, content: PageContent) -> dict[str, Any]:
    return {"dataset": widget.dataset, "spec": draw(widget, values_of(widget, content.rows[widget.dataset]))}


def values_of(widget: DrawnWidget, rows: pl.DataFrame) -> list[str]:
    """The values of the dimension that sets a chart's colours or lines apart."""
    by = widget.y if isinstance(widget, HeatMap) else widget.by if isinstance(widget, Chart) else None
    return formats.said(rows)[by].unique().sort().to_list() if by else []
