"""A folder of this machine, or of a file server that it mounts."""

import os
import posixpath
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from journeys_pipeline.adapters.hashing import write_hashed
from journeys_pipeline.adapters.sftp import ConnectionFailed, FetchFailed, RemoteFile, SkippedEntry, WriteFailed
from journeys_pipeline.adapters.sftp.attributes import Attributes
from journeys_pipeline.adapters.sftp.errors import printable
from journeys_pipeline.adapters.sftp.listing import sort_out
from journeys_pipeline.adapters.whole_files import write_whole

CHUNK_BYTES = 1024 * 1024
Failure = type[ConnectionFailed | FetchFailed | WriteFailed]


class FolderSession:
    """A folder's regular files; links are not followed."""

    is_open = True

    def __init__(self, root: str) -> None:
        self._root = root
        self.skipped: list[SkippedEntry] = []

    def list_files(self, folder: str) -> list[RemoteFile]:
        """Regular files of the folder, sorted by name; links, folders, pipes and odd names go to `skipped`.

        Raises:
            ConnectionFailed: the folder is missing or closed to us.
        """
        place = posixpath.join(self._root, folder)
        with _explained(ConnectionFailed, f"Reading the folder '{printable(place)}'"):
            with os.scandir(os.fsencode(place)) as entries:
                found = {entry.name: _attributes(entry.stat(follow_symlinks=False)) for entry in entries}
            files, self.skipped = sort_out(place, found)
        return files

    def expect(self, files: Iterable[RemoteFile]) -> None:
        """Nothing: a disk needs no asking ahead."""

    def fetch(self, file: RemoteFile, into: BinaryIO) -> str:
        """SHA-256 (hexadecimal) of the file, whose bytes are written to `into`.

        Raises:
            FetchFailed: it is gone, closed to us, or changed while it was read.
        """
        return write_hashed(_chunks(file), into)

    def write(self, path: str, content: bytes) -> None:
        """A file in the folder, in place of an older one, whole or not at all.

        Raises:
            WriteFailed: the folder is closed to us, or its disk is full.
        """
        with _explained(WriteFailed, f"Writing '{printable(path)}'"):
            write_whole(Path(self._root, path), content)

    def move(self, file: RemoteFile, folder: str) -> str:
        """The file's new path in that folder, which is made if it is missing; nothing there is overwritten.

        Raises:
            WriteFailed: the file is not as it was listed, or may not be moved.
        """
        with _explained(WriteFailed, f"Moving '{printable(file.path)}'"):
            place = Path(self._root, folder)
            place.mkdir(parents=True, exist_ok=True)
            _check_unchanged(file)
            number = 0
            while os.path.lexists(target := place / (f"{file.name}.{number}" if number else file.name)):
                number += 1
            Path(file.path).rename(target)
        return str(target)

    def remove(self, file: RemoteFile) -> None:
        """Nothing; the file is gone.

        Raises:
            WriteFailed: the file is not as it was listed, or may not be removed.
        """
        with _explained(WriteFailed, f"Removing '{printable(file.path)}'"):
            _check_unchanged(file)
            Path(file.path).unlink()


def _chunks(file: RemoteFile) -> Generator[bytes]:
    # a generator, so that a failing write on our side is not taken for a failing folder
    with _explained(FetchFailed, "Reading the file"), _opened(file.path) as source:
        before = os.fstat(source.fileno())
        while chunk := source.read(CHUNK_BYTES):
            yield chunk
        received, after = source.tell(), os.fstat(source.fileno())
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, received) or not _is_as_listed(file, after):
        raise FetchFailed("The file changed while it was read; the next fetch tries again.")


def _opened(path: str) -> BinaryIO:
    """The file, for reading; a link is refused, and a pipe is not waited for."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")


def _attributes(found: os.stat_result) -> Attributes:
    return Attributes(found.st_mode, found.st_size, found.st_mtime)


def _is_as_listed(file: RemoteFile, now: os.stat_result) -> bool:
    return (file.file_bytes, file.modified_at) == (now.st_size, datetime.fromtimestamp(now.st_mtime, UTC))


def _check_unchanged(file: RemoteFile) -> None:
    if not _is_as_listed(file, os.lstat(file.path)):
        raise WriteFailed("It is not the file that was fetched any more; the next fetch reads the new one.")


@contextmanager
def _explained(failure: Failure, task: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise failure(f"{task} failed: {reason}. Check the path and this user's permissions.") from None
