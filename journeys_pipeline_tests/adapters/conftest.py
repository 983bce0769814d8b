"""What the tests of SFTP share: a connection to a real server, and one file there."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.sftp_connections import CONTENT, connect_to


@pytest.fixture
def connection(openssh_server: Any) -> Connection:
    """How to log in to this test's own OpenSSH server."""
    return connect_to(openssh_server)


@pytest.fixture
def served(openssh_server: Any) -> Path:
    """One file, an hour old, on the server."""
    path = openssh_server.folder / "people.csv"
    path.write_bytes(CONTENT)
    os.utime(path, (time.time() - 3600,) * 2)
    return path
