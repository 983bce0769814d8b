"""Catalog entries for the servers that the tests start, and the shortest ways to use them."""

import io
import os
from typing import Any

from journeys_pipeline.adapters.sftp import RemoteFile, Timeouts, open_sftp
from journeys_pipeline.catalog import Connection

CONTENT = os.urandom(300_000)  # several read requests, whatever their size
ONE_TRY = Timeouts(retry_pauses_s=())
IMPATIENT = Timeouts(connect_s=0.5, retry_pauses_s=())


def connect_to(server: Any, **changes: Any) -> Connection:
    """A connection to anything that has `host`, `port`, `user`, `key_file` and `host_key`."""
    return Connection(
        id="acme-sftp",
        account_id="acme",
        feeds=[{"kind": "events", "id": "events", "glob": "*.ndjson"}],
        **{name: getattr(server, name) for name in ("host", "port", "user", "key_file", "host_key")} | changes,
    )


def enter(connection: Connection, *, timeouts: Timeouts = ONE_TRY, **secrets: str | None) -> None:
    """Logs in, and leaves."""
    with open_sftp(connection, **{"password": None, **secrets}, timeouts=timeouts):
        pass


def listed(connection: Connection, **secrets: str | None) -> RemoteFile:
    """The first file of the folder in which the login begins."""
    with open_sftp(connection, **{"password": None, **secrets}) as session:
        return session.list_files(".")[0]


def fetch_into(
    connection: Connection, file: RemoteFile, into: io.BytesIO, *, timeouts: Timeouts = ONE_TRY, **secrets: str | None
) -> str:
    """The SHA-256 of the file, whose bytes then are in `into`."""
    with open_sftp(connection, **{"password": None, **secrets}, timeouts=timeouts) as session:
        return session.fetch(file, into)
