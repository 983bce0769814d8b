# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""Files on a customer's SFTP server: listed, and fetched only if they did not change meanwhile."""

import hashlib
import posixpath
import stat
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from journeys_pipeline.adapters.sftp_login import (
    ConnectionFailed,
    Timeouts,
    deadline,
    is_unprintable,
    log_in,
    printable,
)
from journeys_pipeline.catalog import Connection

if TYPE_CHECKING:
    from paramiko import SFTPClient, SFTPFile, Transport

__all__ = ["ConnectionFailed", "FetchFailed", "RemoteFile", "SftpSession", "Timeouts", "open_sftp"]

DEFAULT_TIMEOUTS = Timeouts()
CHUNK_BYTES = 32_768  # one SFTP read request; some servers refuse more
REQUESTS_UNDER_WAY = 128  # twice what fits into paramiko's channel window, so that the server never waits for us


@dataclass(frozen=True)
class RemoteFile:
    """A regular file on the server, by the server's own values."""

    path: str
    name: str
    file_bytes: int
    modified_at: datetime


class FetchFailed(Exception):
    """One file could not be fetched whole; a later try may succeed."""


class SftpSession:
    """An open connection. After a stall or a missed deadline it is closed, and everything further fails at once."""

    def __init__(self, transport: "Transport", client: "SFTPClient", timeouts: Timeouts) -> None:
        self._transport = transport
        self._client = client
        self._timeouts = timeouts
        self.skipped: list[str] = []  # names the last listing left out, made printable

    @property
    def is_open(self) -> bool:
        """Whether further files can be fetched over this connection."""
        return self._transport.is_active()

    def list_files(self, folder: str) -> list[RemoteFile]:
        """Regular files of a folder, sorted by name; links, folders, pipes and odd names are left out.

        Raises:
            ConnectionFailed: the folder is missing or closed to us, or the listing broke off.
        """
        self.skipped = []
        files: list[RemoteFile] = []
        with self._explained(ConnectionFailed, f"the folder '{printable(folder)}'"):
            for raw_name, attributes in _read_folder(self._client, folder):
                name = _safe_name(raw_name)
                if not stat.S_ISREG(attributes.st_mode or 0):
                    continue
                if name is None or attributes.st_size is None or attributes.st_mtime is None:
                    self.skipped.append(printable(raw_name.decode(errors="backslashreplace")))
                    continue
                modified_at = datetime.fromtimestamp(attributes.st_mtime, UTC)
                files.append(RemoteFile(posixpath.join(folder, name), name, attributes.st_size, modified_at))
        return sorted(files, key=lambda file: file.name)

    def fetch(self, file: RemoteFile, into: BinaryIO) -> str:
        """SHA-256 (hexadecimal) of the file, whose bytes are written to `into`.

        The size listed, the size and time before and after, and the bytes read must agree.

        Raises:
            FetchFailed: they do not, or the file is gone, closed to us, stalled or past its deadline.
        """
        digest = hashlib.sha256()
        with closing(self._chunks(file)) as chunks:
            for chunk in chunks:
                digest.update(chunk)
                into.write(chunk)
        return digest.hexdigest()

    def _chunks(self, file: RemoteFile) -> Generator[bytes]:
        # a generator, so that a failing write on our side is not taken for a failing server
        with self._explained(FetchFailed, "the file"):
            before = self._client.lstat(file.path)
            if not stat.S_ISREG(before.st_mode or 0):
                raise FetchFailed("The file is no regular file any more; it was not read.")
            received = 0
            # no `with`: leaving it after a stall would wait for the server once more
            remote = self._client.open(file.path, "rb")
            for chunk in _ReadAhead(self._client, remote).chunks(file.file_bytes):
                received += len(chunk)
                if received > file.file_bytes:
                    break
                yield chunk
            remote.close()
            after = self._client.lstat(file.path)
            sizes = {file.file_bytes, before.st_size, received, after.st_size}
            if len(sizes) > 1 or before.st_mtime != after.st_mtime:
                raise FetchFailed(
                    f"The file changed while it was read (listed {file.file_bytes} bytes, read {received}, "
                    f"now {after.st_size}); the next fetch tries again. Upload under another name, then rename."
                )

    @contextmanager
    def _explained(self, failure: type[ConnectionFailed | FetchFailed], what: str) -> Generator[None]:
        import paramiko

        limits = self._timeouts
        with deadline(self._transport, limits.file_s) as passed:
            try:
                yield
            except FileNotFoundError:
                raise failure(f"The server says that {what} does not exist (any more).") from None
            except PermissionError:
                raise failure(f"The server does not let this user read {what}: ask for read permission.") from None
            except (paramiko.SSHException, paramiko.SFTPError, OSError, EOFError, UnicodeError) as error:
                if isinstance(error, TimeoutError) or not isinstance(error, OSError):
                    self._transport.close()  # the protocol is out of step; a plain OSError is the server's answer
                if passed.is_set():
                    reason = f"it took more than {limits.file_s:g} s"
                elif isinstance(error, TimeoutError):
                    reason = f"the server sent nothing for {limits.stall_s:g} s"
                else:
                    reason = f"the server broke off ({printable(str(error))})"
                raise failure(f"Reading {what} failed: {reason}.") from None


