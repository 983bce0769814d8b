"""Journeys by name, and the pages that their rows lead to."""

import polars as pl

from journeys_pipeline.schemas.metrics import JourneySummary
from journeys_pipeline.transforms.dashboards.served import Served


def named(rows: pl.LazyFrame, served: Served) -> pl.LazyFrame:
    """The rows with `journey` (name, else id), `campaign`, `status` and the `page` that tells more."""
    names = served.of(JourneySummary).select("journey_id", "name", campaign="campaign_name", status="status")
    known = with_pages(rows, served).join(names, on="journey_id", how="left")
    return known.with_columns(journey=pl.coalesce("name", "journey_id"))


def with_pages(rows: pl.LazyFrame, served: Served) -> pl.LazyFrame:
    """The rows with the `page` of their journey; null where it has none."""
    pages = pl.LazyFrame(
        {"journey_id": list(served.pages), "page": list(served.pages.values())},
        schema={"journey_id": pl.String, "page": pl.String},
    )
    return rows.join(pages, on="journey_id", how="left", maintain_order="left")
