"""The people feed of the sample world: who has which contacts, who turned out to be one, who was deleted."""

import json
from datetime import datetime, timedelta

from journeys_pipeline.demo.accounts import SampleAccount, World
from journeys_pipeline.demo.drops import drop_times
from journeys_pipeline.demo.people import email_address, person_id, phone_number
from journeys_pipeline.periods import utc_midnight

_PROFILED = 2  # each second person; of the others only contact files and events tell
_MERGED = 40  # of each fortieth the next one turns out to be the same
_DELETED = 7
_NO_RECORD = '{"person_id": "person-0000001", "phone": '


def people_lines(account: SampleAccount, world: World, *, drop: int) -> list[str]:
    """The feed's lines that a drop brings: profiles with the first, what was found out later with the last."""
    times = drop_times(world)
    began, found_out = utc_midnight(world.first_day), times[-1] - timedelta(hours=12)
    lines = [_profile(account, number, began) for number in range(1, account.people + 1, _PROFILED)]
    later = [
        *(_merge(number, found_out) for number in range(_MERGED, account.people, _MERGED)),
        json.dumps({"person_id": person_id(_DELETED), "deleted_at": found_out.isoformat()}),
        _NO_RECORD,
    ]
    return (lines if drop == 0 else []) + (later if drop == len(times) - 1 else [])


def _profile(account: SampleAccount, number: int, at: datetime) -> str:
    return json.dumps(
        {
            "person_id": person_id(number),
            "account_id": account.id,
            "phone": phone_number(number, style=number),
            "email": email_address(account.id, number),
            "updated_at": at.isoformat(),
        }
    )


def _merge(number: int, at: datetime) -> str:
    merged = {"survivor_id": person_id(number), "merged_id": person_id(number + 1)}
    return json.dumps(merged | {"merged_at": at.isoformat()})
