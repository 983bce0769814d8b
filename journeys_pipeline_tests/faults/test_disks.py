"""A disk that is full costs the tick, in whatever stage; with room again the next tick makes all of it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline_tests.faults.driving import Driver, a_tick
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World

AT_MONTH_END, FULL, NEXT = as_of("2026-04-01T12:00"), as_of("2026-04-04T12:00"), as_of("2026-04-05T12:00")
KIBIBYTE = 1024
thorough = pytest.mark.thorough


@contextmanager
def nearly_full(folder: Path, *, left_kib: int) -> Iterator[None]:
    """The folder is a disk of its own with this much room, until the block ends; what it holds stays."""
    aside = folder.with_name(f"{folder.name}-aside")
    folder.mkdir(exist_ok=True)
    folder.rename(aside)
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("no disk can be mounted here (it takes root)")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        _fill(folder / ".filler", left_kib)
        yield
        (folder / ".filler").unlink()
        shutil.rmtree(aside)
        shutil.copytree(folder, aside)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()
        aside.rename(folder)


def _fill(filler: Path, left_kib: int) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4 * KIBIBYTE)
    size = filler.stat().st_size
    os.truncate(filler, size - left_kib * KIBIBYTE)


@pytest.mark.parametrize(
    ("place", "left_kib"),
    [
        pytest.param("lake", 64, marks=thorough),
        pytest.param("landing", 0, marks=thorough),
        pytest.param("scratch", 0, marks=thorough),
        pytest.param("lake", 0, marks=thorough),
        pytest.param("lake", 512, marks=thorough),
        pytest.param("statements", 0, marks=thorough),
        pytest.param("reports", 0, marks=thorough),
        pytest.param("outbox", 0, marks=thorough),
        pytest.param("dashboards", 256, marks=thorough),
        pytest.param("warehouse", 0, marks=thorough),
        pytest.param("warehouse", 256, marks=thorough),
        pytest.param("dagster", 64, marks=thorough),
    ],
)
def test_disk_full(world: World, driver: Driver, held: Any, place: str, left_kib: int) -> None:
    if place == "warehouse":
        (world.home / place).mkdir()
        for file in world.home.glob("warehouse.sqlite*"):
            file.rename(world.home / place / file.name)
        world.variables["JOURNEYS_WAREHOUSE_URL"] = f"sqlite:///{world.home / place / 'warehouse.sqlite'}"
    invariants = Invariants.before(world)
    world.send_wave(3, AT_MONTH_END)

    with nearly_full(world.home / place, left_kib=left_kib):
        full = driver.tick(world, FULL, a_tick(FULL, closing="2026-03", pages=True))
    healed = driver.tick(world, NEXT, a_tick(NEXT, closing="2026-03", pages=True))
    mailed = driver.tick(world, NEXT, [("mail", "send")], clock_h=1)  # what failed is not tried again at once

    assert "No space left" in full.said or "disk is full" in full.said or "disk I/O" in full.said or full.code == 0
    assert (healed.code, mailed.code) == (0, 0), healed.said + mailed.said
    held(invariants.hold())
