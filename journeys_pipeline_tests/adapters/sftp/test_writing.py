"""Writing to a real server, and putting files away there: whole or not at all, and never over another file."""

from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import RemoteFile, WriteFailed, open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.sftp_connections import CONTENT


@pytest.fixture
def folder(served: Path) -> Path:
    return served.parent


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_written_file_is_byte_for_byte_ours(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        session.write("report.csv", CONTENT)

    assert (folder / "report.csv").read_bytes() == CONTENT
    assert names_in(folder) == ["people.csv", "report.csv"]


def test_a_written_file_replaces_an_older_one(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        session.write("people.csv", b"new")

    assert (folder / "people.csv").read_bytes() == b"new"
    assert names_in(folder) == ["people.csv"]


def test_a_moved_file_keeps_its_bytes_in_a_folder_that_is_made(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        file = session.list_files(".")[0]
        path = session.move(file, "done/2026")

    assert path == "done/2026/people.csv"
    assert (folder / path).read_bytes() == CONTENT
    assert not (folder / "people.csv").exists()


def test_a_moved_file_never_overwrites_another(connection: Connection, folder: Path) -> None:
    (folder / "done").mkdir()
    (folder / "done" / "people.csv").write_bytes(b"first")
    (folder / "done" / "people.csv.1").symlink_to("nowhere")

    with open_sftp(connection, password=None) as session:
        path = session.move(session.list_files(".")[0], "done")

    assert path == "done/people.csv.2"
    assert (folder / "done" / "people.csv").read_bytes() == b"first"
    assert (folder / path).read_bytes() == CONTENT


def test_a_removed_file_is_gone(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        session.remove(session.list_files(".")[0])

    assert names_in(folder) == []


@pytest.mark.parametrize("act", [lambda s, f: s.remove(f), lambda s, f: s.move(f, "done")], ids=["remove", "move"])
def test_a_file_that_is_not_the_fetched_one_any_more_stays(connection: Connection, folder: Path, act: Any) -> None:
    with open_sftp(connection, password=None) as session:
        file = session.list_files(".")[0]
        (folder / "people.csv").write_bytes(CONTENT)  # same size, another time

        with pytest.raises(WriteFailed, match="not the file that was fetched"):
            act(session, file)

    assert (folder / "people.csv").read_bytes() == CONTENT


def test_a_missing_folder_fails_one_write_and_not_the_session(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        with pytest.raises(
            WriteFailed, match=r"Writing 'nowhere/a\.csv' failed: the server says that it does not exist"
        ):
            session.write("nowhere/a.csv", b"x")
        session.write("a.csv", b"x")

    assert (folder / "a.csv").read_bytes() == b"x"


def test_a_vanished_file_cannot_be_moved(connection: Connection, folder: Path) -> None:
    with open_sftp(connection, password=None) as session:
        file = session.list_files(".")[0]
        gone = RemoteFile("gone.csv", "gone.csv", file.file_bytes, file.modified_at)

        with pytest.raises(WriteFailed, match="does not exist"):
            session.move(gone, "done")

    assert (folder / "people.csv").exists()
