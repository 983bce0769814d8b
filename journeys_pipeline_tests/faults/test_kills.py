"""Killed with SIGKILL at any named point, a tick leaves nothing that the next tick does not set right by itself."""

import signal
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Driver, a_tick
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World

AT_MONTH_END, DYING, NEXT = as_of("2026-04-01T12:00"), as_of("2026-04-04T12:00"), as_of("2026-04-05T12:00")
KILLED_IN = {
    "bytes arrived, not kept": "fetch",
    "bytes kept, row not committed": "fetch",
    "entries in the lake, file not marked": "fetch",
    "events in the lake, keys not": "fetch",
    "some facts made, others not": "refresh",
    "figures written, not committed": "refresh",
    "ledger booked, not served": "refresh",
    "statement half written": "refresh",
    "statement written, not listed": "refresh",
    "report written, not listed": "report",
    "mail handed over, not noted": "report",
    "pages in place, not listed": "show",
}
"""Point to the command that is killed there."""

REPETITIONS = [pytest.param(number, marks=pytest.mark.thorough) for number in range(20)]
DYING_TICK, NEXT_TICK = (a_tick(at, closing="2026-03", pages=True) for at in (DYING, NEXT))


def test_killed_at_each_point_in_turn_then_left_alone(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)

    died: list[int] = []
    for point, name in KILLED_IN.items():
        command = next(each for each in DYING_TICK if each[0] == name)
        died.append(driver.tick(world, DYING, [command], kill=point).code)
        if died[-1] == -signal.SIGKILL and point in LAST_OF_ITS_COMMAND:
            died.append(driver.tick(world, DYING, [command]).code)
    healed = driver.tick(world, NEXT, NEXT_TICK)

    assert [code for code in died if code] == [-signal.SIGKILL] * len(KILLED_IN)
    assert healed.code == 0, healed.said
    held(invariants.hold(), injected=len(KILLED_IN))


LAST_OF_ITS_COMMAND = {"events in the lake, keys not", "statement written, not listed"}
"""After these the command is run whole, so that the next command finds what it works on."""


@pytest.mark.parametrize("number", REPETITIONS)
@pytest.mark.parametrize("point", KILLED_IN)
def test_killed_at_a_point(world: World, driver: Driver, held: Any, point: str, number: int) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END, seed=number)

    died = driver.tick(world, DYING, DYING_TICK, kill=point, call=1 + number % 2)
    healed = driver.tick(world, NEXT, NEXT_TICK)

    assert died.code == -signal.SIGKILL, died.said
    assert healed.code == 0, healed.said
    held(invariants.hold())
