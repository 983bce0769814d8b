"""An SFTP server on the loopback interface that serves each account its own folder."""

import asyncio
import logging
import os
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Endpoint:
    """How to log in: `users` with the private key in `key_file`, at a server whose public key is `host_key`."""

    host: str
    port: int
    users: tuple[str, ...]
    key_file: Path
    host_key: str


@contextmanager
def serve(root: Path, keys: Path, port: int = 0) -> Generator[Endpoint]:
    """Serve each folder in `root` (hidden ones apart) to the user of its name, until the block ends.

    Users log in by the key in `keys` alone and see nothing beyond their folder. The keys are made once and
    kept, so that pinned ones stay true. Port 0 takes a free one.
    """
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    host_key = _kept_key(keys / "host_key")
    client_key = _kept_key(keys / "client_key")
    users = tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sftp-server", daemon=True)
    thread.start()
    try:
        logins = _Logins(users, client_key.public_data)
        listening = _listen(root, logins, host_key=host_key, port=port)
        server = asyncio.run_coroutine_threadsafe(listening, loop).result()
        try:
            yield Endpoint(_HOST, server.get_port(), users, keys / "client_key", _public_line(host_key))
        finally:
            asyncio.run_coroutine_threadsafe(_stop(server, logins), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class _Logins:
    """Who may log in, by which key, and who is connected."""

    users: tuple[str, ...]
    public_data: bytes
    connections: set[asyncssh.SSHServerConnection] = field(default_factory=set)


class _Login(asyncssh.SSHServer):
    """One connection: lets a known user in with the client key."""

    def __init__(self, logins: _Logins) -> None:
        self._logins = logins

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._logins.connections.add(conn)

    def begin_auth(self, username: str) -> bool:
        del username  # everybody has to show a key
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username in self._logins.users and key.public_data == self._logins.public_data


class _Folder(asyncssh.SFTPServer):
    """A user's folder, which links do not lead out of."""

    def map_path(self, path: bytes) -> bytes:
        mapped = super().map_path(path)
        folder = os.path.realpath(super().map_path(b"/"))
        if os.path.commonpath([folder, os.path.realpath(mapped)]) != folder:
            raise asyncssh.SFTPNoSuchFile("No such file")
        return mapped


async def _listen(root: Path, logins: _Logins, *, host_key: asyncssh.SSHKey, port: int) -> asyncssh.SSHAcceptor:
    def serve_folder(channel: asyncssh.SSHServerChannel) -> asyncssh.SFTPServer:
        return _Folder(channel, chroot=os.fsencode(root / channel.get_extra_info("username")))

    return await asyncssh.create_server(
        lambda: _Login(logins),
        _HOST,
        port,
        server_host_keys=[host_key],
        sftp_factory=serve_folder,
        password_auth=False,
        kbdint_auth=False,
        agent_forwarding=False,
    )


async def _stop(server: asyncssh.SSHAcceptor, logins: _Logins) -> None:
    """Close the listener and whatever is still connected, and let their tasks end."""
    server.close()
    for connection in logins.connections:
        connection.abort()
    for connection in logins.connections:
        await connection.wait_closed()
    await server.wait_closed()
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


def _kept_key(path: Path) -> asyncssh.SSHKey:
    """The private key in the file, made at the first call."""
    if not path.exists():
        content = asyncssh.generate_private_key("ssh-ed25519").export_private_key("openssh")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    return asyncssh.import_private_key(path.read_bytes())


def _public_line(key: asyncssh.SSHKey) -> str:
    """The public key as OpenSSH writes it, without a comment."""
    kind, encoded = key.export_public_key("openssh").decode().split()[:2]
    return f"{kind} {encoded}"
