# ruff: noqa: ARG002 - paramiko passes more than a lie needs
"""An SFTP server in this process that lies about its one file, as a test tells it to."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import paramiko

LOOPBACK = "127.0.0.1"
USER, PASSWORD = "acme", "open sesame"
REGULAR_FILE = 0o100644
FOREVER_S = 60.0


@dataclass
class Lies:
    """What the server says: in its listing, then to each further question, of which the last answer is repeated."""

    content: bytes = b""
    sizes: Sequence[int | None] = ()  # else the truth
    times: Sequence[int | None] = (1_700_000_000,)
    names: Sequence[str] = ("people.csv",)
    read: Callable[[int, int], bytes | int] | None = None  # from offset and length to bytes, or a status
    steps: Sequence[str] = ("password",)  # of the login, in this order
    asks: Sequence[str] = ()  # the questions of a keyboard-interactive step
    times_asked: int = field(default=0, init=False)
    done: list[str] = field(default_factory=list, init=False)  # what it was told to do
    over: threading.Event = field(default_factory=threading.Event, init=False)

    def attributes(self, name: str) -> paramiko.SFTPAttributes:
        """The next answer."""
        sizes = self.sizes or (len(self.content),)
        attributes = paramiko.SFTPAttributes()
        attributes.filename = name
        attributes.st_mode = REGULAR_FILE
        attributes.st_size = sizes[min(self.times_asked, len(sizes) - 1)]
        attributes.st_mtime = self.times[min(self.times_asked, len(self.times) - 1)]
        attributes.st_atime = attributes.st_mtime
        return attributes

    def never(self, _offset: int, _length: int) -> int:
        """No answer, as long as the test lasts."""
        self.over.wait(FOREVER_S)
        return paramiko.SFTP_FAILURE


@dataclass(frozen=True)
class LyingServer:
    """Where it listens."""

    host: str
    port: int
    user: str
    host_key: str
    key_file: Path | None = None


class _Handle(paramiko.SFTPHandle):
    def __init__(self, lies: Lies) -> None:
        super().__init__()
        self._lies = lies

    def read(self, offset: int, length: int) -> Any:
        if self._lies.read:
            return self._lies.read(offset, length)
        return self._lies.content[offset : offset + length] or paramiko.SFTP_EOF

    def write(self, offset: int, data: bytes) -> int:
        return paramiko.SFTP_OK


class _Folder(paramiko.SFTPServerInterface):
    def __init__(self, server: "_Login", *_: object) -> None:
        super().__init__(server)
        self._lies = server.lies

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes]:
        listing = [self._lies.attributes(name) for name in self._lies.names]
        self._lies.times_asked = 1
        return listing

    def lstat(self, path: str) -> paramiko.SFTPAttributes:
        answer = self._lies.attributes(path)
        self._lies.times_asked += 1
        return answer

    def open(self, path: str, flags: int, attr: object) -> paramiko.SFTPHandle:
        return _Handle(self._lies)

    def remove(self, path: str) -> int:
        self._lies.done.append(f"remove {path}")
        return paramiko.SFTP_OK

    def rename(self, oldpath: str, newpath: str) -> int:
        self._lies.done.append(f"rename {oldpath} to {newpath}")
        return paramiko.SFTP_OK


class _Login(paramiko.ServerInterface):
    def __init__(self, lies: Lies) -> None:
        self.lies = lies
        self._left = list(lies.steps)

    def get_allowed_auths(self, username: str) -> str:
        return self._left[0]

    def check_auth_publickey(self, username: str, key: object) -> int:
        return self._pass("publickey", is_right=True)

    def check_auth_password(self, username: str, password: str) -> int:
        return self._pass("password", is_right=(username, password) == (USER, PASSWORD))

    def check_auth_interactive(self, username: str, submethods: str) -> paramiko.InteractiveQuery | int:
        if self._left[0] != "keyboard-interactive":
            return paramiko.AUTH_FAILED
        return paramiko.InteractiveQuery("", "", *((question, False) for question in self.lies.asks))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        return self._pass("keyboard-interactive", is_right=responses == [PASSWORD] * len(self.lies.asks))

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def _pass(self, step: str, *, is_right: bool) -> int:
        if step != self._left[0] or not is_right:
            return paramiko.AUTH_FAILED
        if len(self._left) == 1:
            return paramiko.AUTH_SUCCESSFUL
        self._left.pop(0)
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL


@contextmanager
def lying(lies: Lies) -> Iterator[LyingServer]:
    """The server, for any number of logins one after the other, gone at the end."""
    key = paramiko.ECDSAKey.generate()
    transports: list[paramiko.Transport] = []

    def accept() -> None:
        while True:
            try:
                sock = listener.accept()[0]
            except OSError:
                return
            transport = paramiko.Transport(sock)
            transport.add_server_key(key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder)
            transports.append(transport)
            transport.start_server(event=threading.Event(), server=_Login(lies))

    with socket.create_server((LOOPBACK, 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield LyingServer(LOOPBACK, listener.getsockname()[1], USER, f"{key.get_name()} {key.get_base64()}")
        finally:
            lies.over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for transport in transports:
                transport.close()
