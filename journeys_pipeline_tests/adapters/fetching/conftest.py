"""A customer's folder on a real OpenSSH server, and what was read from it."""

from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import SftpSession
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.customers import CONTACTS, Customer


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files whose bytes were asked for, as it happens."""
    names: list[str] = []
    fetch = SftpSession.fetch
    monkeypatch.setattr(
        SftpSession, "fetch", lambda self, file, into: (names.append(file.name), fetch(self, file, into))[1]
    )
    return names


@pytest.fixture
def customer(openssh_server: Any, tmp_path: Path) -> Customer:
    connection = Connection(
        id="acme-sftp",
        account_id="acme",
        host=openssh_server.host,
        port=openssh_server.port,
        user=openssh_server.user,
        key_file=openssh_server.key_file,
        host_key=openssh_server.host_key,
        feeds=[CONTACTS],
    )
    return Customer(openssh_server.folder, connection, tmp_path)
