"""Servers that the tests speak to: real ones, on loopback, stopped afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys_pipeline_tests.databases import SERVER, serve_postgresql
from journeys_pipeline_tests.openssh import OpenSshServer, find_sshd, serve

pytest.register_assert_rewrite("journeys_pipeline_tests.faults.invariants")  # so that it says what differs


@pytest.fixture
def openssh_server(tmp_path: Path) -> Iterator[OpenSshServer]:
    """A real OpenSSH server of this test's own."""
    if find_sshd() is None:
        reason = "no OpenSSH server here (Debian: apt-get install openssh-server)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with serve(tmp_path) as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL, without a database, of a real PostgreSQL server."""
    with serve_postgresql() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs twice: homes have their warehouse in SQLite, then in PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv(SERVER, request.getfixturevalue("postgresql"))
