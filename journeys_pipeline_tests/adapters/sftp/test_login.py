"""Logging in: host keys that are pinned, credentials of every kind, and messages that a customer can act on."""

import base64
import hashlib
import logging
import socket
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from journeys_pipeline.adapters.sftp import ConnectionFailed, Timeouts, open_sftp
from journeys_pipeline.catalog import Connection
from journeys_pipeline_tests.lying_server import PASSWORD, Lies, lying
from journeys_pipeline_tests.openssh import OpenSshServer, make_key, serve
from journeys_pipeline_tests.sftp_connections import IMPATIENT, ONE_TRY, connect_to, enter


def fingerprint(host_key: str) -> str:
    digest = hashlib.sha256(base64.b64decode(host_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_another_host_key_than_the_pinned_one_is_refused_with_both_fingerprints(
    connection: Connection, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other")
    pinned = connection.model_copy(update={"host_keys": [other]})

    with pytest.raises(ConnectionFailed, match="not the pinned one") as failure:
        enter(pinned)

    assert fingerprint(other) in str(failure.value)
    assert fingerprint(connection.host_keys[0]) in str(failure.value)


def test_a_host_key_of_a_kind_that_the_server_lacks_is_refused_with_the_pinned_fingerprint(
    connection: Connection, tmp_path: Path
) -> None:
    other = make_key(tmp_path / "other", "rsa")
    pinned = connection.model_copy(update={"host_keys": [other]})

    with pytest.raises(ConnectionFailed, match="no acceptable host key") as failure:
        enter(pinned)

    assert fingerprint(other) in str(failure.value)


def test_a_client_key_that_the_server_does_not_know_is_a_matter_of_credentials(
    connection: Connection, tmp_path: Path
) -> None:
    make_key(tmp_path / "other")
    stranger = connection.model_copy(update={"key_file": tmp_path / "other"})

    with pytest.raises(ConnectionFailed, match=r"refused the credentials \(key\)"):
        enter(stranger)


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
        enter(by_password)


@pytest.mark.parametrize(("content", "reason"), [(None, "does not exist"), ("no key at all", "cannot be used")])
def test_a_missing_or_broken_key_file_is_named(
    connection: Connection, tmp_path: Path, content: str | None, reason: str
) -> None:
    key_file = tmp_path / "bad_key"
    key_file.write_text(content) if content else None
    broken = connection.model_copy(update={"key_file": key_file})

    with pytest.raises(ConnectionFailed, match=f"bad_key {reason}"):
        enter(broken)


def test_a_closed_port_is_tried_again_and_then_called_refused(connection: Connection) -> None:
    with socket.socket() as unheard:  # bound but not listening: refused, and nobody else can take the port
        unheard.bind(("127.0.0.1", 0))
        closed = connection.model_copy(update={"port": unheard.getsockname()[1]})
        started = time.monotonic()

        with pytest.raises(ConnectionFailed, match="refused the connection"):
            enter(closed, timeouts=Timeouts(retry_pauses_s=(0.1, 0.2)))

    assert time.monotonic() - started >= 0.3


def test_an_unknown_host_is_named(connection: Connection) -> None:
    nowhere = connection.model_copy(update={"host": "sftp.invalid"})

    with pytest.raises(ConnectionFailed, match=r"host name 'sftp\.invalid' is unknown"):
        enter(nowhere)


def test_a_server_that_accepts_and_says_nothing_is_given_up_in_time(connection: Connection, silent_port: int) -> None:
    silent = connection.model_copy(update={"port": silent_port})
    started = time.monotonic()

    with pytest.raises(ConnectionFailed, match="login timed out"):
        enter(silent, timeouts=IMPATIENT)

    assert 0.5 <= time.monotonic() - started < 5


def test_a_failed_connection_logs_no_stack_trace(
    connection: Connection, silent_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    silent = connection.model_copy(update={"port": silent_port})

    with pytest.raises(ConnectionFailed):
        enter(silent, timeouts=IMPATIENT)

    assert [record for record in caplog.records if record.name.startswith("paramiko")] == []


@pytest.mark.parametrize(
    ("kind", "form", "passphrase"),
    [
        *product(["ed25519", "ecdsa", "rsa"], ["OpenSSH", "PEM", "PKCS8"], ["open sesame"]),
        ("ecdsa", "PEM", ""),
        ("rsa", "PKCS8", ""),
    ],
)
def test_a_private_key_of_any_usual_kind_and_form_opens_the_door(
    connection: Connection, openssh_server: OpenSshServer, kind: str, form: str, passphrase: str
) -> None:
    key_file = openssh_server.home / "another_key"
    public = make_key(key_file, kind, passphrase=passphrase, form=form)
    (openssh_server.home / "authorized_keys").write_text(public + "\n")

    enter(connection.model_copy(update={"key_file": key_file}), passphrase=passphrase or None)


def test_a_passphrase_that_is_not_needed_does_no_harm(connection: Connection) -> None:
    enter(connection, passphrase="open sesame")


@pytest.mark.parametrize("form", ["OpenSSH", "PEM", "PKCS8"])
@pytest.mark.parametrize(
    ("passphrase", "advice"), [(None, "is encrypted: set its passphrase"), ("sesame", "does not open with this")]
)
def test_a_missing_or_wrong_passphrase_is_named(
    connection: Connection, tmp_path: Path, form: str, passphrase: str | None, advice: str
) -> None:
    make_key(tmp_path / "locked", "ecdsa", passphrase="open sesame", form=form)
    locked = connection.model_copy(update={"key_file": tmp_path / "locked"})

    with pytest.raises(ConnectionFailed, match=f"locked {advice}"):
        enter(locked, passphrase=passphrase)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_one_of_several_pinned_host_keys_is_enough(
    connection: Connection, openssh_server: OpenSshServer, tmp_path: Path, kind: str
) -> None:
    other = make_key(tmp_path / "other", kind)

    enter(connection.model_copy(update={"host_keys": [other, openssh_server.host_key]}))


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_of_a_servers_host_keys_the_pinned_one_is_negotiated(tmp_path: Path, kind: str) -> None:
    second_key = tmp_path / "second_host_key"
    public = make_key(second_key, kind)

    with serve(tmp_path, settings=f"HostKey {second_key}\n") as server:
        enter(connect_to(server, host_key=public))


@pytest.mark.parametrize("steps", [("publickey", "password"), ("password", "publickey")])
def test_key_and_password_are_given_in_the_order_that_the_server_wants(
    openssh_server: OpenSshServer, steps: tuple[str, str]
) -> None:
    with lying(Lies(steps=steps)) as server:
        enter(connect_to(server, key_file=openssh_server.key_file), password=PASSWORD)


def test_a_password_answers_a_single_question_after_the_key(openssh_server: OpenSshServer) -> None:
    with lying(Lies(steps=("publickey", "keyboard-interactive"), asks=["Password: "])) as server:
        enter(connect_to(server, key_file=openssh_server.key_file), password=PASSWORD)


def test_a_second_step_without_a_password_is_named(openssh_server: OpenSshServer) -> None:
    with (
        lying(Lies(steps=("publickey", "password"))) as server,
        pytest.raises(ConnectionFailed, match="wants more than the key of 'acme'"),
    ):
        enter(connect_to(server, key_file=openssh_server.key_file))


def test_a_password_answers_a_single_question() -> None:
    with lying(Lies(steps=["keyboard-interactive"], asks=["Password: "])) as server:
        enter(connect_to(server, password_env="PASSWORD"), password=PASSWORD)


def test_a_second_question_is_not_answered() -> None:
    with (
        lying(Lies(steps=["keyboard-interactive"], asks=["Password: ", "Code: "])) as server,
        pytest.raises(ConnectionFailed, match="does not take the password of user 'acme'; it takes: keyboard-interact"),
    ):
        enter(connect_to(server, password_env="PASSWORD"), password=PASSWORD)


def test_a_wrong_password_is_refused_and_never_in_the_message() -> None:
    with (
        lying(Lies()) as server,
        pytest.raises(ConnectionFailed, match=r"refused the credentials \(password\)") as failure,
    ):
        enter(connect_to(server, password_env="PASSWORD"), password="hunter2-secret")

    assert "hunter2" not in str(failure.value)