@contextmanager
def open_sftp(
    connection: Connection, *, password: str | None, timeouts: Timeouts = DEFAULT_TIMEOUTS
) -> Generator[SftpSession]:
    """A session with the connection's server, closed at the end; network errors are tried again.

    Raises:
        ConnectionFailed: with what to do about it; nothing secret is sent before the host key is the pinned one.
    """
    transport, client = log_in(connection, password=password, timeouts=timeouts)
    try:
        yield SftpSession(transport, client, timeouts)
    finally:
        transport.close()


class _ReadAhead:
    """Many read requests under way at once. paramiko's own prefetch sends from a thread that outlives a failure."""

    def __init__(self, client: "SFTPClient", remote: "SFTPFile") -> None:
        self._client = cast("Any", client)
        self._handle = cast("Any", remote).handle
        self._requested: dict[int, int] = {}  # request number to offset
        self._arrived: dict[int, bytes] = {}  # by offset

    def chunks(self, file_bytes: int) -> Iterator[bytes]:
        """The bytes in order, up to the end of the file, or the first beyond `file_bytes` if it has grown."""
        position = following = 0
        while position <= file_bytes:
            while following <= file_bytes and len(self._requested) + len(self._arrived) < REQUESTS_UNDER_WAY:
                length = min(CHUNK_BYTES, file_bytes - following) or 1  # the last request asks whether there is more
                self._request(following, length)
                following += length
            while position not in self._arrived:
                self._client._read_response()  # noqa: SLF001 - calls _async_response; there is no public way
            chunk = self._arrived.pop(position)
            if not chunk:
                return
            yield chunk
            position += len(chunk)
            if position < following and position not in self._offsets():
                self._request(position, min(CHUNK_BYTES, following - position))  # the server sent less than asked for

    def _offsets(self) -> set[int]:
        return {*self._requested.values(), *self._arrived}

    def _request(self, offset: int, length: int) -> None:
        from paramiko.sftp import CMD_READ, int64

        number = self._client._async_request(self, CMD_READ, self._handle, int64(offset), length)  # noqa: SLF001 - as above
        self._requested[number] = offset

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        from paramiko.sftp import CMD_DATA

        offset = self._requested.pop(number)
        try:
            if kind != CMD_DATA:
                self._client._convert_status(message)  # noqa: SLF001 - raises what the server said
            self._arrived[offset] = message.get_string() if kind == CMD_DATA else b""
        except EOFError:
            self._arrived[offset] = b""


def _read_folder(client: "SFTPClient", folder: str) -> Iterator[tuple[bytes, Any]]:
    """Raw names and attributes. paramiko's own listing fails as a whole at one name that is not UTF-8."""
    from paramiko.sftp import CMD_CLOSE, CMD_OPENDIR, CMD_READDIR
    from paramiko.sftp_attr import SFTPAttributes

    raw_client, raw_attributes = cast("Any", client), cast("Any", SFTPAttributes)
    request = raw_client._request  # noqa: SLF001 - paramiko has no public listing of raw names
    unpack = raw_attributes._from_msg  # noqa: SLF001 - likewise
    handle = request(CMD_OPENDIR, folder)[1].get_binary()
    while True:
        try:
            message = request(CMD_READDIR, handle)[1]
        except EOFError:
            break
        for _ in range(message.get_int()):
            name = message.get_binary()
            message.get_binary()  # the line that `ls -l` would print
            if not name:
                raise EOFError("malformed listing")
            yield name, unpack(message)
    request(CMD_CLOSE, handle)


def _safe_name(raw_name: bytes) -> str | None:
    try:
        name = raw_name.decode()
    except UnicodeDecodeError:
        return None
    is_safe = name not in {".", ".."} and "/" not in name and not any(map(is_unprintable, name))
    return name if is_safe else None
