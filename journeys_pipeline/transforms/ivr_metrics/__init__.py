"""Facts of calls become figures: per day, per month, or for one range; per journey version, and for all together."""

from journeys_pipeline.transforms.ivr_metrics.calls import (
    measure_call_costs,
    measure_call_elements,
    measure_call_hours,
    measure_calls,
    measure_drop_offs,
)
from journeys_pipeline.transforms.ivr_metrics.facts import IvrFacts
from journeys_pipeline.transforms.ivr_metrics.inputs import list_input_values, measure_inputs
from journeys_pipeline.transforms.ivr_metrics.menus import measure_menu_paths, measure_menus

__all__ = [
    "IvrFacts",
    "list_input_values",
    "measure_call_costs",
    "measure_call_elements",
    "measure_call_hours",
    "measure_calls",
    "measure_drop_offs",
    "measure_inputs",
    "measure_menu_paths",
    "measure_menus",
]
