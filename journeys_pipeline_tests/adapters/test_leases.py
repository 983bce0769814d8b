"""One fetch at a time writes about a connection; one that was overtaken writes no more."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from journeys_pipeline.adapters import leases
from journeys_pipeline.adapters.leases import LEASE_S, LeaseHeld, LeaseLost, hold_lease
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.schemas.landed_files import ConnectionLeases

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
PATIENCE_S = 20
THREADS = 8


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases of a second, renewed four times, looked at often."""
    monkeypatch.setattr(leases, "LEASE_S", 1.0)
    monkeypatch.setattr(leases, "RENEW_S", 0.1)
    monkeypatch.setattr(leases, "LOOK_S", 0.02)


def at(seconds: float) -> Callable[[], datetime]:
    return lambda: NOON + timedelta(seconds=seconds)


def test_each_holder_has_a_larger_token_than_the_one_before(warehouse: Warehouse) -> None:
    tokens = []

    for connection_id in ("acme", "acme", "zeta", "acme"):
        with hold_lease(warehouse, connection_id) as lease:
            tokens.append(lease.token)

    assert tokens == [1, 2, 1, 3]


def test_a_lease_that_was_released_is_taken_at_once(warehouse: Warehouse) -> None:
    with hold_lease(warehouse, "acme", clock=at(0)):
        held = warehouse.read(ConnectionLeases)["expires_at"].to_list()

    assert held == [NOON + timedelta(seconds=LEASE_S)]
    assert warehouse.read(ConnectionLeases)["expires_at"].to_list() == [NOON]


def test_who_was_overtaken_writes_nothing_more(warehouse: Warehouse) -> None:
    with hold_lease(warehouse, "acme", clock=at(0)) as asleep, hold_lease(warehouse, "acme", clock=at(LEASE_S)):
        with pytest.raises(LeaseLost), asleep.transaction() as transaction:
            transaction.update(ConnectionLeases, {"token": 99}, {"connection_id": ["acme"]})
        with pytest.raises(LeaseLost):
            asleep.renew()
        asleep.release()

        held = warehouse.read(ConnectionLeases).rows()

    assert held == [("acme", 2, NOON + timedelta(seconds=2 * LEASE_S))]


def test_who_is_late_but_was_not_overtaken_goes_on(warehouse: Warehouse) -> None:
    clock = [NOON]

    with hold_lease(warehouse, "acme", clock=lambda: clock[0]) as lease:
        clock[0] += timedelta(hours=1)
        with lease.transaction() as transaction:
            token = transaction.read(ConnectionLeases)["token"].to_list()

    assert token == [1]


@pytest.mark.usefixtures("impatient")
def test_a_holder_who_is_alive_is_left_to_it(warehouse: Warehouse) -> None:
    with hold_lease(warehouse, "acme"), pytest.raises(LeaseHeld, match="acme"), hold_lease(warehouse, "acme"):
        pass

    assert warehouse.read(ConnectionLeases)["token"].to_list() == [1]


@pytest.mark.usefixtures("impatient")
def test_who_waits_is_next_when_the_holder_ends_soon(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "RENEW_S", PATIENCE_S)
    monkeypatch.setattr(leases, "LEASE_S", PATIENCE_S)
    is_waiting = threading.Event()

    def wait() -> int:
        is_waiting.set()
        with hold_lease(warehouse, "acme") as lease:
            return lease.token

    with ThreadPoolExecutor() as pool:
        with hold_lease(warehouse, "acme"):
            waiting = pool.submit(wait)
            is_waiting.wait(PATIENCE_S)
        token = waiting.result(PATIENCE_S)

    assert token == 2


@pytest.mark.usefixtures("impatient")
def test_the_lease_of_a_dead_holder_is_taken_over_though_its_clock_was_a_year_ahead(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases.Lease, "release", lambda _lease: None)
    with hold_lease(warehouse, "acme", clock=lambda: datetime.now(UTC) + timedelta(days=365)):
        pass

    with hold_lease(warehouse, "acme") as lease:
        token = lease.token

    assert token == 2


def test_of_eight_who_want_a_connection_one_at_a_time_has_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journeys_pipeline.adapters.leases.LOOK_S", 0.01)
    starting_line = threading.Barrier(THREADS)
    tokens: list[int] = []
    seen_at_once: list[int] = []

    def take(_thread: int) -> None:
        starting_line.wait(timeout=60)
        with suppress(LeaseHeld), hold_lease(warehouse, "acme-sftp") as lease:
            tokens.append(lease.token)
            time.sleep(0.02)
            seen_at_once.append(max(tokens) - lease.token)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(take, range(THREADS)))

    assert tokens == list(range(1, len(tokens) + 1))
    assert seen_at_once == [0] * len(tokens)
    assert tokens


def test_of_two_who_find_a_new_connection_free_at_the_same_time_one_waits(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_looked = threading.Barrier(2, timeout=0.5)  # SQLite never lets both look
    look = leases._look  # noqa: SLF001 - the instant between looking and taking is what is tested

    def look_together(*given: Any) -> Any:
        found = look(*given)
        with suppress(threading.BrokenBarrierError):
            time.sleep(0.3 * both_looked.wait())  # one of them acts when the other has taken it
        return found

    def take(_thread: int) -> int:
        with hold_lease(warehouse, "acme-sftp") as lease:
            return lease.token

    monkeypatch.setattr(leases, "LOOK_S", 0.01)
    monkeypatch.setattr(leases, "_look", look_together)
    with ThreadPoolExecutor() as pool:
        tokens = sorted(pool.map(take, range(2)))

    assert tokens == [1, 2]
