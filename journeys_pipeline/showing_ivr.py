"""What the command line shows of calls: any range of days, counted anew from facts, by journey and version."""

from datetime import date

import polars as pl

from journeys_pipeline import environment
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.defs.fact_reading import read_ivr_facts
from journeys_pipeline.schemas.ivr_metrics import ALL_VERSIONS
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
from journeys_pipeline.transforms.metrics import Periods

IVR_TABLES = {
    "calls": ("Calls", measure_calls),
    "elements": ("Calls by call element", measure_call_elements),
    "costs": ("Cost of calls", measure_call_costs),
    "hours": ("Calls by weekday (1 = Monday) and hour at which they began", measure_call_hours),
    "dropoff": ("Where calls ended early", measure_drop_offs),
    "menus": ("Menus and inputs", measure_menus),
    "paths": ("Ways through menus", measure_menu_paths),
    "inputs": ("Collected input", measure_inputs),
    "values": ("Values most often collected", list_input_values),
}
"""Title and measure of each table that may be asked for."""


def ivr_figures(
    what: str, accounts: list[str], days: tuple[date, date], *, journey: str | None, version: int | None
) -> pl.DataFrame:
    """The table that is asked for, of the days [start, end) as one period (F24, F25, F32).

    Args:
        what: A key of IVR_TABLES.
        accounts: Whose calls.
        days: Start and end.
        journey: Only this one; None means all.
        version: Only this one; None means all versions together.
    """
    facts = read_ivr_facts(Lake(environment.lake_place()), accounts)
    is_wanted = pl.col("journey_version") == (version or ALL_VERSIONS)
    if journey:
        is_wanted &= pl.col("journey_id") == journey
    _, measure = IVR_TABLES[what]
    rows = measure(facts, Periods(*days, "range")).filter(is_wanted)
    return rows.drop("journey_version", "period").collect(engine="streaming")
