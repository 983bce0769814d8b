"""Listing a folder on a real OpenSSH server: files, and what is skipped and why."""

import os
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import ConnectionFailed, SkippedEntry, open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.sftp_connections import CONTENT, listed


def test_a_listing_holds_the_servers_own_size_and_time(connection: Connection, served: Path) -> None:
    file = listed(connection)

    assert (file.path, file.name, file.file_bytes) == ("./people.csv", "people.csv", len(CONTENT))
    assert file.modified_at.timestamp() == int(served.stat().st_mtime)
    assert file.modified_at.utcoffset().total_seconds() == 0


def test_links_folders_pipes_and_odd_names_do_not_keep_the_rest_from_loading(
    connection: Connection, openssh_server: Any
) -> None:
    folder = openssh_server.folder
    for name in (b"b.csv", "\u00e4.csv".encode(), b"a.csv", b"caf\xe9.csv", b"bell\x07.csv"):
        (folder / os.fsdecode(name)).write_bytes(b"x")
    (folder / "link.csv").symlink_to(folder / "a.csv")
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")

    with open_sftp(connection, password=None) as session:
        files = session.list_files(".")

    assert [file.name for file in files] == ["a.csv", "b.csv", "\u00e4.csv"]
    assert session.skipped == [
        SkippedEntry("bell\\x07.csv", "a name with control characters"),
        SkippedEntry("caf\\xe9.csv", "a name that is not UTF-8"),
        SkippedEntry("folder.csv", "a folder"),
        SkippedEntry("link.csv", "a link"),
        SkippedEntry("pipe.csv", "a FIFO or device"),
    ]


def test_a_missing_folder_is_named(connection: Connection) -> None:
    with open_sftp(connection, password=None) as session, pytest.raises(ConnectionFailed) as failure:
        session.list_files("inbox")

    assert "folder 'inbox' failed: the server says that it does not exist" in str(failure.value)
    assert failure.value.__cause__ is None
