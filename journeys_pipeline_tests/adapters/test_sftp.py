"""Fetching from a real OpenSSH server: whole files or none, and messages that a customer can act on."""

import base64
import hashlib
import io
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.sftp import ConnectionFailed, FetchFailed, RemoteFile, SkippedEntry, Timeouts, open_sftp
from journeys_pipeline.catalog import Connection

ONE_TRY = Timeouts(retry_pauses_s=())
IMPATIENT = Timeouts(connect_s=0.5, retry_pauses_s=())
CONTENT = os.urandom(300_000)  # ten read requests


class Sink(io.BytesIO):
    """Calls back once, when the first bytes arrive: the file is then half read."""

    def __init__(self, at_first_bytes: Callable[[], object]) -> None:
        super().__init__()
        self._call = at_first_bytes

    def write(self, data: Any) -> int:
        call, self._call = self._call, lambda: None
        call()
        return super().write(data)


class Relay:
    """Passes bytes on to a server, until told to be silent."""

    def __init__(self, port: int) -> None:
        self.silent = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._server = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        self._client = self._listener.accept()[0]
        threading.Thread(target=self._pass_on, args=(self._client, self._server), daemon=True).start()
        self._pass_on(self._server, self._client)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while (data := source.recv(4096)) and not self.silent.wait(0.001):
                target.sendall(data)
        except OSError:
            return

    def close(self) -> None:
        for sock in (self._listener, self._client, self._server):
            sock.close()


def make_key(path: Path, kind: str = "ed25519") -> str:
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "", "-f", str(path)], check=True)
    return " ".join(path.with_name(path.name + ".pub").read_text().split()[:2])


def replace(path: Path) -> None:
    new = path.with_name("new.csv")
    new.write_bytes(CONTENT[::-1])
    new.replace(path)


def fingerprint(host_key: str) -> str:
    digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def connect_and_leave(connection: Connection, timeouts: Timeouts = ONE_TRY) -> None:
    with open_sftp(connection, password=None, timeouts=timeouts):
        pass


def listed(connection: Connection) -> RemoteFile:
    with open_sftp(connection, password=None) as session:
        return session.list_files(".")[0]


def fetch_into(connection: Connection, file: RemoteFile, into: io.BytesIO, timeouts: Timeouts = ONE_TRY) -> str:
    with open_sftp(connection, password=None, timeouts=timeouts) as session:
        return session.fetch(file, into)


@pytest.fixture
def connection(openssh_server: Any) -> Connection:
    return Connection(
        id="acme-sftp",
        account_id="acme",
        host=openssh_server.host,
        port=openssh_server.port,
        user=openssh_server.user,
        key_file=openssh_server.key_file,
        password_env=None,
        host_key=openssh_server.host_key,
        feeds=[{"kind": "events", "id": "events", "glob": "*.ndjson"}],
    )


@pytest.fixture
def served(openssh_server: Any) -> Path:
    """One file, an hour old, on the server."""
    path = openssh_server.folder / "people.csv"
    path.write_bytes(CONTENT)
    os.utime(path, (time.time() - 3600,) * 2)
    return path


@pytest.fixture
def relay(openssh_server: Any) -> Iterator[Relay]:
    relay = Relay(openssh_server.port)
    yield relay
    relay.close()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


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


@pytest.mark.parametrize(
    ("timeouts", "reason"),
    [
        pytest.param(Timeouts(connect_s=15, stall_s=0.5, file_s=30), "sent nothing for 0.5 s", id="stalled"),
        pytest.param(Timeouts(connect_s=15, stall_s=30, file_s=1.5), "more than 1.5 s", id="deadline"),
    ],
)
def test_a_server_that_falls_silent_in_mid_file_is_given_up(
    connection: Connection, served: Path, relay: Relay, timeouts: Timeouts, reason: str
) -> None:
    served.write_bytes(CONTENT * 40)
    file = listed(connection)
    relayed = connection.model_copy(update={"port": relay.port})
    started = time.monotonic()

    with pytest.raises(FetchFailed, match=reason):
        fetch_into(relayed, file, Sink(relay.silent.set), timeouts)

    assert time.monotonic() - started < 10


