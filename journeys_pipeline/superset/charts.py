"""Charts: what each shows, and how Superset is told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from journeys_pipeline.superset.datasets import metric_name
from journeys_pipeline.superset.naming import uuid_of

Kind = Literal["number", "line", "bar", "table"]

_VIZ = {
    "number": "big_number_total",
    "line": "echarts_timeseries_line",
    "bar": "echarts_timeseries_bar",
    "table": "table",
}
MOST_ROWS = 1000
MOST_POINTS = 10_000


@dataclass(frozen=True)
class Chart:
    """Measures of one table, over a time or by columns; `only` keeps rows with that value."""

    title: str
    table: str
    kind: Kind
    measures: tuple[str, ...]
    by: tuple[str, ...] = ()
    over: str = ""
    only: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def metrics(self) -> list[str]:
        """The dataset's metrics that are shown."""
        return [metric_name(self.table, measure) for measure in self.measures]


def chart(one: Chart) -> dict[str, Any]:
    """A chart as Superset's import takes it."""
    params = {"viz_type": _VIZ[one.kind], "adhoc_filters": _filters(one), "time_range": "No filter"} | _form(one)
    return {
        "slice_name": one.title,
        "viz_type": _VIZ[one.kind],
        "params": params,
        "query_context": json.dumps(_context(one, params), sort_keys=True),
        "uuid": uuid_of("chart", one.title),
        "version": "1.0.0",
        "dataset_uuid": uuid_of("dataset", one.table),
    }


def _form(one: Chart) -> dict[str, Any]:
    if one.kind == "number":
        return {"metric": one.metrics[0], "y_axis_format": ",.0f", "header_font_size": 0.4}
    if one.kind == "table":
        return {
            "query_mode": "aggregate",
            "groupby": list(one.by),
            "metrics": one.metrics,
            "row_limit": MOST_ROWS,
            "order_desc": True,
            "table_timestamp_format": "%Y-%m-%d",
        }
    return {
        "x_axis": one.over,
        "time_grain_sqla": "P1D",
        "metrics": one.metrics,
        "groupby": list(one.by),
        "row_limit": MOST_POINTS,
        "show_legend": True,
        "stack": "Stack" if one.kind == "bar" else None,
        "y_axis_format": ",.0f",
    }


def _filters(one: Chart) -> list[dict[str, Any]]:
    return [
        {"clause": "WHERE", "expressionType": "SIMPLE", "subject": column, "operator": "==", "comparator": value}
        for column, value in one.only.items()
    ]


def _context(one: Chart, params: dict[str, Any]) -> dict[str, Any]:
    """The query behind the chart, which Superset runs for whoever asks for its data."""
    axis = {
        "timeGrain": "P1D",
        "columnType": "BASE_AXIS",
        "sqlExpression": one.over,
        "label": one.over,
        "expressionType": "SQL",
    }
    query: dict[str, Any] = {
        "columns": [*([axis] if one.over else []), *one.by],
        "metrics": one.metrics,
        "filters": [{"col": column, "op": "==", "val": value} for column, value in one.only.items()],
        "orderby": [[one.metrics[0], False]] if one.kind == "table" else [],
        "row_limit": MOST_ROWS if one.kind == "table" else MOST_POINTS,
    }
    return {"datasource": {}, "force": False, "queries": [query], "form_data": params, "result_format": "json"}
