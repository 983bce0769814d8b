"""Figures of calls per day and per month, each counted from facts for its own grain. One asset for all tables."""

from journeys_pipeline.defs.fact_reading import read_ivr_facts
from journeys_pipeline.defs.figures import Family
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.ivr_metrics import (
    CALL_FIGURES,
    CallCosts,
    CallDropOffs,
    CallElementPerformance,
    CallHours,
    CallPerformance,
    InputPerformance,
    InputValues,
    MenuPaths,
    MenuPerformance,
)
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline.transforms.ivr_metrics import (
    list_input_values,
    measure_call_costs,
    measure_call_elements,
    measure_call_hours,
    measure_calls,
    measure_drop_offs,
    measure_inputs,
    measure_menu_paths,
    measure_menus,
)

CALLS = Family(
    CALL_FIGURES,
    {
        CallPerformance: measure_calls,
        CallElementPerformance: measure_call_elements,
        CallCosts: measure_call_costs,
        CallHours: measure_call_hours,
        CallDropOffs: measure_drop_offs,
        MenuPerformance: measure_menus,
        MenuPaths: measure_menu_paths,
        InputPerformance: measure_inputs,
        InputValues: list_input_values,
    },
    [Calls, MenuSteps, CollectedInputs, Journeys, Identities],
    read_ivr_facts,
    group="ivr",
)

daily_ivr_assets = [CALLS.asset("day")]
monthly_ivr_assets = [CALLS.asset("month")]
