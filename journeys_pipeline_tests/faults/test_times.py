"""Days and months are UTC's, wherever and whenever it is, and whatever the clock of the machine says."""

import json
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Driver, a_tick
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, World

MOMENTS = [
    "2026-02-28T23:59:59.999999+00:00", "2026-03-01T00:00:00+00:00", "2026-02-28T23:30:00-02:00",
    "2026-03-01T00:30:00+01:00", "2026-03-29T01:59:59.999999+01:00", "2026-03-29T03:00:00+02:00",
    "2026-03-29T02:30:00+01:00", "2026-03-31T23:59:59.999999+00:00", "2026-04-01T00:00:00+14:00",
    "2026-03-31T12:00:00-12:00", "2026-04-01T05:45:00+05:45",
]  # fmt: skip
NEXT = as_of("2026-04-04T12:00")
MADE_BEFORE, FAULT, LATER = as_of("2026-03-05T11:00"), as_of("2026-03-10T12:00"), as_of("2026-03-20T12:00")
CLOSE = [("mep", "close", "--month", "2026-03", "--as-of", NEXT.isoformat())]


def entries(account_id: str) -> bytes:
    """A person of their own enters at each of the moments."""
    word = ACCOUNTS[account_id]
    common = {
        "event_type": "journey_entered", "account_id": account_id, "journey_id": "welcome", "journey_version": 1,
        "entry_source": "api",
    }  # fmt: skip
    own = [{"event_id": f"{word}-t{n}", "person_id": f"{word}-t{n}", "occurred_at": at} for n, at in enumerate(MOMENTS)]
    return "\n".join(json.dumps(common | one) for one in own).encode()


@pytest.mark.thorough
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/New_York"])
def test_daylight_saving_and_edges_of_months(world: World, driver: Driver, held: Any, zone: str) -> None:
    invariants = Invariants.before(world)
    world.variables["TZ"] = zone
    for account_id in ACCOUNTS:
        world.send(account_id, "events-edges.ndjson", entries(account_id))

    closed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03"))

    assert closed.code == 0, closed.said
    held(invariants.hold(), injected=len(MOMENTS) * len(ACCOUNTS))


@pytest.mark.thorough
@pytest.mark.parametrize("hours", [-24 * 365, -3, 3, 24 * 365])
def test_clock_that_was_wrong_when_files_came(world: World, driver: Driver, held: Any, hours: float) -> None:
    """D1: what is written down is the logical time; the wall clock only tells which days wait to be made anew."""
    invariants = Invariants.before(world)
    world.send_wave(3, MADE_BEFORE)

    wrong = driver.tick(world, FAULT, [("fetch", "--as-of", FAULT.isoformat())], clock_h=hours)
    healed = driver.tick(world, LATER)

    assert (wrong.code, healed.code) == (0, 0), wrong.said + healed.said
    held(invariants.hold())


@pytest.mark.thorough
def test_month_closes_though_a_clock_was_a_year_ahead(world: World, driver: Driver) -> None:
    world.send_wave(3, MADE_BEFORE)
    driver.tick(world, FAULT, [("fetch", "--as-of", FAULT.isoformat())], clock_h=24 * 365)

    closed = driver.tick(world, NEXT, [("refresh", "--as-of", NEXT.isoformat()), *CLOSE])

    assert closed.code == 0, closed.said
