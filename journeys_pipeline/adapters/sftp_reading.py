# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""The bytes of a file on an SFTP server, with many read requests under way at once."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from paramiko import SFTPClient, SFTPFile

CHUNK_BYTES = 32_768  # one SFTP read request; some servers refuse more
REQUESTS_UNDER_WAY = 128  # twice what fits into paramiko's channel window, so that the server never waits for us


class ReadAhead:
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
