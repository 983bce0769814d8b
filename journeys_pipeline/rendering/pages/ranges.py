"""What a page needs to show any range of days: rows of days, how they add up, and what each widget shows of them."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, Dashboard, Funnel, HeatMap, Kpis, Table, Widget, datasets_of
from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.catalog.datasets.ranges import RANGES
from journeys_pipeline.rendering.pages.palette import MEASURES, variable
from journeys_pipeline.rendering.pages.plain_rows import plain


def ranges(dashboard: Dashboard, days: Mapping[str, pl.DataFrame]) -> dict[str, Any]:
    """JSON for ranges.js: `rows` by dataset and version, each beginning with its day."""
    names = sorted(datasets_of(dashboard))
    return {
        "rows": {name: _rows(name, table) for name, table in days.items()},
        "datasets": {name: _dataset(name) for name in names},
        "widgets": {widget.id: shown for widget in dashboard.widgets if (shown := _widget(widget))},
    }


def _rows(name: str, table: pl.DataFrame) -> dict[str, Any]:
    columns = [key for key, column in DATASETS[name].columns.items() if column.kind != "page"]
    versions = table.partition_by("version", as_dict=True, maintain_order=True)
    return {
        "columns": columns,
        "rows": {str(key[0]): [list(row) for row in _listed(rows, columns)] for key, rows in versions.items()},
    }


def _listed(rows: pl.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    return plain(rows.select("day", *columns)).rows()


def _dataset(name: str) -> dict[str, Any]:
    columns = {key: column for key, column in DATASETS[name].columns.items() if column.kind != "page"}
    return asdict(RANGES[name]) | {
        "source": RANGES[name].source or name,
        "columns": [[key, column.label, column.kind] for key, column in columns.items()],
    }


def _widget(widget: Widget) -> dict[str, Any] | None:
    match widget:
        case Kpis():
            figures = [
                {
                    "dataset": figure.dataset,
                    "measure": figure.measure,
                    "label": figure.label or DATASETS[figure.dataset].columns[figure.measure].label,
                    "trend": figure.trend,
                    "colour": variable(figure.measure if figure.measure in MEASURES else "accent"),
                }
                for figure in widget.figures
            ]
            return {"kind": "kpis", "figures": figures, "empty": widget.empty}
        case Table():
            about = {"columns": widget.columns, "bars": widget.bars, "limit": widget.limit}
        case Funnel():
            about = {"x": widget.x, "measures": [widget.measure]}
        case Chart():
            about = {"x": widget.x, "by": widget.by, "measures": widget.measures, "limit": widget.limit}
        case HeatMap():
            about = {"measures": [widget.measure]}
        case _:
            return None
    return {"kind": widget.kind, "dataset": widget.dataset, "empty": widget.empty} | about
