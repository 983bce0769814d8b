"""A chart in words: what it shows for a month, for whoever does not see it, and for whoever wants it short."""

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart, HeatMap
from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.rendering.pages import formats

MOST_PARTS = 3


def summarise(widget: Chart | HeatMap, rows: pl.DataFrame) -> str:
    """One or two sentences of figures."""
    if isinstance(widget, HeatMap):
        return _peak_of_cells(widget, rows)
    return _shares(widget, rows) if widget.by else "; ".join(_course(widget, rows, name) for name in widget.measures)


def _course(widget: Chart, rows: pl.DataFrame, name: str) -> str:
    """A measure over days: where it is now, and where it was highest."""
    column = DATASETS[widget.dataset].columns[name]
    known = rows.filter(pl.col(name).is_not_null())
    if known.is_empty():
        return f"{column.label}: nothing"
    peak, last = known.row(known[name].arg_max() or 0, named=True), known.row(-1, named=True)
    at_last = f"{formats.written(last[name], column)} on {formats.day_text(last['day'])}"
    if known[name].n_unique() == 1:
        return f"{column.label}: {formats.written(last[name], column)} throughout"
    if peak["day"] == last["day"]:
        return f"{column.label}: {at_last}, the most"
    return (
        f"{column.label}: {at_last}, at most {formats.written(peak[name], column)} on {formats.day_text(peak['day'])}"
    )


def _shares(widget: Chart, rows: pl.DataFrame) -> str:
    """A measure set apart by a dimension: the sum, and the largest parts."""
    name, by = widget.measures[0], str(widget.by)
    column = DATASETS[widget.dataset].columns[name]
    parts = rows.group_by(by).agg(pl.col(name).sum()).sort(name, by, descending=[True, False])
    total = parts[name].sum()
    if not total:
        return f"{column.label}: none"
    largest = [
        f"{part or 'none named'} {formats.percent(float(value) / float(total))}"
        for part, value in parts.head(MOST_PARTS).select(by, name).iter_rows()
    ]
    more = f", and {parts.height - MOST_PARTS} more" if parts.height > MOST_PARTS else ""
    return f"{formats.written(total, column)} in all: {', '.join(largest)}{more}"


def _peak_of_cells(widget: HeatMap, rows: pl.DataFrame) -> str:
    column = DATASETS[widget.dataset].columns[widget.measure]
    peak = rows.row(rows[widget.measure].arg_max() or 0, named=True)
    return f"{column.label} at most {formats.written(peak[widget.measure], column)}: {peak[widget.y]}, {peak[widget.x]}"
