"""Platform records become typed events, each key once, and journey versions; what breaks a rule is set aside."""

from journeys_pipeline.transforms.journey_events.accepting import EventFile, accept_events, read_time
from journeys_pipeline.transforms.journey_events.journeys import accept_journeys
from journeys_pipeline.transforms.journey_events.lateness import lasting_since, reach_of_messages
from journeys_pipeline.transforms.journey_events.redefinitions import concerned_since, find_redefinitions
from journeys_pipeline.transforms.journey_events.repetitions import (
    CONFLICT,
    DUPLICATE,
    EVENT_KEY,
    NEW,
    is_in_part,
    judge_repetitions,
    sign_events,
)

__all__ = [
    "CONFLICT",
    "DUPLICATE",
    "EVENT_KEY",
    "NEW",
    "EventFile",
    "accept_events",
    "accept_journeys",
    "concerned_since",
    "find_redefinitions",
    "is_in_part",
    "judge_repetitions",
    "lasting_since",
    "reach_of_messages",
    "read_time",
    "sign_events",
]
