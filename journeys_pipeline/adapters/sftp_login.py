# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""A logged-in SFTP channel to a customer's server, or a message that says what to do about its lack."""

import base64
import binascii
import hashlib
import logging
import socket
import time
import unicodedata
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Event, Timer
from typing import TYPE_CHECKING

from journeys_pipeline.catalog import Connection

if TYPE_CHECKING:
    from paramiko import PKey, SFTPClient, Transport

FASTEST_CIPHER = "aes128-gcm@openssh.com"
UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # Unicode categories: control, surrogate, line and paragraph separator


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect_s: float = 15  # for the TCP connection, and once more for the login
    stall_s: float = 30  # between two packets
    file_s: float = 1800  # for one file, or one listing, from first to last byte
    retry_pauses_s: tuple[float, ...] = (1, 2, 4)  # before each further try to connect


class ConnectionFailed(Exception):
    """The connection or its folder cannot be used; the message says why and what to do."""


class _UnreachableError(ConnectionFailed):
    """The network is at fault: worth another try."""


@dataclass(frozen=True)
class _Login:
    connection: Connection
    host_key: tuple[str, bytes]
    key: "PKey | None"
    password: str | None

    @property
    def server(self) -> str:
        return f"{self.connection.host}:{self.connection.port}"


def log_in(connection: Connection, *, password: str | None, timeouts: Timeouts) -> "tuple[Transport, SFTPClient]":
    """A logged-in transport and its SFTP client; network errors are tried again, refusals are not.

    Raises:
        ConnectionFailed: with what to do about it; nothing secret is sent before the host key is the pinned one.
    """
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs whole stack traces; we raise what matters
    login = _Login(connection, _pinned_key(connection), _private_key(connection), password)
    if login.key is None and not password:
        where = connection.password_env
        fix = f"set the environment variable {where}" if where else "set `key_file` or `password_env`"
        raise ConnectionFailed(f"No key and no password for {login.server}: {fix}.")
    for pause in timeouts.retry_pauses_s:
        try:
            return _attempt(login, timeouts)
        except _UnreachableError:
            time.sleep(pause)
    return _attempt(login, timeouts)


def printable(text: str) -> str:
    """The text, at most 200 characters, with control characters escaped."""
    return "".join(c.encode("unicode_escape").decode() if is_unprintable(c) else c for c in text[:200])


@contextmanager
def deadline(transport: "Transport", seconds: float) -> Generator[Event]:
    """Closes the transport when time is up, which ends any wait in paramiko; the event then is set."""
    passed = Event()

    def cut() -> None:
        passed.set()
        transport.close()

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield passed
    finally:
        timer.cancel()


def _attempt(login: _Login, timeouts: Timeouts) -> "tuple[Transport, SFTPClient]":
    import paramiko

    with ExitStack() as undo:
        sock = undo.enter_context(_dial(login, timeouts.connect_s))
        transport = paramiko.Transport(sock)
        undo.callback(transport.close)
        with deadline(transport, timeouts.connect_s) as passed:
            try:
                _shake_hands(transport, login, timeouts)
                _authenticate(transport, login)
                channel = transport.open_session()
                channel.settimeout(timeouts.stall_s)  # without it a stalled server hangs us for ever
                channel.invoke_subsystem("sftp")
                client = paramiko.SFTPClient(channel)
            except (ConnectionFailed, paramiko.SSHException, paramiko.SFTPError, OSError, EOFError) as error:
                late = passed.is_set() or isinstance(error, TimeoutError)
                raise _explain(error, login, late=late, logged_in=transport.is_authenticated()) from None
        undo.pop_all()
    return transport, client


