"""An SFTP client on a logged-in transport, made fast. Importing this imports paramiko, which costs a second."""

from collections import deque
from typing import Any, cast

import paramiko
from paramiko.buffered_pipe import BufferedPipe
from paramiko.sftp import CMD_EXTENDED

MOST_CHUNK_BYTES = 2**17  # measured: half the time that 2**15 takes, and no less than 2**18
SAFE_CHUNK_BYTES = 2**15  # what every server has to take
PACKET_OVERHEAD_BYTES = 1024
WINDOW_BYTES = 2**22
MOST_UNSENT = 16  # requests; few beside those under way, so that the server never runs out of them


class ReadingClient(paramiko.SFTPClient):
    """A client that knows how much one read request may ask for, and sends small requests together."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._unsent: list[bytes] = []
        super().__init__(channel)
        self.read_chunk_bytes = max(SAFE_CHUNK_BYTES, min(MOST_CHUNK_BYTES, self._longest_read(channel)))

    def _write_all(self, out: bytes) -> None:
        self._unsent.append(out)
        if len(self._unsent) >= MOST_UNSENT:
            self._flush()

    def _read_packet(self) -> tuple[int, bytes]:
        if not self.sock.recv_ready():  # else the server has enough to do, and we to read
            self._flush()
        return cast("Any", super())._read_packet()  # noqa: SLF001 - no public way to send a few requests at once

    def _flush(self) -> None:
        requests, self._unsent = b"".join(self._unsent), []
        self.sock.sendall(requests)

    def _longest_read(self, channel: paramiko.Channel) -> int:
        if "OpenSSH" not in channel.get_transport().remote_version:
            return SAFE_CHUNK_BYTES
        try:
            _, message = cast("Any", self)._request(CMD_EXTENDED, "limits@openssh.com")  # noqa: SLF001 - no public way
        except TimeoutError:
            raise
        except OSError:  # older than this extension
            return SAFE_CHUNK_BYTES
        message.get_int64()  # the longest packet
        return message.get_int64()


def open_client(transport: paramiko.Transport, stall_s: float) -> ReadingClient:
    """A client whose every wait ends after `stall_s`.

    Raises:
        SSHException: the server offers no SFTP.
    """
    channel = transport.open_session(window_size=WINDOW_BYTES, max_packet_size=MOST_CHUNK_BYTES + PACKET_OVERHEAD_BYTES)
    channel.in_buffer = ChunkPipe()
    channel.settimeout(stall_s)  # without it a stalled server hangs us for ever
    channel.invoke_subsystem("sftp")
    return ReadingClient(channel)


class _Chunks:
    """Bytes as they came, with the part of an array's interface that BufferedPipe uses."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._bytes = 0
        self._taken = 0  # of the first chunk

    def __len__(self) -> int:
        return self._bytes

    def append(self, chunk: bytes) -> None:
        if chunk:
            self._chunks.append(chunk)
            self._bytes += len(chunk)

    def first(self, limit: int) -> bytes:
        parts: list[bytes] = []
        start, wanted = self._taken, min(limit, self._bytes)
        for chunk in self._chunks:
            if wanted == 0:
                break
            parts.append(chunk[start : start + wanted])
            wanted -= len(parts[-1])
            start = 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def __delitem__(self, which: slice) -> None:
        count = self._bytes if which.stop is None else min(which.stop, self._bytes)
        self._bytes -= count
        self._taken += count
        while self._chunks and self._taken >= len(self._chunks[0]):
            self._taken -= len(self._chunks.popleft())


class ChunkPipe(BufferedPipe):
    """A pipe of whole chunks. One array, from whose front paramiko deletes, takes half the time of a large file."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer: Any = _Chunks()

    def _buffer_frombytes(self, data: bytes) -> None:
        self._buffer.append(data)

    def _buffer_tobytes(self, limit: int | None = None) -> bytes:
        return self._buffer.first(len(self._buffer) if limit is None else limit)
