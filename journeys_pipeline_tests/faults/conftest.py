"""A world that has been at work for a month, for each test to spoil; and the table that `make faults` ends with."""

import fcntl
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Driver, a_tick, driving
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World
from journeys_pipeline_tests.openssh import OpenSshServer, find_sshd, serve

IN_FEBRUARY, IN_MARCH = as_of("2026-02-20T12:00"), as_of("2026-03-05T12:00")
COLUMNS = {
    "passed": "tests passed", "injected": "times injected", "held": "invariants held", "xfailed": "known not to hold",
    "failed": "failed", "seconds": "seconds",
}  # fmt: skip
ROOM_BYTES = 2 * 1024**3


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: what is tested is that processes die, not that disks do."""
    in_memory = Path("/dev/shm")
    has_room = in_memory.is_dir() and shutil.disk_usage(in_memory).free > ROOM_BYTES
    root = Path(tempfile.mkdtemp(prefix="journeys-faults-", dir=in_memory if has_room else None))
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="session")
def sshd(memory: Path) -> Iterator[OpenSshServer]:
    """One server for all."""
    if find_sshd() is None:
        pytest.skip("no OpenSSH server here (Debian: apt-get install openssh-server)")
    (memory / "sshd").mkdir()
    with serve(memory / "sshd") as server:
        yield server


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """Runs ticks."""
    with driving() as ready:
        yield ready


@pytest.fixture(scope="session")
def at_work(memory: Path, sshd: OpenSshServer, driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> World:
    """February has been fetched and closed, March has begun, reports went out, pages are drawn.

    Of several processes that run tests, the first makes it for all.
    """
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = shared / "at-work"
    with Path(f"{kept}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            shutil.copytree(_put_to_work(World(memory / "first", sshd), driver).root, f"{kept}-unfinished")
            Path(f"{kept}-unfinished").rename(kept)
    return World(kept, sshd).remember().copy(memory / "at-work")


def _put_to_work(world: World, driver: Driver) -> World:
    world.declare()
    world.begin()
    world.send_wave(1, IN_FEBRUARY)
    first = driver.tick(world, IN_FEBRUARY)
    world.send_wave(2, IN_MARCH)
    second = driver.tick(world, IN_MARCH, a_tick(IN_MARCH, closing="2026-02", pages=True))
    assert (first.code, second.code) == (0, 0), first.said + second.said
    Invariants(world).hold()
    return world


@pytest.fixture
def world(at_work: World, memory: Path) -> Iterator[World]:
    """A copy of it, to be spoilt."""
    root = Path(tempfile.mkdtemp(dir=memory))
    yield at_work.copy(root)
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def held(request: pytest.FixtureRequest) -> Any:
    """Notes for the table how often the fault was injected, and how many invariants were found to hold."""

    def note(count: int, *, injected: int = 1) -> None:
        request.node.user_properties += [("injected", injected), ("held", count)]

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, where all faults were asked for."""
    rows: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "xfailed"):
        for report in terminalreporter.stats.get(outcome, []):
            if report.when == "call" and "/faults/" in report.nodeid:
                name = report.nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
                row = rows.setdefault(name, Counter())
                row.update(dict(report.user_properties) | {outcome: 1, "seconds": report.duration})
    if rows and not terminalreporter.config.option.markexpr:
        terminalreporter.write_line(f"\n| fault | {' | '.join(COLUMNS.values())} |\n|---|{'---:|' * len(COLUMNS)}")
        for name, row in sorted(rows.items()):
            terminalreporter.write_line(f"| {name} | {' | '.join(f'{row[column]:.0f}' for column in COLUMNS)} |")