def _dial(login: _Login, connect_s: float) -> socket.socket:
    address = (login.connection.host, login.connection.port)
    try:
        sock = socket.create_connection(address, timeout=connect_s)
    except socket.gaierror as error:
        failure = _UnreachableError if error.errno == socket.EAI_AGAIN else ConnectionFailed
        raise failure(f"The host name '{login.connection.host}' is unknown: check `host`, or the DNS here.") from None
    except ConnectionRefusedError:
        advice = "is its SFTP server running, and is `port` right?"
        raise _UnreachableError(f"{login.server} refused the connection: {advice}") from None
    except TimeoutError:
        advice = "check `host` and `port`, and that its firewall lets this machine in."
        raise _UnreachableError(f"Connecting to {login.server} timed out after {connect_s:g} s: {advice}") from None
    except OSError as error:
        raise _UnreachableError(
            f"{login.server} cannot be reached: {error.strerror or type(error).__name__}."
        ) from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _shake_hands(transport: "Transport", login: _Login, timeouts: Timeouts) -> None:
    kind, pinned = login.host_key
    options = transport.get_security_options()
    options.ciphers = sorted(options.ciphers, key=lambda cipher: cipher != FASTEST_CIPHER)
    try:  # only the pinned kind, so that a server with several keys offers that one
        options.key_types = ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
    except ValueError:
        raise ConnectionFailed(f"`host_key` of {login.server} is of the unknown kind '{printable(kind)}'.") from None
    # paramiko's own limits only have to be longer than the deadline, which decides
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = 2 * timeouts.connect_s
    transport.start_client()
    offered = transport.get_remote_server_key()
    if (offered.get_name(), offered.asbytes()) != (kind, pinned):
        raise ConnectionFailed(
            f"The host key of {login.server} is not the pinned one: pinned {kind} {_fingerprint(pinned)}, "
            f"offered {offered.get_name()} {_fingerprint(offered.asbytes())}. Nothing was sent. Ask the server's "
            "operator, not over this connection, whether the key was replaced; if so, put the new one into `host_key`."
        )


def _authenticate(transport: "Transport", login: _Login) -> None:
    user = login.connection.user
    if login.key is not None:
        transport.auth_publickey(user, login.key)
    if not transport.is_authenticated() and login.password:
        transport.auth_password(user, login.password)
    if not transport.is_authenticated():
        raise ConnectionFailed(f"{login.server} wants more than the key or password of '{user}' (a second factor).")


def _explain(error: Exception, login: _Login, *, late: bool, logged_in: bool) -> ConnectionFailed:
    import paramiko
    from paramiko.ssh_exception import IncompatiblePeer

    user = login.connection.user
    if late:
        return _UnreachableError(
            f"{login.server} accepted the connection, but the login timed out: is it an SFTP server?"
        )
    if isinstance(error, ConnectionFailed):
        return error
    if isinstance(error, IncompatiblePeer):
        pin = f"{login.host_key[0]} {_fingerprint(login.host_key[1])}"
        return ConnectionFailed(f"{login.server} does not fit (host key pinned: {pin}): {printable(str(error))}.")
    if isinstance(error, paramiko.AuthenticationException):
        means = " and ".join(
            word for word, given in (("key", login.key is not None), ("password", bool(login.password))) if given
        )
        advice = "check `user`, and that the server knows the public key or password."
        return ConnectionFailed(f"{login.server} refused the credentials ({means}) of user '{user}': {advice}")
    if logged_in:
        return ConnectionFailed(f"{login.server} let '{user}' in, but offers no SFTP: ask its operator to allow it.")
    return _UnreachableError(f"{login.server} broke off the login: {printable(str(error)) or type(error).__name__}.")


def _pinned_key(connection: Connection) -> tuple[str, bytes]:
    try:
        kind, encoded = connection.host_key.split()[:2]
        return kind, base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise ConnectionFailed("`host_key` must read like 'ssh-ed25519 AAAA…' (see ssh-keyscan).") from None


def _private_key(connection: Connection) -> "PKey | None":
    if connection.key_file is None:
        return None
    import paramiko
    from cryptography.exceptions import UnsupportedAlgorithm
    from paramiko.pkey import UnknownKeyType

    unusable = (ValueError, TypeError, UnsupportedAlgorithm, paramiko.SSHException, UnknownKeyType)
    try:
        return paramiko.PKey.from_path(connection.key_file)
    except FileNotFoundError:
        raise ConnectionFailed(f"The key file {connection.key_file} does not exist: check `key_file`.") from None
    except OSError as error:
        raise ConnectionFailed(f"The key file {connection.key_file} cannot be read: {error.strerror}.") from None
    except unusable:
        wanted = "an OpenSSH or PEM private key without a passphrase is needed"
        raise ConnectionFailed(f"The key file {connection.key_file} cannot be used: {wanted}.") from None


def is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in UNPRINTABLE


def _fingerprint(key: bytes) -> str:
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")
