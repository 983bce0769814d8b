"""The landing zone in an object store, so that many machines share it."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from journeys_pipeline.adapters.buckets import open_bucket, read_object
from journeys_pipeline.adapters.landing_zone import ALTERED, FOLDER_MODE, LandingZone


class LandingBucket(LandingZone):
    """All landed files below one URL: `url/connection_id/ab/<sha256>`; a folder holds what is on its way only."""

    def __init__(self, url: str, working_folder: Path) -> None:
        super().__init__(working_folder)
        self._working_folder = working_folder
        self._bucket = open_bucket(url)

    @contextmanager
    def reading(self, connection_id: str, sha256: str) -> Generator[Path]:
        """A local copy of these bytes, gone when the block ends."""
        self._working_folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self._working_folder, prefix=".reading-") as copy:
            key = self._key(self.path(connection_id, sha256))
            found = self._bucket.head(key + ALTERED if self._has(key + ALTERED) else key)
            copy.writelines(read_object(self._bucket, found))
            copy.flush()
            yield Path(copy.name)

    def _keep(self, target: Path, stream: BinaryIO, temporary: Path) -> None:
        """Upload the bytes, which are seen whole or not at all."""
        stream.flush()
        key = self._key(target)
        if not self._has(key) and not self._has(key + ALTERED):
            self._bucket.put(key, temporary)

    def alter(self, connection_id: str, sha256: str, instead: Path) -> None:
        """Put the bytes of another file in the place of these; they never come back, whoever fetches them again.

        A store that keeps versions keeps the old bytes, until its own rules let them go.
        """
        key = self._key(self.path(connection_id, sha256))
        self._bucket.put(key + ALTERED, instead)
        if self._has(key):
            self._bucket.delete(key)

    def remove(self, connection_id: str, sha256: str) -> int:
        """How many bytes were there; they are gone, and are kept again if they are fetched again."""
        key = self._key(self.path(connection_id, sha256))
        if not self._has(key):
            return 0
        size = self._bucket.head(key)["size"]
        self._bucket.delete(key)
        return size

    def _has(self, key: str) -> bool:
        try:
            self._bucket.head(key)
        except FileNotFoundError:
            return False
        return True

    def _key(self, path: Path) -> str:
        return path.relative_to(self._working_folder).as_posix()
