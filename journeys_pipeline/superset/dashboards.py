"""The standard dashboards: which charts, in which rows, with the choice of a month."""

from dataclasses import dataclass
from typing import Any

from journeys_pipeline.superset.charts import Chart
from journeys_pipeline.superset.naming import MONTH, uuid_of

COLUMNS = 12
HEIGHTS = {"number": 20, "line": 50, "bar": 50, "table": 55}


@dataclass(frozen=True)
class Dashboard:
    """Rows of charts; `months` is the table whose months can be chosen."""

    title: str
    slug: str
    months: str
    rows: tuple[tuple[Chart, ...], ...]

    @property
    def charts(self) -> list[Chart]:
        """All charts, in order."""
        return [chart for row in self.rows for chart in row]


def dashboard(one: Dashboard) -> dict[str, Any]:
    """A dashboard as Superset's import takes it."""
    return {
        "dashboard_title": one.title,
        "slug": one.slug,
        "uuid": uuid_of("dashboard", one.slug),
        "position": _position(one),
        "metadata": {
            "native_filter_configuration": [_month_filter(one)],
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
            "color_scheme": "supersetColors",
        },
        "published": True,
        "version": "1.0.0",
    }


def _month_filter(one: Dashboard) -> dict[str, Any]:
    """One month at a time, the newest first: unique counts of several months are not to be added (D20, F77)."""
    return {
        "id": f"NATIVE_FILTER-{one.slug}-month",
        "name": "Month",
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": uuid_of("dataset", one.months), "column": {"name": MONTH}}],
        "requiredFirst": True,  # else the charts are drawn once without any month
        "controlValues": {
            "defaultToFirstItem": True,
            "enableEmptyFilter": True,
            "multiSelect": False,
            "searchAllOptions": False,
            "inverseSelection": False,
            "sortAscending": False,
        },
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": []},
        "description": "",
    }


def _position(one: Dashboard) -> dict[str, Any]:
    rows = [f"ROW-{number}" for number in range(len(one.rows))]
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": rows, "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": one.title}},
    }
    numbers = {chart.title: number for number, chart in enumerate(one.charts, start=1)}
    for row_id, charts in zip(rows, one.rows, strict=True):
        cells = [f"CHART-{numbers[chart.title]}" for chart in charts]
        parents = ["ROOT_ID", "GRID_ID"]
        background = {"background": "BACKGROUND_TRANSPARENT"}
        position[row_id] = {"type": "ROW", "id": row_id, "children": cells, "parents": parents, "meta": background}
        for cell, chart in zip(cells, charts, strict=True):
            about = {
                "chartId": numbers[chart.title],
                "uuid": uuid_of("chart", chart.title),
                "sliceName": chart.title,
                "width": COLUMNS // len(charts),
                "height": HEIGHTS[chart.kind],
            }
            position[cell] = {"type": "CHART", "id": cell, "children": [], "parents": [*parents, row_id], "meta": about}
    return position
