"""A prefix of an object store."""

import posixpath
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from time import monotonic
from typing import Any, BinaryIO

from journeys_pipeline.adapters.buckets import open_bucket, read_object
from journeys_pipeline.adapters.hashing import write_hashed
from journeys_pipeline.adapters.sftp import ConnectionFailed, FetchFailed, RemoteFile, SkippedEntry, WriteFailed
from journeys_pipeline.adapters.sftp.errors import printable
from journeys_pipeline.adapters.sftp.listing import name_flaw

Failure = type[ConnectionFailed | FetchFailed | WriteFailed]


class BucketSession:
    """The objects of one prefix, as files of a folder."""

    is_open = True

    def __init__(self, url: str, *, file_s: float) -> None:
        self._file_s = file_s
        with _explained(ConnectionFailed, f"Opening {url}"):
            self._bucket = open_bucket(url)
        self.skipped: list[SkippedEntry] = []

    def list_files(self, folder: str) -> list[RemoteFile]:
        """Objects right below the prefix, sorted by name; odd names go to `skipped`.

        Raises:
            ConnectionFailed: the store cannot be reached, or is closed to us.
        """
        with _explained(ConnectionFailed, f"Listing '{printable(folder)}'"):
            objects = self._bucket.list_with_delimiter(_normal(folder) or None)["objects"]
        files = [_file(found) for found in objects]
        flaws = {file.name: name_flaw(file.name.encode()) for file in files}
        self.skipped = [SkippedEntry(printable(name), flaw) for name, flaw in flaws.items() if flaw]
        return sorted((file for file in files if not flaws[file.name]), key=lambda file: file.name)

    def expect(self, files: Iterable[RemoteFile]) -> None:
        """Nothing: objects are read one after the other."""

    def fetch(self, file: RemoteFile, into: BinaryIO) -> str:
        """SHA-256 (hexadecimal) of the object, whose bytes are written to `into`; an object never changes in part.

        Raises:
            FetchFailed: it is gone, closed to us, another one than was listed, or broke off.
        """
        return write_hashed(self._chunks(file), into)

    def write(self, path: str, content: bytes) -> None:
        """An object, in place of an older one, whole or not at all.

        Raises:
            WriteFailed: the store cannot be reached, or is closed to us.
        """
        with _explained(WriteFailed, f"Writing '{printable(path)}'"):
            self._bucket.put(_normal(path), content)

    def move(self, file: RemoteFile, folder: str) -> str:
        """The object's new path; nothing there is overwritten.

        Raises:
            WriteFailed: the object is not as it was listed, or may not be moved.
        """
        with _explained(WriteFailed, f"Moving '{printable(file.path)}'"):
            self._check_unchanged(file)
            target, number = posixpath.join(_normal(folder), file.name), 0
            while self._has(target):
                number += 1
                target = posixpath.join(_normal(folder), f"{file.name}.{number}")
            self._bucket.rename(file.path, target)
        return target

    def remove(self, file: RemoteFile) -> None:
        """Nothing; the object is gone.

        Raises:
            WriteFailed: the object is not as it was listed, or may not be removed.
        """
        with _explained(WriteFailed, f"Removing '{printable(file.path)}'"):
            self._check_unchanged(file)
            self._bucket.delete(file.path)

    def _chunks(self, file: RemoteFile) -> Generator[bytes]:
        give_up_at = monotonic() + self._file_s
        with _explained(FetchFailed, "Reading the object"):
            found = self._bucket.head(file.path)
            if _file(found) != file:
                raise FetchFailed("It is not the object that was listed any more; the next fetch reads the new one.")
            for chunk in read_object(self._bucket, found):
                if monotonic() > give_up_at:
                    raise FetchFailed(f"Reading took more than {self._file_s:g} s (`fetch_deadline_s`).")
                yield chunk

    def _check_unchanged(self, file: RemoteFile) -> None:
        if _file(self._bucket.head(file.path)) != file:
            raise WriteFailed("It is not the object that was fetched any more; the next fetch reads the new one.")

    def _has(self, path: str) -> bool:
        try:
            self._bucket.head(path)
        except FileNotFoundError:
            return False
        return True


def _file(found: Mapping[str, Any]) -> RemoteFile:
    return RemoteFile(found["path"], posixpath.basename(found["path"]), found["size"], found["last_modified"])


def _normal(path: str) -> str:
    """The path without the dots that object stores do not know."""
    return posixpath.normpath(path).strip("/").removeprefix(".")


@contextmanager
def _explained(failure: Failure, task: str) -> Generator[None]:
    """A store's answers quote URLs and keys, so only their kind is passed on."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - most fetches are not of object stores

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        kind = type(error).__name__.removesuffix("Error")
        advice = "Check the URL, the credentials and endpoint in the environment, and what they allow."
        raise failure(f"{task} failed: {kind}. {advice}") from None
