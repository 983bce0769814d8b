"""Runs of the same slice at once, and one that wakes when all is done, leave what one run would have made."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import FIRST_DAY, Driver, a_tick, driving
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World

AT_MONTH_END, FAULT, NEXT = as_of("2026-04-01T12:00"), as_of("2026-04-04T12:00"), as_of("2026-04-05T12:00")
PATIENCE_S = 240.0
LOCATION = ("-m", "journeys_pipeline.definitions")


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

    zombie = driver.start(world, FAULT, hold=point, until=str(world.root / "wake up"))
    zombie.wait_until_held()
    os.kill(zombie.pid, signal.SIGSTOP)
    world.send_wave(4, AT_MONTH_END)
    awake = second.tick(world, FAULT, a_tick(FAULT, closing="2026-03"))
    (world.root / "wake up").touch()
    os.kill(zombie.pid, signal.SIGCONT)
    zombie.end()
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03"))

    assert healed.code == 0, awake.said + healed.said
    held(invariants.hold())


@pytest.fixture
def daemon(world: World) -> Iterator[Callable[[], None]]:
    """Starts Dagster's daemon on the home, with a limit of runs so short that a test can wait for it."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        settings = world.home / "dagster" / "dagster.yaml"
        text = settings.read_text().replace("max_runtime_seconds: 21600", "max_runtime_seconds: 20")
        settings.write_text(text.replace("poll_interval_seconds: 60", "poll_interval_seconds: 2"))
        with (world.root / "daemon.log").open("wb") as log:
            started.append(dagster(world, "daemon", "run", *LOCATION, log=log))

    yield start
    for process in started:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def dagster(world: World, *arguments: str, log: Any) -> "subprocess.Popen[bytes]":
    """A command of Dagster's own in that home."""
    environment = {"JOURNEYS_FIRST_DAY": FIRST_DAY} | world.environment
    program = [str(Path(sys.executable).with_name("dagster" if arguments[0] != "daemon" else "dagster-daemon"))]
    rest = arguments[1:] if arguments[0] == "daemon" else arguments
    return subprocess.Popen([*program, *rest], env=os.environ | environment, stdout=log, stderr=log)


@pytest.mark.thorough
def test_run_left_started(world: World, driver: Driver, held: Any, daemon: Callable[[], None]) -> None:
    """Its machine died: nobody is left who could say so. Until it is taken for dead it holds up its like."""
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)
    driver.tick(world, FAULT, kill="bytes arrived, not kept")
    left = runs(world)

    with (world.root / "launch.log").open("wb") as log:
        tags = json.dumps({"journeys/as_of": FAULT.isoformat(), "dagster/max_runtime": "600"})
        dagster(world, "job", "launch", *LOCATION, "-j", "ingest", "--tags", tags, log=log).wait(120)
    daemon()
    give_up_at = time.monotonic() + PATIENCE_S
    while runs(world)[len(left)] not in {"SUCCESS", "FAILURE"} and time.monotonic() < give_up_at:
        time.sleep(0.5)
    after = runs(world)
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03"))

    assert left[-1] == "STARTED"
    assert after[len(left) - 1 : len(left) + 1] == ["FAILURE", "SUCCESS"]
    assert healed.code == 0, healed.said
    held(invariants.hold())


def runs(world: World) -> list[str]:
    """The states of the home's fetches, oldest first."""
    with closing(sqlite3.connect(world.home / "dagster" / "history" / "runs.db")) as connection:
        return [
            state
            for (state,) in connection.execute("SELECT status FROM runs WHERE pipeline_name = 'ingest' ORDER BY id")
        ]
