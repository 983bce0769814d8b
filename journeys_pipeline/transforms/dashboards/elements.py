"""Datasets about the elements of journeys."""

import polars as pl

from journeys_pipeline.schemas.journey_events import CHANNELS
from journeys_pipeline.schemas.metrics import ElementPerformance
from journeys_pipeline.transforms.dashboards.naming import named
from journeys_pipeline.transforms.dashboards.served import Served, Shape

SENDING = [*CHANNELS, "call"]


def shape_elements(served: Served) -> pl.LazyFrame:
    """Elements of a month, those that most came to first; failed: completions with an error."""
    columns = ["entered", "waiting", "completed", "exited", "failed", "timed_out", "median_dwell"]
    elements = _elements(served).with_columns(failed="errored")
    return _sorted(elements.select("month", "journey", "page", "element", "element_type", *columns))


def shape_silent_elements(served: Served) -> pl.LazyFrame:
    """Of them, those that send nothing (F22); a figure that a type lacks is null (F4)."""
    columns = ["entered", "waiting", "completed", "satisfied", "timed_out", "executed", "failed", "median_dwell"]
    silent = _elements(served).filter(~pl.col("element_type").is_in(SENDING))
    return _sorted(silent.select("month", "journey", "page", "element", "element_type", *columns))


def _elements(served: Served) -> pl.LazyFrame:
    elements = served.by_month(ElementPerformance).with_columns(
        element="element_id", waiting="in_it_now", exited="exited_here", median_dwell="median_dwell_s"
    )
    return named(elements, served)


def _sorted(elements: pl.LazyFrame) -> pl.LazyFrame:
    return elements.sort("month", "journey", "entered", "element", descending=[True, False, True, False])


ELEMENT_SHAPES: dict[str, Shape] = {"elements": shape_elements, "silent_elements": shape_silent_elements}
