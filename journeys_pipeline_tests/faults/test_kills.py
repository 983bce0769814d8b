"""Killed with SIGKILL at any named point, a tick leaves nothing that the next tick does not set right by itself."""

import signal
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Command, Driver, a_tick
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World

AT_MONTH_END, DYING, NEXT = as_of("2026-04-01T12:00"), as_of("2026-04-04T12:00"), as_of("2026-04-05T12:00")
LATE = as_of("2026-02-27T12:00")
KILLED_IN = {
    "bytes arrived, not kept": "fetch",
    "bytes kept, row not committed": "fetch",
    "entries in the lake, file not marked": "fetch",
    "events in the lake, keys not": "fetch",
    "some facts made, others not": "refresh",
    "figures written, not committed": "refresh",
    "ledger booked, not served": "refresh",
    "statement half written": "close",
    "statement written, not listed": "close",
    "report written, not listed": "report",
    "mail handed over, not noted": "report",
    "pages in place, not listed": "show",
}
"""Point to the command that is killed there."""

FEW = [
    "entries in the lake, file not marked", "ledger booked, not served", "statement written, not listed",
    "mail handed over, not noted",
]  # fmt: skip
CALLS = {"some facts made, others not": 1}
"""How many calls of a point a tick comes by; the others are passed twice at least."""

REPETITIONS = [pytest.param(number, marks=pytest.mark.thorough) for number in range(20)]
DYING_TICK = a_tick(DYING, closing="2026-03", pages=True)
COMMANDS: dict[str, Command] = {
    "fetch": DYING_TICK[0],
    "refresh": (
        "refresh",
        "--as-of",
        AT_MONTH_END.isoformat(),
    ),  # when the month is not due yet: the next one closes it
    "close": ("mep", "close", "--month", "2026-03", "--as-of", DYING.isoformat()),
    "report": next(command for command in DYING_TICK if command[0] == "report"),
    "show": DYING_TICK[-1],
}


@pytest.mark.parametrize("points", [FEW, pytest.param([*KILLED_IN], marks=pytest.mark.thorough)], ids=["few", "all"])
def test_killed_at_each_point_in_turn_then_left_alone(
    world: World, driver: Driver, held: Any, points: list[str]
) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)

    ended: dict[str, int] = {}
    for name, command in COMMANDS.items():
        mine = [point for point in points if KILLED_IN[point] == name]
        ended |= {point: driver.tick(world, DYING, [command], kill=point).code for point in mine}
        if name == "fetch":  # what did not come cannot be booked; the others begin where the one before died
            driver.tick(world, DYING, [command])
    drawing = {KILLED_IN[point] for point in points} >= {"show"}
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03", pages=drawing))

    assert ended == dict.fromkeys(points, -signal.SIGKILL)
    assert healed.code == 0, healed.said
    held(invariants.hold(), injected=len(points))


@pytest.mark.parametrize("number", REPETITIONS)
@pytest.mark.parametrize("point", KILLED_IN)
def test_killed_at_a_point(world: World, driver: Driver, held: Any, point: str, number: int) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END, seed=number)

    shows = KILLED_IN[point] == "show"  # drawing pages takes a quarter of a tick
    dying, following = (a_tick(at, closing="2026-03", pages=shows) for at in (DYING, NEXT))
    died = driver.tick(world, DYING, dying, kill=point, call=1 + number % CALLS.get(point, 2))
    healed = driver.tick(world, NEXT, following)

    assert died.code == -signal.SIGKILL, died.said
    assert healed.code == 0, healed.said
    held(invariants.hold())


@pytest.mark.thorough
@pytest.mark.parametrize("point", ["ledger booked, not served", "late persons found, not adjusted"])
def test_killed_while_a_past_month_is_booked(world: World, driver: Driver, held: Any, point: str) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, LATE)

    died = driver.tick(world, as_of("2026-03-10T12:00"), kill=point)
    healed = driver.tick(world, as_of("2026-03-11T12:00"))

    assert (died.code, healed.code) == (-signal.SIGKILL, 0)
    held(invariants.hold())
