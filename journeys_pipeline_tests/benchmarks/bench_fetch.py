"""How long a verified fetch takes beside the OpenSSH client, both from the same server on loopback.

    python -m journeys_pipeline_tests.benchmarks.bench_fetch

Server and client share the processors, for both. Ours also hashes, and asks for size and time before and after.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from journeys_pipeline.adapters.sftp import open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.openssh import OpenSshServer, serve

TURNS = 5
LARGE_MEGABYTES = 300
SMALL_FILES = 1_000
SMALL_BYTES = 2_000
PEER = "OpenSSH sftp"


def measure() -> list[dict[str, Any]]:
    """One row per comparison: `name`, `ours_s`, `peer`, `peer_s` (medians), `ratio` of the two, `peak_mb` (ours)."""
    with tempfile.TemporaryDirectory() as name, serve(Path(name)) as server:
        _write_large(server.folder / "large")
        _write_small(server.folder / "small")
        return [_compare("fetch_vs_sftp", server, "large"), _compare("small_files_vs_sftp", server, "small")]


def _write_large(folder: Path) -> None:
    folder.mkdir()
    with (folder / "large.csv").open("wb") as file:
        for _ in range(LARGE_MEGABYTES):
            file.write(os.urandom(1_000_000))


def _write_small(folder: Path) -> None:
    folder.mkdir()
    for number in range(SMALL_FILES):
        (folder / f"{number:04}.csv").write_bytes(os.urandom(SMALL_BYTES))


def _compare(name: str, server: OpenSshServer, folder: str) -> dict[str, Any]:
    """In turn, so that whatever else this machine does falls on both."""
    ours, peer = [], []
    for _ in range(TURNS):
        ours.append(_time(_fetch, server, folder))
        peer.append(_time(_fetch_by_sftp, server, folder))
    ours_s, peer_s = statistics.median(ours), statistics.median(peer)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "name": name,
        "ours_s": round(ours_s, 3),
        "peer": PEER,
        "peer_s": round(peer_s, 3),
        "ratio": round(ours_s / peer_s, 2),
        "peak_mb": round(peak_mb),
    }


def _time(fetch: Callable[[OpenSshServer, str, Path], None], server: OpenSshServer, folder: str) -> float:
    with tempfile.TemporaryDirectory() as into:
        started = time.perf_counter()
        fetch(server, folder, Path(into))
        return time.perf_counter() - started


def _fetch(server: OpenSshServer, folder: str, into: Path) -> None:
    connection = Connection(
        id="bench",
        account_id="bench",
        host=server.host,
        port=server.port,
        user=server.user,
        key_file=server.key_file,
        host_key=server.host_key,
        feeds=[{"kind": "events", "id": "events", "glob": "*"}],
    )
    with open_sftp(connection, password=None) as session:
        files = session.list_files(folder)
        session.expect(files)
        for file in files:
            with (into / file.name).open("wb") as stream:
                session.fetch(file, stream)


def _fetch_by_sftp(server: OpenSshServer, folder: str, into: Path) -> None:
    settings = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR")
    options = [part for setting in settings for part in ("-o", setting)]
    where = ["-i", str(server.key_file), "-P", str(server.port), f"{server.user}@{server.host}"]
    command = ["sftp", "-q", *options, "-b", "-", *where]
    subprocess.run(command, input=f"get {folder}/* {into}/".encode(), stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    for row in measure():
        sys.stdout.write(json.dumps(row) + "\n")
