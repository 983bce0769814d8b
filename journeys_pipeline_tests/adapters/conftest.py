"""What the tests of the outside world share: a server's file over SFTP, and databases of both kinds."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.databases import new_database
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


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database."""
    return new_database(request, tmp_path)


@pytest.fixture
def warehouse(url: str) -> Warehouse:
    """A database at its newest revision."""
    warehouse = Warehouse(url)
    warehouse.migrate()
    return warehouse
