"""What a fetch can do at the place where files are dropped, whatever kind of place it is."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import BinaryIO, Protocol

from journeys_pipeline.adapters.sftp import RemoteFile, SkippedEntry, Timeouts, open_sftp
from journeys_pipeline.adapters.stores import open_store
from journeys_pipeline.catalog import Connection, StoreConnection


class Session(Protocol):
    """Files of one place, listed, read, written and put away; SftpSession says what each promises and raises."""

    skipped: list[SkippedEntry]

    @property
    def is_open(self) -> bool: ...

    def list_files(self, folder: str) -> list[RemoteFile]: ...

    def expect(self, files: Iterable[RemoteFile]) -> None: ...

    def fetch(self, file: RemoteFile, into: BinaryIO) -> str: ...

    def write(self, path: str, content: bytes) -> None: ...

    def move(self, file: RemoteFile, folder: str) -> str: ...

    def remove(self, file: RemoteFile) -> None: ...


@contextmanager
def open_session(
    connection: Connection | StoreConnection, *, password: str | None = None, passphrase: str | None = None
) -> Generator[Session]:
    """A session with the place that a connection names; passwords are for SFTP servers.

    Raises:
        ConnectionFailed: with what to do about it.
    """
    if isinstance(connection, StoreConnection):
        yield open_store(connection.url, file_s=connection.fetch_deadline_s)
        return
    limits = Timeouts(file_s=connection.fetch_deadline_s)
    with open_sftp(connection, password=password, passphrase=passphrase, timeouts=limits) as session:
        yield session
