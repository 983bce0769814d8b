# ruff: noqa: PLC0415 - paramiko is imported where it is used: it costs a second, and most processes never fetch
"""Files on their way from an SFTP server, with many requests under way at once.

Round trips, not bytes, are what small files cost; and a large file that is asked for piece by piece waits as often.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from journeys_pipeline.adapters.sftp.attributes import Attributes, unpack_answer
from journeys_pipeline.adapters.sftp.listing import RemoteFile

if TYPE_CHECKING:
    from journeys_pipeline.adapters.sftp.channel import ReadingClient

AHEAD_BYTES = 2**23  # asked for and not yet consumed; more than a channel's window, so that the server never waits
AHEAD_FILES = 64

Step = Callable[[int, Any], None]


def _ignore(_kind: int, _message: Any) -> None:
    pass


class NotRegular(Exception):
    """The path does not lead to a regular file any more; it was not opened."""


class FileReading:
    """One file: looked at, opened, read, closed, looked at again.

    Nothing here waits: paramiko hands in the answers (`_async_response`) while somebody waits for any answer.
    """

    def __init__(self, client: "ReadingClient", file: RemoteFile) -> None:
        from paramiko import sftp

        self.before: Attributes | None = None
        self.after: Attributes | None = None
        self._failure: Exception | None = None
        self._file = file
        self._sftp = sftp
        self._client = cast("Any", client)
        self._chunk_bytes = client.read_chunk_bytes
        self._steps: dict[int, Step] = {}  # by request number: what its answer leads to
        self._arrived: dict[int, bytes] = {}  # by offset
        self._handle: bytes | None = None
        self._asked = self._under_way = 0  # bytes, and requests
        self._ask(self._open, sftp.CMD_LSTAT, file.path)

    def chunks(self) -> Iterator[bytes]:
        """The bytes in order, up to the end of the file, or one more than was listed if it has grown.

        Raises:
            NotRegular: nothing was read.
            OSError: what the server answered.
        """
        position = 0
        try:
            while not self._failure and (position in self._arrived or not self.after):
                if position in self._arrived:
                    chunk = self._arrived.pop(position)
                    yield chunk
                    position += len(chunk)
                    self._ask_for_more()
                else:
                    self._client._read_response()  # noqa: SLF001 - there is no public way to wait for any answer
            if self._failure:
                raise self._failure
        finally:
            self.close()

    def close(self) -> None:
        """No open file is left on the server; what it still sends is ignored."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError, EOFError):  # the connection is gone, and the file with it
                self._ask(_ignore, self._sftp.CMD_CLOSE, handle)

    def _ask(self, step: Step, kind: int, *arguments: object) -> None:
        number = self._client._async_request(self, kind, *arguments)  # noqa: SLF001 - nor to send without waiting
        self._steps[number] = step

    def _async_response(self, kind: int, message: Any, number: int) -> None:
        try:
            self._steps.pop(number)(kind, message)
        except (OSError, EOFError, UnicodeError, NotRegular, self._sftp.SFTPError) as error:
            self._failure = error  # not raised here: whoever waits may wait for another file
            self.close()

    def _open(self, kind: int, message: Any) -> None:
        self._refuse_status(kind, message)
        self.before = unpack_answer(kind, message)
        if not self.before.is_regular:
            raise NotRegular  # to open a FIFO would halt the server
        no_attributes = 0
        self._ask(self._begin, self._sftp.CMD_OPEN, self._file.path, self._sftp.SFTP_FLAG_READ, no_attributes)

    def _begin(self, kind: int, message: Any) -> None:
        self._refuse_status(kind, message)
        self._handle = message.get_binary()
        self._ask_for_more()

    def _ask_for_more(self) -> None:
        total = self._file.file_bytes + 1  # the last byte is asked for to see whether the file has grown
        most_chunks = AHEAD_BYTES // self._chunk_bytes
        while self._asked < total and self._handle is not None and self._under_way + len(self._arrived) < most_chunks:
            length = min(self._chunk_bytes, total - self._asked)
            self._asked += length
            self._ask_for(self._asked - length, length)

    def _ask_for(self, offset: int, length: int) -> None:
        def keep(kind: int, message: Any) -> None:
            self._under_way -= 1
            self._keep(offset, length, self._data(kind, message))
            if self._under_way == 0 and self._asked > self._file.file_bytes and not self._failure:
                self._finish()

        self._under_way += 1
        self._ask(keep, self._sftp.CMD_READ, self._handle, self._sftp.int64(offset), length)

    def _keep(self, offset: int, length: int, data: bytes) -> None:
        if len(data) > length:
            raise self._sftp.SFTPError("more was sent than was asked for")
        if not data:
            self._asked = self._file.file_bytes + 1  # the file ends here, or before
            return
        self._arrived[offset] = data
        end = offset + len(data)
        if len(data) < length and end != self._file.file_bytes:  # of a regular file, less than asked for means its end
            self._ask_for(end, length - len(data))  # …or that the server sends smaller pieces

    def _finish(self) -> None:
        self.close()
        self._ask(self._look_again, self._sftp.CMD_LSTAT, self._file.path)

    def _look_again(self, kind: int, message: Any) -> None:
        self._refuse_status(kind, message)
        self.after = unpack_answer(kind, message)

    def _data(self, kind: int, message: Any) -> bytes:
        try:
            self._refuse_status(kind, message)
        except EOFError:
            return b""
        if kind != self._sftp.CMD_DATA:
            raise self._sftp.SFTPError("data was asked for, something else was answered")
        return message.get_string()

    def _refuse_status(self, kind: int, message: Any) -> None:
        if kind == self._sftp.CMD_STATUS:
            self._client._convert_status(message)  # noqa: SLF001 - raises what the server said
            raise self._sftp.SFTPError("the answer holds nothing")


class ReadingAhead:
    """Readings of the files expected next, begun before anybody asks for them, as far as memory allows."""

    def __init__(self, client: "ReadingClient") -> None:
        self._client = client
        self._expected: OrderedDict[RemoteFile, None] = OrderedDict()
        self._begun: OrderedDict[RemoteFile, FileReading] = OrderedDict()
        self._begun_bytes = 0

    def expect(self, files: Iterable[RemoteFile]) -> None:
        """These files will be asked for, in this order; what was expected before no longer is."""
        while self._begun:
            self._take_first()[1].close()
        self._expected = OrderedDict.fromkeys(files)

    def take(self, file: RemoteFile) -> FileReading:
        """The reading of this file, whether expected or not; files expected before it no longer are."""
        while file in self._begun:
            begun, reading = self._take_first()
            if begun == file:
                break
            reading.close()
        else:
            while file in self._expected:
                self._expected.popitem(last=False)
            reading = FileReading(self._client, file)
        self._begin_next()
        return reading

    def _take_first(self) -> tuple[RemoteFile, FileReading]:
        file, reading = self._begun.popitem(last=False)
        self._begun_bytes -= file.file_bytes
        return file, reading

    def _begin_next(self) -> None:
        while self._expected and len(self._begun) < AHEAD_FILES:
            file = next(iter(self._expected))
            if self._begun_bytes + file.file_bytes > AHEAD_BYTES:
                break
            del self._expected[file]
            self._begun[file] = FileReading(self._client, file)
            self._begun_bytes += file.file_bytes
