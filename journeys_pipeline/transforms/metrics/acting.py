"""People who acted on messages of a journey that they had entered."""

import polars as pl

from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.messages import actions_in, is_action
from journeys_pipeline.transforms.metrics.periods import Periods


def active_people(facts: Facts, periods: Periods, journey: list[str]) -> pl.LazyFrame:
    """One row per journey, period and person that saw, opened or clicked a message after their entry (F11-F13).

    Args:
        facts: Entries from the first day on: an entry may lie long before the action.
        periods: When the actions happened.
        journey: The columns that tell journeys, or versions of journeys, apart.
    """
    person = [*journey, "person_id"]
    last_acts = (
        actions_in(facts, periods)
        .filter(is_action())
        .group_by([*person, "period"])
        .agg(acted_at=pl.col("occurred_at").max())
        .cache()
    )
    first_entries = (
        facts.entries.join(last_acts.select(person), on=person, how="semi")
        .group_by(person)
        .agg(first_entered_at=pl.col("entered_at").min())
    )
    return last_acts.join(first_entries, on=person).filter(pl.col("acted_at") >= pl.col("first_entered_at"))
