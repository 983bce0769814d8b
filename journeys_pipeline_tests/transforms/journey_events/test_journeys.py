"""Journey definitions are typed and kept; each that breaks a rule is set aside with that rule."""

from datetime import date
from typing import Any

import pytest

from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.transforms.journey_events import EventFile, accept_journeys

FILE = EventFile("f1", "acme", date(2026, 11, 20))
BAD_WINDOW = "goal.attribution_days is not a whole number from 1 to 90"
BAD_TIME = "is no time with an offset (ISO 8601) nor epoch milliseconds"
ELEMENT = {"element_id": "el", "type": "email", "name": "Hello"}
JOURNEY = {
    "journey_id": "j", "version": "2", "account_id": "acme", "name": "J", "campaign_id": "c", "campaign_name": "C",
    "status": "active", "valid_from": "2026-11-01T10:00:00Z", "elements": [ELEMENT],
}  # fmt: skip


def test_a_journey_is_kept_with_its_goal_and_window() -> None:
    goals = [None, {"event_name": "buy"}, {"event_name": "buy", "attribution_days": "7"}]
    journeys, refused = accept_journeys(
        [(row, JOURNEY | {"goal": goal}) for row, goal in enumerate(goals, 1)], file=FILE
    )

    assert journeys.select("goal_event_name", "goal_attribution_days").rows() == [(None, None), ("buy", 30), ("buy", 7)]
    assert journeys["version"].to_list() == [2, 2, 2]
    assert Journeys.is_valid(journeys.head(1))
    assert refused.is_empty()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"journey_id": None}, "journey_id is missing"),
        ({"journey_id": ""}, "journey_id is missing"),
        ({"name": {"en": "J"}}, "name is not a single value"),
        ({"account_id": "other"}, "account_id is not that of the connection"),
        ({"status": "paused"}, "status is unknown"),
        ({"version": "0"}, "version is not a whole number from 1 on"),
        ({"goal": []}, None),
        ({"goal": ["buy"]}, "goal is not an object, or elements is not a list"),
        ({"goal": {"value_field": "v"}}, "goal.event_name is missing"),
        (
            {"goal": {"event_name": "b", "attribution_days": "91"}},
            BAD_WINDOW,
        ),
        (
            {"goal": {"event_name": "b", "attribution_days": "0"}},
            BAD_WINDOW,
        ),
        ({"elements": [{"element_id": "e"}]}, "an element lacks its element_id, type or name, or they are no text"),
        ({"elements": ["e"]}, "an element lacks its element_id, type or name, or they are no text"),
        (
            {"elements": [{"element_id": 7, "type": "sms", "name": "n"}]},
            "an element lacks its element_id, type or name, or they are no text",
        ),
        (
            {"valid_from": "2026-02-30T00:00:00Z"},
            f"valid_from {BAD_TIME}",
        ),
        ({"launched_at": "2026-11-01"}, f"launched_at {BAD_TIME}"),
    ],
)
def test_a_journey_that_breaks_a_rule_is_set_aside(change: dict[str, Any], reason: str | None) -> None:
    journeys, refused = accept_journeys([(1, JOURNEY | change), (2, None), (3, JOURNEY)], file=FILE)

    assert journeys.height == 2 - bool(reason)
    assert [row for row in refused["reason"].to_list() if row != "the line is not a JSON object"] == [reason][
        : bool(reason)
    ]
