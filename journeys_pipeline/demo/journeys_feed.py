"""The journeys feed of the sample world: each account's journey versions, as they stand at a time."""

import json
from datetime import UTC, datetime

from journeys_pipeline.demo.accounts import SampleAccount
from journeys_pipeline.demo.journeys import DRAIN_SHARE, TRANSFER, Element, Goal, JourneyPlan, Timetable


def feed_lines(account: SampleAccount, *, clock: Timetable, as_of: int) -> list[str]:
    """The feed as it stood at `as_of` (epoch milliseconds): one JSON line per journey version known by then."""
    return [
        json.dumps(
            {
                "journey_id": f"{account.id}-{plan.key}",
                "version": version,
                "account_id": account.id,
                "sub_account_id": account.sub_account_of(plan),
                "name": plan.name,
                "campaign_id": f"{account.id}-{plan.campaign.lower().replace(' ', '-')}",
                "campaign_name": plan.campaign,
                **_life(plan, version, clock=clock, as_of=as_of),
                "goal": _goal(plan.goal),
                "elements": [_described(element) for element in elements.values()],
            }
        )
        for plan in account.kind.journeys
        for version, elements in enumerate(plan.versions, start=1)
        if version == 1 or as_of >= clock.at(0.5)
    ]


def _life(plan: JourneyPlan, version: int, *, clock: Timetable, as_of: int) -> dict[str, str | None]:
    status = clock.status_at(plan, as_of)
    stopped = plan.stop if status == "cancelled" else (plan.stop or 0.0) + DRAIN_SHARE if status == "finished" else None
    return {
        "status": status,
        "launched_at": None if status == "scheduled" else _iso(clock.at(plan.launch)),
        "stopped_at": None if stopped is None else _iso(clock.at(stopped)),
        "valid_from": _iso(clock.start if version == 1 else clock.at(0.5)),
    }


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds // 1000, UTC).isoformat()


def _goal(goal: Goal | None) -> dict[str, object] | None:
    if goal is None:
        return None
    return {
        "event_name": goal.event_name,
        "value_field": "value" if goal.currency else None,
        "attribution_days": goal.attribution_days,
    }


def _described(element: Element) -> dict[str, object]:
    return {
        "element_id": element.id,
        "type": element.type,
        "name": element.name,
        "channel": element.channel,
        "is_exit_point": element.type == "exit_point",
        "next": [following for following in element.next if not following.startswith(TRANSFER)],
        "menu_options": [
            {"key": str(key), "label": following.replace("_", " ").capitalize(), "next_element_id": following}
            for key, following in enumerate(element.options, start=1)
        ],
    }
