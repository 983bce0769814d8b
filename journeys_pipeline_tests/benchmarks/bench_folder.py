"""How long the fetch of a large folder takes: of new files, of none, of one, and a day later of all once more.

    python -m journeys_pipeline_tests.benchmarks.bench_folder

The files lie on an OpenSSH server on loopback; rows and bytes are committed to disk.
"""

import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters.fetching import Fetch
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.openssh import OpenSshServer, serve

FILES = 12_000
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def measure() -> list[dict[str, Any]]:
    """One row per fetch: `name`, `files` in the folder, `rows` that it added, `seconds`, `cpu_seconds` of ours."""
    with tempfile.TemporaryDirectory() as name, serve(Path(name)) as server:
        for number in range(FILES):
            _put(server.folder / f"{number:05}.csv", number)
        warehouse = Warehouse(f"sqlite:///{name}/warehouse.sqlite")
        warehouse.migrate()
        places = LandingZone(Path(name) / "landing"), warehouse
        first = _fetch("first", server, places, hours=0)
        unchanged = _fetch("unchanged", server, places, hours=1)
        _put(server.folder / "late.csv", -1)
        return [
            first,
            unchanged,
            _fetch("one_back_dated", server, places, hours=2),
            _fetch("daily", server, places, hours=24),
        ]


def _put(path: Path, number: int) -> None:
    path.write_text(f"phone\n{number}\n")
    os.utime(path, (number + 1, number + 1))


def _fetch(name: str, server: OpenSshServer, places: tuple[LandingZone, Warehouse], *, hours: int) -> dict[str, Any]:
    at = NOON + timedelta(hours=hours)
    connection = Connection(
        id="bench",
        account_id="bench",
        host=server.host,
        port=server.port,
        user=server.user,
        key_file=server.key_file,
        host_key=server.host_key,
        feeds=[{"kind": "events", "id": "events", "glob": "*", "complete_when": "renamed"}],
    )
    started, cpu = time.perf_counter(), time.process_time()
    rows = Fetch(connection, *places, at, clock=lambda: at).run().height
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
    files = sum(1 for _ in server.folder.iterdir())
    return {
        "name": name,
        "files": files,
        "rows": rows,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu_seconds, 2),
    }


if __name__ == "__main__":
    for row in measure():
        sys.stdout.write(json.dumps(row) + "\n")