def test_another_host_key_than_the_pinned_one_is_refused_with_both_fingerprints(
    connection: Connection, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other")
    pinned = connection.model_copy(update={"host_keys": [other]})

    with pytest.raises(ConnectionFailed, match="not the pinned one") as failure:
        connect_and_leave(pinned)

    assert fingerprint(other) in str(failure.value)
    assert fingerprint(connection.host_key) in str(failure.value)


def test_a_host_key_of_a_kind_that_the_server_lacks_is_refused_with_the_pinned_fingerprint(
    connection: Connection, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other", "rsa")
    pinned = connection.model_copy(update={"host_keys": [other]})

    with pytest.raises(ConnectionFailed, match="no acceptable host key") as failure:
        connect_and_leave(pinned)

    assert fingerprint(other) in str(failure.value)


def test_a_client_key_that_the_server_does_not_know_is_a_matter_of_credentials(
    connection: Connection, tmp_path: Path
) -> None:
    make_key(tmp_path / "other")
    stranger = connection.model_copy(update={"key_file": tmp_path / "other"})

    with pytest.raises(ConnectionFailed, match=r"refused the credentials \(key\)"):
        connect_and_leave(stranger)


def test_a_refused_password_is_never_in_the_message(connection: Connection) -> None:
    by_password = connection.model_copy(update={"key_file": None, "password_env": "ACME_PASSWORD"})

    with (
        pytest.raises(ConnectionFailed, match="does not take the password of user") as failure,
        open_sftp(by_password, password="hunter2-secret", timeouts=ONE_TRY),
    ):
        pass

    assert "hunter2" not in str(failure.value)


def test_a_missing_password_names_the_variable_to_set(connection: Connection) -> None:
    by_password = connection.model_copy(update={"key_file": None, "password_env": "ACME_PASSWORD"})

    with pytest.raises(ConnectionFailed, match="set the environment variable ACME_PASSWORD"):
        connect_and_leave(by_password)


@pytest.mark.parametrize(("content", "reason"), [(None, "does not exist"), ("no key at all", "cannot be used")])
def test_a_missing_or_broken_key_file_is_named(
    connection: Connection, tmp_path: Path, content: str | None, reason: str
) -> None:
    key_file = tmp_path / "bad_key"
    key_file.write_text(content) if content else None
    broken = connection.model_copy(update={"key_file": key_file})

    with pytest.raises(ConnectionFailed, match=f"bad_key {reason}"):
        connect_and_leave(broken)


def test_a_closed_port_is_tried_again_and_then_called_refused(connection: Connection) -> None:
    with socket.socket() as unheard:  # bound but not listening: refused, and nobody else can take the port
        unheard.bind(("127.0.0.1", 0))
        closed = connection.model_copy(update={"port": unheard.getsockname()[1]})
        started = time.monotonic()

        with pytest.raises(ConnectionFailed, match="refused the connection"):
            connect_and_leave(closed, Timeouts(retry_pauses_s=(0.1, 0.2)))

    assert time.monotonic() - started >= 0.3


def test_an_unknown_host_is_named(connection: Connection) -> None:
    nowhere = connection.model_copy(update={"host": "sftp.invalid"})

    with pytest.raises(ConnectionFailed, match=r"host name 'sftp\.invalid' is unknown"):
        connect_and_leave(nowhere)


def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time(connection: Connection, silent_port: int) -> None:
    silent = connection.model_copy(update={"port": silent_port})
    started = time.monotonic()

    with pytest.raises(ConnectionFailed, match="login timed out"):
        connect_and_leave(silent, IMPATIENT)

    assert 0.5 <= time.monotonic() - started < 5


def test_a_failed_connection_logs_no_stack_trace(
    connection: Connection, silent_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    silent = connection.model_copy(update={"port": silent_port})

    with pytest.raises(ConnectionFailed):
        connect_and_leave(silent, IMPATIENT)

    assert [record for record in caplog.records if record.name.startswith("paramiko")] == []


def test_a_process_that_never_fetches_does_not_pay_for_paramiko() -> None:
    code = "import sys, journeys_pipeline.adapters.sftp; sys.exit('paramiko' in sys.modules)"

    result = subprocess.run([sys.executable, "-c", code], check=False)

    assert result.returncode == 0
