"""Charts as SVG, drawn without a browser."""

import polars as pl

from journeys_pipeline.catalog.dashboards import Chart
from journeys_pipeline.rendering.pages.drawing import draw, svg
from journeys_pipeline.rendering.pages.island import plain

TITLE = "Contact entries per day: valid and invalid"


def draw_imports(imports: pl.DataFrame) -> str:
    """Valid and invalid entries per UTC day of fetching, stacked, as SVG text.

    Args:
        imports: ImportPerformance rows; those without counts add nothing.
    """
    shown = {"dataset": "import_days", "measure": ["valid", "invalid"]}
    widget = Chart.model_validate({"id": "entries", "kind": "bar", "title": TITLE} | shown)
    days = imports.group_by(day=pl.col("fetched_at").dt.date()).agg(
        valid=pl.col("valid_entries").sum(), invalid=pl.col("invalid_entries").sum()
    )
    return svg(draw(widget) | {"title": TITLE}, plain(days.sort("day")).to_dicts())
