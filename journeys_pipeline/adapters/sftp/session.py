"""Files on a customer's SFTP server: listed, fetched only if they did not change meanwhile, put away afterwards."""

from collections.abc import Generator, Iterable
from contextlib import closing, contextmanager
from typing import BinaryIO

from journeys_pipeline.adapters.hashing import write_hashed
from journeys_pipeline.adapters.sftp.attributes import look_at
from journeys_pipeline.adapters.sftp.errors import ConnectionFailed, in_words, printable
from journeys_pipeline.adapters.sftp.listing import RemoteFile, SkippedEntry, list_folder
from journeys_pipeline.adapters.sftp.login import LoggedIn, Timeouts, log_in
from journeys_pipeline.adapters.sftp.reading import NotRegular, ReadingAhead
from journeys_pipeline.adapters.sftp.writing import Refused, free_path, make_folder, replace_file
from journeys_pipeline.catalog import Connection

DEFAULT_TIMEOUTS = Timeouts()
WRITE_ADVICE = " (check that its disk has room, and that both folders lie on the same one)"


class FetchFailed(Exception):
    """One file could not be fetched whole; a later try may succeed."""


class WriteFailed(Exception):
    """One file could not be written, moved or removed; the message says why and what to do."""


class SftpSession:
    """An open connection. After a stall or a missed deadline it is closed, and everything further fails at once."""

    def __init__(self, connection: LoggedIn, timeouts: Timeouts) -> None:
        self._transport = connection.transport
        self._client = connection.client
        self._watchdog = connection.watchdog
        self._timeouts = timeouts
        self._ahead = ReadingAhead(connection.client)
        self.skipped: list[SkippedEntry] = []  # by the last listing

    @property
    def is_open(self) -> bool:
        """Whether anything further can be done over this connection."""
        return self._transport.is_active()

    def list_files(self, folder: str) -> list[RemoteFile]:
        """Regular files of a folder, sorted by name; links, folders, pipes and odd names go to `skipped`.

        Raises:
            ConnectionFailed: the folder is missing or closed to us, or the listing broke off.
        """
        self.skipped = []
        with self._explained(ConnectionFailed, f"Reading the folder '{printable(folder)}'"):
            files, self.skipped = list_folder(self._client, folder)
        return files

    def expect(self, files: Iterable[RemoteFile]) -> None:
        """These files are fetched next, in this order: small ones are asked for meanwhile, to save round trips.

        Files passed over, or never fetched, do no harm. What fails is told by `fetch`.
        """
        self._ahead.expect(files)

    def fetch(self, file: RemoteFile, into: BinaryIO) -> str:
        """SHA-256 (hexadecimal) of the file, whose bytes are written to `into`.

        The size listed, the size and time before and after, and the bytes read must agree.

        Raises:
            FetchFailed: they do not, or the file is gone, closed to us, stalled or past its deadline.
        """
        return write_hashed(self._chunks(file), into)

    def write(self, path: str, content: bytes) -> None:
        """A file on the server, in place of an older one; whoever reads it there sees one of the two, whole.

        Raises:
            WriteFailed: the folder is missing or closed to us, its disk is full, or the server broke off.
        """
        with self._explained(WriteFailed, f"Writing '{printable(path)}'"):
            replace_file(self._client, path, content)

    def move(self, file: RemoteFile, folder: str) -> str:
        """The file's new path in that folder, which is made if it is missing; nothing there is overwritten.

        Raises:
            WriteFailed: the file is not as it was listed, or the server does not allow or finish it.
        """
        with self._explained(WriteFailed, f"Moving '{printable(file.path)}' to '{printable(folder)}'"):
            make_folder(self._client, folder)
            target = free_path(self._client, folder, file.name)
            self._check_unchanged(file)
            self._client.rename(file.path, target)
        return target

    def remove(self, file: RemoteFile) -> None:
        """Nothing; the file is gone from the server.

        Raises:
            WriteFailed: the file is not as it was listed, or the server does not allow or finish it.
        """
        with self._explained(WriteFailed, f"Removing '{printable(file.path)}'"):
            self._check_unchanged(file)
            self._client.remove(file.path)

    def _check_unchanged(self, file: RemoteFile) -> None:
        now = look_at(self._client, file.path)
        stamp = (now.is_regular, now.file_bytes, now.modified_s)
        if stamp != (True, file.file_bytes, file.modified_at.timestamp()):
            raise Refused("it is not the file that was fetched any more; the next fetch reads the new one")

    def _chunks(self, file: RemoteFile) -> Generator[bytes]:
        # a generator, so that a failing write on our side is not taken for a failing server
        with self._explained(FetchFailed, "Reading the file"):
            reading = self._ahead.take(file)
            received = 0
            for chunk in reading.chunks():
                received += len(chunk)
                yield chunk
            before, after = reading.before, reading.after
            if before != after or {file.file_bytes, received} != {after and after.file_bytes}:
                raise FetchFailed(
                    f"The file changed while it was read (listed {file.file_bytes} bytes, read {received}, "
                    f"now {after and after.file_bytes}); the next fetch tries again. "
                    "Upload under another name, then rename."
                )

    @contextmanager
    def _explained(self, failure: type[ConnectionFailed | FetchFailed | WriteFailed], task: str) -> Generator[None]:
        import paramiko  # noqa: PLC0415 - it costs a second, and most processes never fetch

        permission = "write" if failure is WriteFailed else "read"
        with self._watchdog.within(self._timeouts.file_s) as limit:
            try:
                yield
            except FileNotFoundError:
                reason = "the server says that it does not exist (any more)"
            except PermissionError:
                reason = f"the server does not let this user do it: ask its operator for {permission} permission"
            except NotRegular:
                reason = "it is no regular file any more"
            except Refused as refusal:
                reason = str(refusal)
            except (paramiko.SSHException, paramiko.SFTPError, OSError, EOFError, UnicodeError) as error:
                reason = self._broken(error, is_late=limit.has_passed)
                reason += WRITE_ADVICE if failure is WriteFailed and self.is_open else ""
            else:
                return
        raise failure(f"{task} failed: {reason}.") from None

    def _broken(self, error: Exception, *, is_late: bool) -> str:
        if isinstance(error, TimeoutError) or not isinstance(error, OSError):
            self._transport.close()  # the protocol is out of step; a plain OSError is the server's answer
        if is_late:
            return f"it took more than {self._timeouts.file_s:g} s"
        if isinstance(error, TimeoutError):
            return f"the server sent nothing for {self._timeouts.stall_s:g} s"
        if self.is_open:
            return f"the server answered: {in_words(error)}"
        return f"the server broke off ({in_words(error)})"


@contextmanager
def open_sftp(
    connection: Connection,
    *,
    password: str | None,
    passphrase: str | None = None,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
) -> Generator[SftpSession]:
    """A session with the connection's server, closed at the end; network errors are tried again.

    `passphrase` opens an encrypted key file. `password` is for the server: alone, or after the key where it asks both.

    Raises:
        ConnectionFailed: with what to do about it; nothing secret is sent before the host key is a pinned one.
    """
    with closing(log_in(connection, password=password, passphrase=passphrase, timeouts=timeouts)) as logged_in:
        yield SftpSession(logged_in, timeouts)
