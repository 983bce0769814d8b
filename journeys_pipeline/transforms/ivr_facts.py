"""Accepted events of calls become facts, any number of days at once."""

import polars as pl

from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps


def collect_calls(events: pl.LazyFrame) -> pl.LazyFrame:
    """Calls: every record of an ended call, whatever its outcome."""
    return Calls.cast(
        _of_types(events, ["call_ended"]).with_columns(
            source_id="event_id", ended_at="occurred_at", duration_s=pl.col("duration_s").round(3)
        )
    )


def collect_menu_steps(events: pl.LazyFrame) -> pl.LazyFrame:
    """MenuSteps: menus shown and options pressed."""
    return MenuSteps.cast(_of_types(events, ["menu_shown", "option_pressed"]).with_columns(source_id="event_id"))


def collect_inputs(events: pl.LazyFrame) -> pl.LazyFrame:
    """CollectedInputs: attempts to collect input, each value as the masking of its source left it."""
    return CollectedInputs.cast(
        _of_types(events, ["input_collected"]).with_columns(
            source_id="event_id", outcome=pl.col("outcome").fill_null("ok")
        )
    )


def _of_types(events: pl.LazyFrame, event_types: list[str]) -> pl.LazyFrame:
    """Events of the types, without test events (D22)."""
    return events.filter(pl.col("event_type").is_in(event_types) & ~pl.col("is_test"))
