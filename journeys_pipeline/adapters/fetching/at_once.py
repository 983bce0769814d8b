"""Many connections at once, few to each server."""

from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import Generic, TypeVar

from journeys_pipeline.catalog import AnyConnection

MOST = 32

Result = TypeVar("Result")


def at_once(
    connections: Collection[AnyConnection], fetch: Callable[[AnyConnection], Result], *, most: int = MOST
) -> list[Result]:
    """What `fetch` gives for each connection, in their order; a failure keeps none of the others from its turn.

    A server (host and port) gets at most as many connections at once as its most modest connection allows.

    Raises:
        ExceptionGroup: what `fetch` raised, after all had their turn.
    """
    queue = _Queue(connections, fetch)
    with ThreadPoolExecutor(min(most, len(connections)) or 1) as pool:
        for worker in [pool.submit(queue.work) for _ in range(min(most, len(connections)))]:
            worker.result()
    if queue.failures:
        raise ExceptionGroup("Connections whose fetch could not even be recorded", queue.failures)
    return [queue.results[connection.id] for connection in connections]


class _Queue(Generic[Result]):
    """Connections that wait for their server; a busy server holds up nobody else's."""

    def __init__(self, connections: Collection[AnyConnection], fetch: Callable[[AnyConnection], Result]) -> None:
        self.results: dict[str, Result] = {}
        self.failures: list[Exception] = []
        self._fetch = fetch
        self._waiting = list(connections)
        self._busy: Counter[str] = Counter()
        self._limits: dict[str, int] = {}
        self._changed = Condition()
        for connection in connections:
            limit = self._limits.get(connection.server, connection.connections_at_once)
            self._limits[connection.server] = min(limit, connection.connections_at_once)

    def work(self) -> None:
        """Take connections until none waits."""
        while (connection := self._take()) is not None:
            try:
                self.results[connection.id] = self._fetch(connection)
            except Exception as error:  # noqa: BLE001 - one customer's failure must not stop another's fetch
                self.failures.append(error)
            finally:
                self._give_back(connection)

    def _take(self) -> AnyConnection | None:
        with self._changed:
            while self._waiting:
                for connection in self._waiting:
                    server = connection.server
                    if self._busy[server] < self._limits[server]:
                        self._waiting.remove(connection)
                        self._busy[server] += 1
                        return connection
                self._changed.wait()
            return None

    def _give_back(self, connection: AnyConnection) -> None:
        with self._changed:
            self._busy[connection.server] -= 1
            self._changed.notify_all()
