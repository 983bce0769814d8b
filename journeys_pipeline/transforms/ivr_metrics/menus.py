"""Figures of menus: how often they were played, and which ways callers took through them."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import MenuPaths, MenuPerformance
from journeys_pipeline.transforms.ivr_metrics.definitions import VERSION, menu_options
from journeys_pipeline.transforms.ivr_metrics.facts import CELL, IvrFacts, cut
from journeys_pipeline.transforms.metrics import Periods

MENU = [*CELL, "element_id"]
WAS_SHOWN = pl.col("event_type") == "menu_shown"
WAS_PRESSED = pl.col("event_type") == "option_pressed"


def measure_menus(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """MenuPerformance: showings, repetitions, presses and failed attempts of each element (F3, F30)."""
    steps = (
        cut(facts.menu_steps, periods)
        .group_by(MENU)
        .agg(
            shown=WAS_SHOWN.sum(),
            repeats=WAS_SHOWN.sum() - pl.col("call_id").filter(WAS_SHOWN).n_unique(),
            pressed=WAS_PRESSED.sum(),
        )
    )
    attempts = (
        cut(facts.inputs, periods)
        .group_by(MENU)
        .agg(no_input=(pl.col("outcome") == "no_input").sum(), invalid=(pl.col("outcome") == "invalid").sum())
    )
    return MenuPerformance.cast(steps.join(attempts, on=MENU, how="full", coalesce=True)).sort(MENU)


def measure_menu_paths(facts: IvrFacts, periods: Periods) -> pl.LazyFrame:
    """MenuPaths: from each menu, by key, to the next element (F30)."""
    key = [*MENU, "key", "next_element_id"]
    pressed = (
        facts.menu_steps.filter(WAS_PRESSED)
        .join(menu_options(facts.journeys), on=[*VERSION, "element_id", "key"], how="left")
        .with_columns(
            pl.col("key").fill_null(""), next_element_id=pl.coalesce("next_element_id", "leads_to").fill_null("")
        )
    )
    counted = (
        cut(pressed, periods)
        .group_by(key)
        .agg(presses=pl.len(), label=pl.col("label").sort_by("of_version").drop_nulls().last())
    )
    share = pl.col("presses") / pl.col("presses").sum().over(MENU)
    return MenuPaths.cast(counted.with_columns(share=share)).sort(key)
