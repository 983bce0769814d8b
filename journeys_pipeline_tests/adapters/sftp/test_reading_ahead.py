"""Files asked for before their turn: each its own bytes, in bounds of memory, and never in the way of another."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import FetchFailed, RemoteFile, SftpSession, open_sftp
from journeys_pipeline.adapters.sftp.reading import AHEAD_BYTES, AHEAD_FILES, ReadingAhead
from journeys_pipeline.catalog import Connection

CONTENTS = [os.urandom(37 * number) for number in range(150)]


class Recorder:
    """Takes requests, and answers none."""

    read_chunk_bytes = 32_768

    def __init__(self) -> None:
        self.paths: list[str] = []

    def _async_request(self, _reading: object, _kind: int, path: str) -> int:
        self.paths.append(path)
        return len(self.paths)


@pytest.fixture
def folder(openssh_server: Any) -> Path:
    for number, content in enumerate(CONTENTS):
        (openssh_server.folder / f"{number:03}.csv").write_bytes(content)
    return openssh_server.folder


def fetched(session: SftpSession, file: RemoteFile) -> bytes:
    into = io.BytesIO()
    session.fetch(file, into)
    return into.getvalue()


def files_of(file_bytes: int, count: int) -> list[RemoteFile]:
    return [
        RemoteFile(f"{number}", f"{number}", file_bytes, datetime(2026, 1, 1, tzinfo=UTC)) for number in range(count)
    ]


@pytest.mark.parametrize("step", [1, 3, -1, 149], ids=["all", "every-third", "backwards", "first-and-last"])
def test_each_file_is_its_own_whatever_is_passed_over(connection: Connection, folder: Path, step: int) -> None:
    with open_sftp(connection, password=None) as session:
        files = session.list_files(".")
        session.expect(files)
        results = [fetched(session, file) for file in files[::step]]

    assert results == CONTENTS[::step]


def test_what_else_is_done_meanwhile_does_no_harm(connection: Connection, folder: Path) -> None:
    results: list[bytes] = []

    with open_sftp(connection, password=None) as session:
        files = session.list_files(".")
        session.expect(files)
        for file in files:
            results.append(fetched(session, file))
            session.move(file, "done")
            session.write(f"{file.name}.receipt", b"whole")

    assert results == CONTENTS
    assert len(list((folder / "done").iterdir())) == len(CONTENTS)


def test_a_file_that_vanished_fails_alone_and_in_its_turn(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        files = session.list_files(".")
        (folder / "001.csv").unlink()
        session.expect(files)
        first = fetched(session, files[0])
        with pytest.raises(FetchFailed, match="does not exist"):
            fetched(session, files[1])
        third = fetched(session, files[2])

    assert [first, third] == [CONTENTS[0], CONTENTS[2]]


def test_what_is_expected_anew_replaces_what_was_expected(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        files = session.list_files(".")
        session.expect(files)
        first = fetched(session, files[0])
        session.expect(files[100:])
        results = [fetched(session, file) for file in files[100:]]

    assert [first, *results] == [CONTENTS[0], *CONTENTS[100:]]


@pytest.mark.parametrize(
    ("file_bytes", "begun"),
    [(0, AHEAD_FILES), (AHEAD_BYTES // 4, 4), (AHEAD_BYTES // 2 + 1, 1), (AHEAD_BYTES + 1, 0)],
)
def test_no_more_is_read_ahead_than_memory_allows(file_bytes: int, begun: int) -> None:
    client: Any = Recorder()
    ahead = ReadingAhead(client)
    files = files_of(file_bytes, 100)
    ahead.expect(files)

    ahead.take(files[0])

    assert client.paths == [file.path for file in files[: 1 + begun]]
