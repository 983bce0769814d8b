"""Figures of menus: how often they were played, and which ways callers took through them."""

import polars as pl

from journeys_pipeline.schemas.ivr_metrics import MenuPaths, MenuPerformance
from journeys_pipeline.transforms.ivr_metrics.definitions import menu_options
from journeys_pipeline.transforms.ivr_metrics.facts import CELL, IvrFacts, cut
from journeys_pipeline.transforms.metrics import Periods

MENU = [*CELL, "element_id"]
PATH = [*MENU, "key", "next_element_id"]
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
    """MenuPaths: from each menu, by key, to the next element; an option that nobody pressed is there too (F30)."""
    steps = cut(facts.menu_steps, periods)
    options = menu_options(facts.journeys).rename({"journey_version": "of_version"})
    option = ["account_id", "journey_id", "of_version", "element_id"]
    label = pl.col("label").sort_by("of_version").drop_nulls().last()
    pressed = (
        steps.filter(WAS_PRESSED)
        .join(options, on=[*option, "key"], how="left")
        .with_columns(
            pl.col("key").fill_null(""), next_element_id=pl.coalesce("next_element_id", "leads_to").fill_null("")
        )
        .group_by(PATH)
        .agg(label, presses=pl.len())
    )
    unpressed = (
        steps.select(*MENU, "of_version")
        .unique()
        .join(options, on=option)
        .join(pressed, on=[*MENU, "key"], how="anti")
        .with_columns(next_element_id=pl.col("leads_to").fill_null(""))
        .group_by(PATH)
        .agg(label, presses=pl.lit(0, pl.UInt32))
    )
    of_menu = pl.col("presses").sum().over(MENU)
    share = pl.when(of_menu > 0).then(pl.col("presses") / of_menu)
    return MenuPaths.cast(pl.concat([pressed, unpressed]).with_columns(share=share)).sort(PATH)
