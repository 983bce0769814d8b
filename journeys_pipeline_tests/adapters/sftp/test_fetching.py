"""Fetching from a real OpenSSH server: whole files or none."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import FetchFailed, RemoteFile, open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.sftp_connections import CONTENT, fetch_into, listed


class Sink(io.BytesIO):
    """Calls back once, when the first bytes arrive: the file is then half read."""

    def __init__(self, at_first_bytes: Callable[[], object]) -> None:
        super().__init__()
        self._call = at_first_bytes

    def write(self, data: Any) -> int:
        call, self._call = self._call, lambda: None
        call()
        return super().write(data)


def replace(path: Path) -> None:
    new = path.with_name("new.csv")
    new.write_bytes(CONTENT[::-1])
    new.replace(path)


def test_a_fetched_file_is_byte_for_byte_the_servers(connection: Connection, served: Path) -> None:
    into = io.BytesIO()

    sha256 = fetch_into(connection, listed(connection), into)

    assert into.getvalue() == CONTENT
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_file_larger_than_what_is_requested_ahead_arrives_whole(connection: Connection, served: Path) -> None:
    content = os.urandom(1024) * 70_000
    served.write_bytes(content)

    sha256 = fetch_into(connection, listed(connection), io.BytesIO())

    assert sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_file_is_fetched(connection: Connection, served: Path) -> None:
    served.write_bytes(b"")

    sha256 = fetch_into(connection, listed(connection), io.BytesIO())

    assert sha256 == hashlib.sha256(b"").hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda path: os.truncate(path, 400_000), id="grown"),
        pytest.param(lambda path: os.truncate(path, 100_000), id="truncated"),
        pytest.param(lambda path: path.write_bytes(CONTENT[::-1]), id="rewritten"),
        pytest.param(replace, id="replaced"),
    ],
)
def test_a_file_that_changes_while_it_is_read_is_refused(
    connection: Connection, served: Path, change: Callable[[Path], object]
) -> None:
    file = listed(connection)
    into = Sink(lambda: change(served))

    with pytest.raises(FetchFailed, match="changed while it was read"):
        fetch_into(connection, file, into)


def test_a_file_that_grew_since_it_was_listed_is_refused(connection: Connection, served: Path) -> None:
    file = listed(connection)
    served.write_bytes(CONTENT + b"more")

    with pytest.raises(FetchFailed, match="changed while it was read"):
        fetch_into(connection, file, io.BytesIO())


def test_a_file_that_vanished_does_not_keep_the_next_from_loading(connection: Connection, served: Path) -> None:
    with open_sftp(connection, password=None) as session:
        file = session.list_files(".")[0]
        gone = RemoteFile("./gone.csv", "gone.csv", 3, file.modified_at)
        with pytest.raises(FetchFailed, match="does not exist"):
            session.fetch(gone, io.BytesIO())

        sha256 = session.fetch(file, io.BytesIO())

    assert sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_a_pipe_in_place_of_a_listed_file_does_not_hang_the_fetch(connection: Connection, served: Path) -> None:
    file = listed(connection)
    served.unlink()
    os.mkfifo(served)

    with pytest.raises(FetchFailed, match="no regular file any more"):
        fetch_into(connection, file, io.BytesIO())


def test_a_full_disk_here_is_not_blamed_on_the_server(connection: Connection, served: Path) -> None:
    def no_space() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        fetch_into(connection, listed(connection), Sink(no_space))


def test_a_process_that_never_fetches_does_not_pay_for_paramiko() -> None:
    code = "import sys, journeys_pipeline.adapters.sftp; sys.exit('paramiko' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", code], check=False)

    assert result.returncode == 0
