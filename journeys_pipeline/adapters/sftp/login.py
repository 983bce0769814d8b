# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""A login on a customer's server, or a message that says what to do about its lack."""

import logging
import random
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeys_pipeline.adapters.sftp.credentials import HostKey, pinned_keys, private_key
from journeys_pipeline.adapters.sftp.errors import ConnectionFailed, Unreachable, in_words, printable
from journeys_pipeline.adapters.sftp.watchdog import Watchdog
from journeys_pipeline.catalog import Connection

if TYPE_CHECKING:
    from paramiko import PKey, Transport

    from journeys_pipeline.adapters.sftp.channel import ReadingClient

FASTEST_CIPHER = "aes128-gcm@openssh.com"


@dataclass(frozen=True)
class Timeouts:
    """How long to wait, in seconds."""

    connect_s: float = 15  # for the TCP connection, and once more for the login
    stall_s: float = 30  # between two packets
    file_s: float = 1800  # for one file, or one listing, from first to last byte
    retry_pauses_s: tuple[float, ...] = (1, 2, 4)  # before each further try to connect, up to half as long again


@dataclass(frozen=True)
class LoggedIn:
    """An open connection, its SFTP client, and what holds it to time limits."""

    transport: "Transport"
    client: "ReadingClient"
    watchdog: Watchdog

    def close(self) -> None:
        """The connection is gone."""
        self.watchdog.close()
        self.transport.close()


@dataclass(frozen=True)
class _Login:
    connection: Connection
    host_keys: tuple[HostKey, ...]
    key: "PKey | None"
    password: str | None

    @property
    def server(self) -> str:
        return f"{self.connection.host}:{self.connection.port}"

    @property
    def pins(self) -> str:
        return " or ".join(map(str, self.host_keys))

    @property
    def means(self) -> str:
        given = (("key", self.key is not None), ("password", bool(self.password)))
        return " and ".join(word for word, is_given in given if is_given)


def log_in(connection: Connection, *, password: str | None, passphrase: str | None, timeouts: Timeouts) -> LoggedIn:
    """An open connection; network errors are tried again, refusals are not.

    Raises:
        ConnectionFailed: with what to do about it; nothing secret is sent before the host key is a pinned one.
    """
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it logs whole stack traces; we raise what matters
    key = private_key(connection.key_file, passphrase) if connection.key_file else None
    login = _Login(connection, pinned_keys(connection), key, password)
    if login.key is None and not password:
        where = connection.password_env
        fix = f"set the environment variable {where}" if where else "set `key_file` or `password_env`"
        raise ConnectionFailed(f"No key and no password for {login.server}: {fix}.")
    for pause_s in timeouts.retry_pauses_s:
        try:
            return _attempt(login, timeouts)
        except Unreachable:
            time.sleep(pause_s * random.uniform(1, 1.5))  # noqa: S311 - so that connections do not come back all at once
    return _attempt(login, timeouts)


def _attempt(login: _Login, timeouts: Timeouts) -> LoggedIn:
    import paramiko

    from journeys_pipeline.adapters.sftp.channel import open_client

    with ExitStack() as undo:
        sock = undo.enter_context(_dial(login, timeouts.connect_s))
        transport = paramiko.Transport(sock)
        undo.callback(transport.close)
        watchdog = Watchdog(transport.close)
        undo.callback(watchdog.close)
        with watchdog.within(timeouts.connect_s) as limit:
            try:
                _shake_hands(transport, login, timeouts)
                _authenticate(transport, login)
                client = open_client(transport, timeouts.stall_s)
            except ConnectionFailed:
                raise
            except Exception as error:  # noqa: BLE001 - paramiko hands on whatever its thread died of, at a bad packet too
                late = limit.has_passed or isinstance(error, TimeoutError)
                raise _explain(error, login, late=late, logged_in=transport.is_authenticated()) from None
        undo.pop_all()
    return LoggedIn(transport, client, watchdog)


