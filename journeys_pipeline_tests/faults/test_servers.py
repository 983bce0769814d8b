"""Whatever a customer's server does, the other customer's files load, and once it is well again its own do too."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, LANDED, LandedFiles
from journeys_pipeline_tests.fault_proxy import faulty
from journeys_pipeline_tests.faults.driving import Driver
from journeys_pipeline_tests.faults.invariants import Invariants, as_of, noted
from journeys_pipeline_tests.faults.worlds import World
from journeys_pipeline_tests.lying_server import Lies, lying

WAVE, FAULT, NEXT = as_of("2026-03-09T12:00"), as_of("2026-03-10T12:00"), as_of("2026-03-11T12:00")
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
AT_LOGIN, IN_THE_FIRST_FILE, LATER = 100, 2_700, 4_200
thorough = pytest.mark.thorough


@contextmanager
def ill(world: World, fault: str, at: int) -> Iterator[None]:
    """While the block runs, bytes from the server of acme break off."""
    with faulty(world.server.port, fault=fault, at=at) as proxy:
        world.declare(acme_port=proxy.port)
        yield
    world.declare(acme_port=world.server.port)


def landed(world: World) -> dict[str, int]:
    """How many files of each account landed."""
    rows = noted(world, LandedFiles, "account_id", "status")
    return {account: rows.count((account, LANDED)) for account in ("acme", "zeta")}


@pytest.mark.parametrize(
    ("fault", "at"),
    [
        pytest.param("drop", IN_THE_FIRST_FILE, marks=thorough),
        pytest.param("drop", AT_LOGIN, marks=thorough),
        pytest.param("drop", LATER, marks=thorough),
        pytest.param("reset", AT_LOGIN, marks=thorough),
        pytest.param("reset", IN_THE_FIRST_FILE, marks=thorough),
        pytest.param("reset", LATER, marks=thorough),
        pytest.param("stall", AT_LOGIN, marks=thorough),
        pytest.param("stall", IN_THE_FIRST_FILE, marks=thorough),
        pytest.param("flip", IN_THE_FIRST_FILE, marks=thorough),
    ],
)
def test_sftp_connection_broken(world: World, driver: Driver, held: Any, fault: str, at: int) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)
    before = landed(world)

    with ill(world, fault, at):
        broken = driver.tick(world, FAULT)
    during = landed(world)
    healed = driver.tick(world, NEXT)

    assert (broken.code, healed.code) == (0, 0), broken.said + healed.said
    assert during["zeta"] == before["zeta"] + 2
    assert during["acme"] < before["acme"] + 2
    assert {status for (status,) in noted(world, LandedFiles, "status")} & {CONNECTION_ERROR, "refused"}
    held(invariants.hold())


@pytest.mark.thorough
def test_host_key_changed(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)
    world.declare(acme_host_key=OTHER_KEY)

    broken = driver.tick(world, FAULT)
    errors = [error for status, error in noted(world, LandedFiles, "status", "error") if status == CONNECTION_ERROR]
    world.declare(acme_host_key=world.server.host_key)
    healed = driver.tick(world, NEXT)

    assert (broken.code, healed.code) == (0, 0), broken.said + healed.said
    assert [error for error in errors if "host key" in error.lower()] == errors != []
    held(invariants.hold())


@pytest.mark.thorough
def test_wrong_password(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)

    with lying(Lies()) as server:
        world.declare(acme_port=server.port, acme_host_key=server.host_key, acme_user=server.user)
        broken = driver.tick(world, FAULT)
    errors = [error for status, error in noted(world, LandedFiles, "status", "error") if status == CONNECTION_ERROR]
    world.declare(acme_port=world.server.port, acme_host_key=world.server.host_key, acme_user=world.server.user)
    healed = driver.tick(world, NEXT)

    assert (broken.code, healed.code) == (0, 0), broken.said + healed.said
    assert len(errors) == 1
    held(invariants.hold())


@pytest.mark.thorough
@pytest.mark.parametrize("sizes", [(None,), (10, 20), (10**15,), (0, 0)], ids=str)
def test_lying_sizes(world: World, driver: Driver, held: Any, sizes: tuple[int | None, ...]) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)
    world.variables["ACME_PASSWORD"] = "open sesame"
    lies = Lies(content=b"Name;Phone;E-mail\r\nAnn;020 624 1001;\r\n", sizes=sizes, names=("contacts-lie.csv",))

    with lying(lies) as server:
        world.declare(acme_port=server.port, acme_host_key=server.host_key, acme_user=server.user)
        broken = driver.tick(world, FAULT)
    during = landed(world)
    world.declare(acme_port=world.server.port, acme_host_key=world.server.host_key, acme_user=world.server.user)
    healed = driver.tick(world, NEXT)

    assert (broken.code, healed.code) == (0, 0), broken.said + healed.said
    assert during["acme"] == 4 + 2
    held(invariants.hold())
