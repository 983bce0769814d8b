"""The bytes as fetched: content-addressed, immutable, one folder per connection."""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from journeys_pipeline.adapters.whole_files import writing_whole

FOLDER_MODE = 0o700
FILE_MODE = 0o600
UNFINISHED = ".incoming-"
ALTERED = ".altered"  # stands behind the name of bytes that are no longer as fetched


class IncomingFile:
    """A file on its way in: write to `stream`, then `keep` it."""

    def __init__(self, stream: BinaryIO, keep: Callable[[str], None]) -> None:
        self.stream = stream
        self._keep = keep

    def keep(self, sha256: str) -> None:
        """Nothing; the bytes now lie for good, on disk for sure. Bytes already there stay untouched."""
        self._keep(sha256)


class LandingZone:
    """All landed files below one folder: `root/connection_id/ab/<sha256>`; folders 0700, files 0600."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def receive(self, connection_id: str) -> Generator[IncomingFile]:
        """An incoming file; without `keep`, nothing of it stays."""
        folder = self._folder(connection_id)
        self._root.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        _make_folder(folder)
        descriptor, name = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                os.fchmod(descriptor, FILE_MODE)
                yield IncomingFile(
                    stream, lambda sha256: self._keep(self.path(connection_id, sha256), stream, temporary)
                )
        finally:
            temporary.unlink(missing_ok=True)

    def clear_unfinished(self, connection_id: str) -> None:
        """Remove what fetches that were killed have left; only for who alone may fetch over this connection."""
        for path in self._folder(connection_id).glob(f"{UNFINISHED}*"):
            path.unlink(missing_ok=True)

    def path(self, connection_id: str, sha256: str) -> Path:
        """Where these bytes lie, or would lie."""
        return _address(self._folder(connection_id), sha256)

    @contextmanager
    def reading(self, connection_id: str, sha256: str) -> Generator[Path]:
        """A local file of these bytes, for as long as the block lasts."""
        path = self.path(connection_id, sha256)
        altered = _altered(path)
        yield altered if altered.exists() else path

    def alter(self, connection_id: str, sha256: str, instead: Path) -> None:
        """Put the bytes of another file in the place of these; they never come back, whoever fetches them again."""
        path = self.path(connection_id, sha256)
        with instead.open("rb") as source, writing_whole(_altered(path)) as target:
            shutil.copyfileobj(source, target)
        path.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def remove(self, connection_id: str, sha256: str) -> int:
        """How many bytes were there; they are gone, and are kept again if they are fetched again."""
        path = self.path(connection_id, sha256)
        size = path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        return size

    def _keep(self, target: Path, stream: BinaryIO, temporary: Path) -> None:
        if not target.exists() and not _altered(target).exists():
            stream.flush()
            os.fsync(stream.fileno())
            _make_folder(target.parent)
            temporary.replace(target)
            _sync_folder(target.parent)

    def _folder(self, connection_id: str) -> Path:
        if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]*", connection_id):
            raise ValueError("A connection id is letters, digits, '.', '_' and '-', and does not begin with a dot.")
        return self._root / connection_id


def _address(folder: Path, sha256: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        raise ValueError("A SHA-256 is 64 lower-case hexadecimal digits.")
    return folder / sha256[:2] / sha256


def _altered(path: Path) -> Path:
    return path.with_name(path.name + ALTERED)


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