def _dial(login: _Login, connect_s: float) -> socket.socket:
    address = (login.connection.host, login.connection.port)
    try:
        sock = socket.create_connection(address, timeout=connect_s)
    except socket.gaierror as error:
        failure = Unreachable if error.errno == socket.EAI_AGAIN else ConnectionFailed
        raise failure(f"The host name '{login.connection.host}' is unknown: check `host`, or the DNS here.") from None
    except ConnectionRefusedError:
        advice = "is its SFTP server running, and is `port` right?"
        raise Unreachable(f"{login.server} refused the connection: {advice}") from None
    except TimeoutError:
        advice = "check `host` and `port`, and that its firewall lets this machine in."
        raise Unreachable(f"Connecting to {login.server} timed out after {connect_s:g} s: {advice}") from None
    except OSError as error:
        raise Unreachable(f"{login.server} cannot be reached: {error.strerror or type(error).__name__}.") from None
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def _shake_hands(transport: "Transport", login: _Login, timeouts: Timeouts) -> None:
    options = transport.get_security_options()
    options.ciphers = sorted(options.ciphers, key=lambda cipher: cipher != FASTEST_CIPHER)
    try:  # only what is pinned, so that a server with several keys offers one of those
        options.key_types = [signature for key in login.host_keys for signature in key.signatures]
    except ValueError:
        raise ConnectionFailed(
            f"`host_key` of {login.server} is of an unknown kind: {printable(login.pins)}."
        ) from None
    # paramiko's own limits only have to be longer than the deadline, which decides
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = 2 * timeouts.connect_s
    transport.start_client()
    received = transport.get_remote_server_key()
    offered = HostKey(received.get_name(), received.asbytes())
    if offered not in login.host_keys:
        raise ConnectionFailed(
            f"The host key of {login.server} is not the pinned one: pinned {login.pins}, offered {offered}. Nothing "
            "was sent. Ask the server's operator, not over this connection, whether the key was replaced; if so, put "
            "the new one into `host_key`."
        )


def _authenticate(transport: "Transport", login: _Login) -> None:
    """Key, password, or both, in the order that the server wants; a password may answer a single question, too."""
    from paramiko import BadAuthenticationType

    steps: list[Callable[[], object]] = []
    user, key, password = login.connection.user, login.key, login.password
    if key is not None:
        steps.append(lambda: transport.auth_publickey(user, key))
    if password:
        steps.append(lambda: transport.auth_password(user, password))
    try:
        steps[0]()
    except BadAuthenticationType:
        if len(steps) == 1:
            raise
        steps.reverse()
        steps[0]()
    for step in steps[1:]:
        if not transport.is_authenticated():
            step()
    if not transport.is_authenticated():
        raise ConnectionFailed(f"{login.server} wants more than the {login.means} of '{user}' (a second factor).")


def _explain(error: Exception, login: _Login, *, late: bool, logged_in: bool) -> ConnectionFailed:
    import paramiko
    from paramiko.ssh_exception import IncompatiblePeer

    user = login.connection.user
    if late:
        return Unreachable(f"{login.server} accepted the connection, but the login timed out: is it an SFTP server?")
    if isinstance(error, IncompatiblePeer):
        reason = in_words(error)
        return ConnectionFailed(f"{login.server} does not fit (host key pinned: {login.pins}): {reason}.")
    if isinstance(error, paramiko.BadAuthenticationType):
        wanted = printable(", ".join(error.allowed_types)) or "nothing that we know"
        return ConnectionFailed(f"{login.server} does not take the {login.means} of user '{user}'; it takes: {wanted}.")
    if isinstance(error, paramiko.AuthenticationException):
        advice = "check `user`, and that the server knows the public key or password."
        return ConnectionFailed(f"{login.server} refused the credentials ({login.means}) of user '{user}': {advice}")
    if logged_in:
        return ConnectionFailed(f"{login.server} let '{user}' in, but offers no SFTP: ask its operator to allow it.")
    return Unreachable(f"{login.server} broke off the login: {in_words(error)}.")
