"""A database that is locked or restarted costs at most the tick; the next one makes all of it."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from journeys_pipeline_tests.databases import PostgreSql, postgresql_server
from journeys_pipeline_tests.faults.conftest import IN_FEBRUARY, IN_MARCH
from journeys_pipeline_tests.faults.driving import Driver, a_tick
from journeys_pipeline_tests.faults.invariants import Invariants, as_of
from journeys_pipeline_tests.faults.worlds import World, email
from journeys_pipeline_tests.openssh import OpenSshServer

WAVE, FAULT, NEXT = as_of("2026-03-09T12:00"), as_of("2026-03-10T12:00"), as_of("2026-03-11T12:00")
LOCKED_S = 30.0
RESTARTS = 8
WAVES = 4


@pytest.mark.thorough
def test_sqlite_locked_for_30_seconds(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)

    with closing(sqlite3.connect(world.home / "warehouse.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = driver.start(world, FAULT)
        time.sleep(LOCKED_S)
        other.execute("ROLLBACK")
        ended = locked.end()
    healed = driver.tick(world, NEXT)

    assert healed.code == 0, ended.said + healed.said
    held(invariants.hold())


@pytest.fixture
def postgresql() -> Iterator[PostgreSql]:
    """A server of this test's own, that can be restarted."""
    with postgresql_server() as server:
        yield server


@pytest.mark.thorough
def test_postgresql_restarted_8_times(
    sshd: OpenSshServer, driver: Driver, held: Any, tmp_path: Path, postgresql: PostgreSql
) -> None:
    world = World(tmp_path, sshd, variables={"JOURNEYS_WAREHOUSE_URL": f"{postgresql.url}/postgres"})
    world.declare()
    world.begin()
    world.send_wave(1, IN_FEBRUARY)
    first = driver.tick(world, IN_FEBRUARY)
    closed = driver.tick(world, IN_MARCH, a_tick(IN_MARCH, closing="2026-02"))
    invariants = Invariants.before(world)

    restarts = 0
    for wave in range(2, 2 + WAVES):
        world.send_wave(wave, WAVE)
        ticking = driver.start(world, FAULT)
        restarted = threading.Thread(target=_restart_twice, args=(postgresql,))
        restarted.start()
        ticking.end()
        restarted.join()
        restarts += 2
    healed = driver.tick(world, NEXT)
    driver.tick(world, NEXT, [("mail", "send")], clock_h=1)  # what failed is not tried again at once

    assert (first.code, closed.code, healed.code) == (0, 0, 0), first.said + closed.said + healed.said
    assert restarts == RESTARTS
    held(invariants.hold(), injected=restarts)
    with sa.create_engine(world.warehouse_url, poolclass=sa.NullPool).begin() as connection:
        connection.execute(sa.text("UPDATE landed_files SET error = :error"), {"error": f"row 2: {email('acme', 3)}"})
    with pytest.raises(AssertionError):
        invariants.secrets_and_contacts_are_where_they_belong()


def _restart_twice(server: PostgreSql) -> None:
    for pause_s in (4.0, 6.0):
        time.sleep(pause_s)
        server.restart()
