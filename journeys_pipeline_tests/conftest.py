"""Servers that the tests speak to: real ones, on loopback, stopped afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys_pipeline_tests.openssh import OpenSshServer, find_sshd, serve


@pytest.fixture
def openssh_server(tmp_path: Path) -> Iterator[OpenSshServer]:
    """A real OpenSSH server of this test's own."""
    if find_sshd() is None:
        reason = "no OpenSSH server here (Debian: apt-get install openssh-server)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with serve(tmp_path) as server:
        yield server
