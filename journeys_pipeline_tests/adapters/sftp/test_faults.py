"""A network that drops, resets, stalls, garbles or delays: the exact bytes, or a clear failure in time."""

import hashlib
import io
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from journeys_pipeline.adapters.sftp import (
    ConnectionFailed,
    FetchFailed,
    RemoteFile,
    SftpSession,
    Timeouts,
    WriteFailed,
    open_sftp,
)
from journeys_pipeline_tests.fault_proxy import faulty
from journeys_pipeline_tests.openssh import OpenSshServer, make_key, serve
from journeys_pipeline_tests.sftp_connections import CONTENT, connect_to, enter, fetch_into, listed

IMPATIENT = Timeouts(connect_s=1, stall_s=0.5, file_s=10, retry_pauses_s=())
HASTY = Timeouts(retry_pauses_s=(0.05, 0.05))
LONGEST_S = 6.0  # login, stall, and whatever else this machine has to do
IN_LOGIN = (0, 7, 1_000, 2_500)  # byte of what the server sends: greeting, key exchange, authentication
IN_FILE = (20_000, 131_072, 302_000)
SMALL = [bytes([number]) * 3_000 for number in range(40)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSshServer]:
    with serve(tmp_path_factory.mktemp("server")) as server:
        (server.folder / "people.csv").write_bytes(CONTENT)
        (server.folder / "small").mkdir()
        for number, content in enumerate(SMALL):
            (server.folder / "small" / f"{number:02}.csv").write_bytes(content)
        yield server


@pytest.fixture(scope="module")
def file(server: OpenSshServer) -> RemoteFile:
    return listed(connect_to(server))


def fetched(session: SftpSession, file: RemoteFile) -> bytes | None:
    into = io.BytesIO()
    with suppress(FetchFailed):
        session.fetch(file, into)
        return into.getvalue()
    return None


@pytest.mark.parametrize("at", [*IN_LOGIN, *IN_FILE])
@pytest.mark.parametrize("fault", ["drop", "reset", "stall", "flip"])
def test_a_broken_connection_is_a_clear_failure_in_time(
    server: OpenSshServer, file: RemoteFile, fault: str, at: int
) -> None:
    with faulty(server.port, fault=fault, at=at) as proxy:
        relayed = connect_to(server, port=proxy.port)
        started = time.monotonic()

        with pytest.raises(
            (ConnectionFailed, FetchFailed), match=r"broke off|timed out|sent nothing|cannot be reached"
        ):
            fetch_into(relayed, file, io.BytesIO(), timeouts=IMPATIENT)

    assert time.monotonic() - started < LONGEST_S


@pytest.mark.parametrize("at", [*IN_LOGIN, *IN_FILE])
def test_a_delay_changes_nothing(server: OpenSshServer, file: RemoteFile, at: int) -> None:
    into = io.BytesIO()

    with faulty(server.port, fault="delay", at=at) as proxy:
        sha256 = fetch_into(connect_to(server, port=proxy.port), file, into)

    assert into.getvalue() == CONTENT
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_after_a_broken_file_the_session_is_closed_and_fails_at_once(server: OpenSshServer, file: RemoteFile) -> None:
    with (
        faulty(server.port, fault="stall", at=100_000) as proxy,
        open_sftp(connect_to(server, port=proxy.port), password=None, timeouts=IMPATIENT) as session,
    ):
        with pytest.raises(FetchFailed, match=r"sent nothing for 0\.5 s"):
            session.fetch(file, io.BytesIO())
        started = time.monotonic()

        with pytest.raises(FetchFailed):
            session.fetch(file, io.BytesIO())

    assert not session.is_open
    assert time.monotonic() - started < 0.5


def test_a_file_past_its_deadline_is_given_up(server: OpenSshServer, file: RemoteFile) -> None:
    patient_but_late = Timeouts(stall_s=30, file_s=1, retry_pauses_s=())

    with (
        faulty(server.port, fault="stall", at=100_000) as proxy,
        pytest.raises(FetchFailed, match="more than 1 s"),
    ):
        fetch_into(connect_to(server, port=proxy.port), file, io.BytesIO(), timeouts=patient_but_late)


@pytest.mark.parametrize("at", [12_000, 20_000, 60_000, 110_000])
def test_of_files_read_ahead_each_is_whole_or_failed_when_the_connection_drops(server: OpenSshServer, at: int) -> None:
    with (
        faulty(server.port, fault="drop", at=at) as proxy,
        open_sftp(connect_to(server, port=proxy.port), password=None, timeouts=IMPATIENT) as session,
    ):
        files = session.list_files("small")
        session.expect(files)
        results = [fetched(session, file) for file in files]

    whole = [content for content in results if content is not None]
    assert whole == SMALL[: len(whole)]
    assert len(whole) < len(SMALL)


@pytest.mark.parametrize("at", [2_700, 2_900, 3_000, 3_100, 3_300, 3_500])
def test_an_interrupted_write_leaves_the_older_file_or_the_new_one_whole(server: OpenSshServer, at: int) -> None:
    report: Path = server.folder / "report.csv"
    report.write_bytes(b"older")

    with (
        faulty(server.port, fault="drop", at=at) as proxy,
        suppress(ConnectionFailed, WriteFailed),
        open_sftp(connect_to(server, port=proxy.port), password=None, timeouts=IMPATIENT) as session,
    ):
        session.write("report.csv", CONTENT)

    assert report.read_bytes() in {b"older", CONTENT}


def test_a_connection_that_breaks_at_first_is_tried_again(server: OpenSshServer) -> None:
    with faulty(server.port, fault="drop", at=1_000, spoiled=2) as proxy:
        enter(connect_to(server, port=proxy.port), timeouts=HASTY)

    assert proxy.connections == 3


def test_another_host_key_is_not_tried_again(server: OpenSshServer, tmp_path: Path) -> None:
    other = make_key(tmp_path / "other")

    with faulty(server.port, fault="delay", at=0) as proxy, pytest.raises(ConnectionFailed, match="not the pinned one"):
        enter(connect_to(server, port=proxy.port, host_key=other), timeouts=HASTY)

    assert proxy.connections == 1


def test_refused_credentials_are_not_tried_again(server: OpenSshServer, tmp_path: Path) -> None:
    make_key(tmp_path / "other")

    with faulty(server.port, fault="delay", at=0) as proxy, pytest.raises(ConnectionFailed, match="refused the cred"):
        enter(connect_to(server, port=proxy.port, key_file=tmp_path / "other"), timeouts=HASTY)

    assert proxy.connections == 1
