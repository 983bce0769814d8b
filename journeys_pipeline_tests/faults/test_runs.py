"""Runs of the same slice at once, and one that wakes when all is done, leave what one run would have made."""

from collections.abc import Iterator
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Driver, a_tick, driving
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World

AT_MONTH_END, FAULT, NEXT = as_of("2026-04-01T12:00"), as_of("2026-04-04T12:00"), as_of("2026-04-05T12:00")
SLEEP_S = 60.0


@pytest.fixture(scope="module")
def second() -> Iterator[Driver]:
    """Runs ticks beside the first."""
    with driving() as ready:
        yield ready


@pytest.mark.thorough
def test_two_ticks_at_once(world: World, driver: Driver, second: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)

    one, other = driver.start(world, FAULT), second.start(world, FAULT)
    ended = one.end(), other.end()
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03"))

    assert healed.code == 0, healed.said
    assert [each.code for each in ended] == [0, 0], ended[0].said
    held(invariants.hold(), injected=2)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "point",
    [
        "bytes arrived, not kept", "entries in the lake, file not marked", "events in the lake, keys not",
        "some facts made, others not", "figures written, not committed", "ledger booked, not served",
    ],
)  # fmt: skip
def test_zombie_that_wakes(world: World, driver: Driver, second: Driver, held: Any, point: str) -> None:
    """It sleeps while more files come, and another run makes and closes the same days and months."""
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)

    zombie = driver.start(world, FAULT, hold=point, hold_s=SLEEP_S)
    while "held" not in zombie.said:
        pass
    world.send_wave(4, AT_MONTH_END)
    awake = second.tick(world, FAULT, a_tick(FAULT, closing="2026-03"))
    zombie.end()
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03"))

    assert healed.code == 0, awake.said + healed.said
    held(invariants.hold())
