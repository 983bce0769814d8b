"""Customers' own charts, drawn once before anybody looks at them: what is wrong in them is said with its line (F96)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from journeys_pipeline.catalog import Catalog
from journeys_pipeline.catalog.dashboards import VegaLite
from journeys_pipeline.catalog.datasets import DATASETS, Column
from journeys_pipeline.catalog.document import Document, parse
from journeys_pipeline.catalog.mistakes import CatalogError, Mistake, Where, nearest, written
from journeys_pipeline.rendering.pages.drawing import draw, svg

MARKS = [
    "arc", "area", "bar", "boxplot", "circle", "errorband", "errorbar", "geoshape", "image", "line", "point", "rect",
    "rule", "square", "text", "tick", "trail",
]  # fmt: skip
SAMPLES: dict[str, Any] = {"day": "2026-01-31", "time": "2026-01-31T12:00:00Z", "text": "a", "page": "a", "trend": [1]}


def try_drawings(path: Path, catalog: Catalog) -> None:
    """Draw every chart in Vega-Lite of a catalog that was read from `path`.

    Raises:
        CatalogError: all that cannot be drawn, and the columns that their datasets lack.
    """
    charts = list(_charts(catalog))
    document = parse(path.read_bytes()) if charts else None
    if isinstance(document, Document):
        mistakes = {
            Mistake(document.line(where), written(where), text) for where, chart in charts for text in _faults(chart)
        }
        if mistakes:
            raise CatalogError(path, mistakes)


def _charts(catalog: Catalog) -> Iterator[tuple[Where, VegaLite]]:
    for at, account in enumerate(catalog.accounts):
        for board, dashboard in enumerate(account.dashboards):
            for number, widget in enumerate(dashboard.widgets):
                if isinstance(widget, VegaLite):
                    yield ("accounts", at, "dashboards", board, "widgets", number, "spec"), widget


def _faults(chart: VegaLite) -> list[str]:
    """What a reader can mend; what Vega-Lite itself says only where that is nothing: its words are about its code."""
    columns = {name: column for name, column in DATASETS[chart.dataset].columns.items() if column.kind != "page"}
    made = {name for key, value in _pairs(chart.spec) if key == "as" for name in _texts(value)}
    marks = [value for key, value in _pairs(chart.spec) if key == "mark"]
    types = [cast("dict[str, Any]", mark).get("type") if isinstance(mark, dict) else mark for mark in marks]
    fields = {value for key, value in _pairs(chart.spec) if key == "field" and isinstance(value, str)}
    unknown = sorted(name for name in fields if name.isidentifier() and name not in {*columns, *made})
    return [
        *(f"`{mark}` is not a mark: {nearest(str(mark), MARKS)}" for mark in types if mark not in MARKS),
        *(f"`{name}` is not in the dataset {chart.dataset}: {nearest(name, columns)}" for name in unknown),
    ] or _refusal(chart, columns)


def _refusal(chart: VegaLite, columns: dict[str, Column]) -> list[str]:
    row = {name: SAMPLES.get(column.kind, 1) for name, column in columns.items()}
    try:
        svg(draw(chart), [row])
    except ValueError as error:
        _, _, said = str(error).partition("\n")
        return [f"cannot be drawn: {said.splitlines()[0].partition('Error: ')[2] or said.splitlines()[0]}"]
    return []


def _pairs(tree: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, value in cast("dict[str, Any]", tree).items():
            yield key, value
            yield from _pairs(value)
    elif isinstance(tree, list):
        for value in cast("list[Any]", tree):
            yield from _pairs(value)


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
