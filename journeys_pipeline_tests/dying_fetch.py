"""A program that lets fetches be killed, each in a process of its own, so that nothing of them is tidied up.

For each line of input, a JSON list of connection, warehouse URL, landing folder, time and point, it answers with the
signal that ended the fetch.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters.fetching import Fetch, visit
from journeys_pipeline.adapters.fetching.manifest import Manifest
from journeys_pipeline.adapters.fetching.visit import Visit
from journeys_pipeline.adapters.landing_zone import IncomingFile, LandingZone
from journeys_pipeline.adapters.sftp import SftpSession
from journeys_pipeline.adapters.warehouse import Transaction, Warehouse
from journeys_pipeline.catalog import Connection
from journeys_pipeline.schemas.landed_files import FileSightings

SECOND = 2  # each point is passed once unharmed, so that there is something to keep


def die(*_given: Any, **_more: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_second_call(owner: type, name: str, *, before: bool) -> Callable[[], None]:
    def lay_trap() -> None:
        calls: list[None] = []
        method = getattr(owner, name)

        def trap(*given: Any, **more: Any) -> Any:
            calls.append(None)
            if len(calls) == SECOND and before:
                die()
            result = method(*given, **more)
            if len(calls) == SECOND:
                die()
            return result

        setattr(owner, name, trap)

    return lay_trap


def inside_the_transaction() -> None:
    upsert = Transaction.upsert

    def trap(self: Transaction, table: Any, rows: Any) -> None:
        upsert(self, table, rows)
        if table is FileSightings and rows.height:
            die()

    Transaction.upsert = trap


POINTS: dict[str, Callable[[], None]] = {
    "while bytes arrive": at_second_call(IncomingFile, "keep", before=True),
    "bytes kept, no row noted": at_second_call(IncomingFile, "keep", before=False),
    "row noted, not committed": at_second_call(Manifest, "land", before=False),
    "inside the transaction": inside_the_transaction,
    "committed, not put away": at_second_call(Visit, "_put_away", before=True),
    "put away, not told": at_second_call(SftpSession, "remove", before=False),
}


def fetch_until_killed(connection: str, warehouse_url: str, landing: str, at: str, point: str) -> None:
    visit.BATCH = 1
    warehouse = Warehouse(warehouse_url)
    warehouse.migrate()
    POINTS[point]()
    Fetch(
        Connection.model_validate_json(connection),
        LandingZone(Path(landing)),
        warehouse,
        datetime.fromisoformat(at),
        clock=lambda: datetime.fromisoformat(at),
    ).run()


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                fetch_until_killed(*json.loads(line))
            finally:
                os._exit(1)
        sys.stdout.write(f"{os.WTERMSIG(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()
