"""The same session against ProFTPD: another server's notion of the protocol."""

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys_pipeline.adapters.sftp import (
    ConnectionFailed,
    FetchFailed,
    RemoteFile,
    SftpSession,
    SkippedEntry,
    WriteFailed,
    open_sftp,
)
from journeys_pipeline_tests.proftpd import PACKAGES, PASSWORD, ProFtpdServer, find_proftpd, serve_by_proftpd
from journeys_pipeline_tests.sftp_connections import CONTENT, ONE_TRY, connect_to, enter

HOUR_S = 3600


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProFtpdServer]:
    if find_proftpd() is None:
        reason = f"no ProFTPD with mod_sftp here (Debian: apt-get install {PACKAGES})"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with serve_by_proftpd(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def folder(server: ProFtpdServer, request: pytest.FixtureRequest) -> Path:
    """A folder of this test's own on the server, with one file, an hour old."""
    folder = server.folder / request.node.name
    folder.mkdir()
    (folder / "people.csv").write_bytes(CONTENT)
    os.utime(folder / "people.csv", (time.time() - HOUR_S,) * 2)
    return folder


@pytest.fixture
def session(server: ProFtpdServer) -> Iterator[SftpSession]:
    with open_sftp(connect_to(server), password=None, timeouts=ONE_TRY) as session:
        yield session


def fetched(session: SftpSession, file: RemoteFile) -> bytes:
    into = io.BytesIO()
    session.fetch(file, into)
    return into.getvalue()


def test_a_fetched_file_is_byte_for_byte_the_servers(session: SftpSession, folder: Path) -> None:
    file = session.list_files(folder.name)[0]

    assert fetched(session, file) == CONTENT
    assert (file.file_bytes, file.modified_at.timestamp()) == (len(CONTENT), int((folder / file.name).stat().st_mtime))


def test_a_file_of_many_windows_arrives_whole(session: SftpSession, folder: Path) -> None:
    content = CONTENT * 60
    (folder / "people.csv").write_bytes(content)

    assert fetched(session, session.list_files(folder.name)[0]) == content


def test_files_read_ahead_are_each_their_own(session: SftpSession, folder: Path) -> None:
    contents = [b"", b"x", *(os.urandom(50 * number) for number in range(200))]
    for number, content in enumerate(contents):
        (folder / f"file-{number:03}.csv").write_bytes(content)
    files = session.list_files(folder.name)
    session.expect(files)

    assert [fetched(session, file) for file in files] == [*contents, CONTENT]


def test_all_that_is_no_file_is_skipped(session: SftpSession, folder: Path) -> None:
    (folder / "link.csv").symlink_to(folder / "people.csv")
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")

    assert [file.name for file in session.list_files(folder.name)] == ["people.csv"]
    assert session.skipped == [
        SkippedEntry("folder.csv", "a folder"),
        SkippedEntry("link.csv", "a link"),
        SkippedEntry("pipe.csv", "a FIFO or device"),
    ]


def test_a_file_that_grew_since_it_was_listed_is_refused(session: SftpSession, folder: Path) -> None:
    file = session.list_files(folder.name)[0]
    (folder / "people.csv").write_bytes(CONTENT + b"more")

    with pytest.raises(FetchFailed, match="changed while it was read"):
        fetched(session, file)


def test_a_written_file_replaces_an_older_one(session: SftpSession, folder: Path) -> None:
    session.write(f"{folder.name}/people.csv", CONTENT[::-1])

    assert (folder / "people.csv").read_bytes() == CONTENT[::-1]
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_a_moved_file_never_overwrites_another(session: SftpSession, folder: Path) -> None:
    (folder / "done").mkdir()
    (folder / "done" / "people.csv").write_bytes(b"first")

    path = session.move(session.list_files(folder.name)[0], f"{folder.name}/done")

    assert path == f"{folder.name}/done/people.csv.1"
    assert (folder / "done" / "people.csv").read_bytes() == b"first"
    assert (folder / "done" / "people.csv.1").read_bytes() == CONTENT


def test_a_folder_is_made_for_what_is_moved(session: SftpSession, folder: Path) -> None:
    path = session.move(session.list_files(folder.name)[0], f"{folder.name}/done/2026")

    assert (folder.parent / path).read_bytes() == CONTENT


def test_a_removed_file_is_gone(session: SftpSession, folder: Path) -> None:
    session.remove(session.list_files(folder.name)[0])

    assert list(folder.iterdir()) == []


def test_a_file_that_is_not_the_fetched_one_any_more_stays(session: SftpSession, folder: Path) -> None:
    file = session.list_files(folder.name)[0]
    (folder / "people.csv").write_bytes(CONTENT)  # same size, another time

    with pytest.raises(WriteFailed, match="not the file that was fetched"):
        session.remove(file)

    assert (folder / "people.csv").exists()


def test_a_missing_folder_is_named(session: SftpSession) -> None:
    with pytest.raises(ConnectionFailed, match="'inbox' failed: the server says that it does not exist"):
        session.list_files("inbox")


def test_a_password_opens_the_door(server: ProFtpdServer) -> None:
    enter(connect_to(server, key_file=None, password_env="PASSWORD"), password=PASSWORD)


def test_a_wrong_password_is_refused(server: ProFtpdServer) -> None:
    with pytest.raises(ConnectionFailed, match=r"refused the credentials \(password\)"):
        enter(connect_to(server, key_file=None, password_env="PASSWORD"), password="wrong")
