"""Customers' connections are fetched in parallel: few to each server, and none in another's way."""

import threading
import time
from typing import Any

import pytest

from journeys_pipeline.adapters.fetching import at_once
from journeys_pipeline.catalog import Connection

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFDYWOCYXsx/YEGKrwzFq1h/QsJXCohAlanozKzQ9lRc"
PATIENCE_S = 20


def connection(name: str, host: str, **others: Any) -> Connection:
    feeds = [{"kind": "events", "id": "events", "glob": "*"}]
    given = {"account_id": "acme", "user": "u", "host_key": KEY, "password_env": "P", "feeds": feeds} | others
    return Connection(id=name, host=host, **given)


class Gauge:
    """How many are at work at once, at most, per server."""

    def __init__(self) -> None:
        self.most: dict[tuple[str, int], int] = {}
        self._now: dict[tuple[str, int], int] = {}
        self._lock = threading.Lock()

    def work(self, one: Connection) -> str:
        server = one.host.lower(), one.port
        with self._lock:
            self._now[server] = self._now.get(server, 0) + 1
            self.most[server] = max(self.most.get(server, 0), self._now[server])
        time.sleep(0.2)  # long enough for all that may, also on a busy machine
        with self._lock:
            self._now[server] -= 1
        return one.id


def test_results_come_in_the_order_of_the_connections() -> None:
    connections = [connection(f"c{number}", f"host-{number % 3}") for number in range(10)]

    results = at_once(connections, lambda one: one.id)

    assert results == [f"c{number}" for number in range(10)]


def test_a_server_gets_no_more_connections_than_the_most_modest_allows() -> None:
    gauge = Gauge()
    connections = [
        *(connection(f"a{number}", "a", connections_at_once=4) for number in range(12)),
        *(connection(f"b{number}", "B" if number % 2 else "b", connections_at_once=5) for number in range(8)),
        connection("modest", "b", connections_at_once=3),
        *(connection(f"p{number}", "a", port=2222, connections_at_once=1) for number in range(3)),
    ]

    at_once(connections, gauge.work)

    assert gauge.most == {("a", 22): 4, ("b", 22): 3, ("a", 2222): 1}


def test_connections_that_queue_for_a_slow_server_hold_up_no_other() -> None:
    fast_is_done = threading.Event()
    slow = [connection(f"slow{number}", "slow", connections_at_once=1) for number in range(5)]

    def fetch(one: Connection) -> bool:
        if one.host == "slow":
            return fast_is_done.wait(PATIENCE_S)
        fast_is_done.set()
        return True

    results = at_once([*slow, connection("fast", "fast")], fetch, most=2)

    assert results == [True] * 6


def test_a_failure_is_raised_only_after_all_the_others_had_their_turn() -> None:
    done: list[str] = []

    def fetch(one: Connection) -> None:
        if one.host == "bad":
            raise OSError("no database")
        done.append(one.id)

    with pytest.raises(ExceptionGroup) as caught:
        at_once([connection("bad", "bad"), connection("a", "a"), connection("b", "b")], fetch, most=1)

    assert done == ["a", "b"]
    assert [type(error) for error in caught.value.exceptions] == [OSError]


def test_no_connections_are_no_work() -> None:
    assert at_once([], lambda one: one.id) == []
