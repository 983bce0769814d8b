"""The facts of one journey alone."""

from dataclasses import replace

import polars as pl

from journeys_pipeline.transforms.metrics.facts import Facts
from journeys_pipeline.transforms.metrics.messages import MESSAGE, sent_messages


def narrow(facts: Facts, journey_id: str, version: int | None = None) -> Facts:
    """The facts of one journey, or of one version of it; its figures are those of all facts.

    A message's events need not name the journey: they are found by the message that the journey sent. Goal events
    belong to no journey yet, so all stay. Definitions of other journeys go, and their goals with them.
    """
    is_journey = pl.col("journey_id") == journey_id
    is_wanted = is_journey if version is None else is_journey & (pl.col("journey_version") == version)
    sends = facts.messages.filter((pl.col("event_type") == "message_sent") & is_wanted)
    messages = sent_messages(facts.messages, among=sends).filter(is_wanted).select(MESSAGE)
    return replace(
        facts,
        entries=facts.entries.filter(is_wanted),
        exits=facts.exits.filter(is_wanted),
        steps=facts.steps.filter(is_wanted),
        messages=facts.messages.join(messages, on=MESSAGE, how="semi"),
        journeys=facts.journeys.filter(is_journey),
    )
