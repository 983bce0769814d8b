"""The landing zone in an object store, so that many machines share it."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from journeys_pipeline.adapters.buckets import open_bucket, read_object
from journeys_pipeline.adapters.landing_zone import FOLDER_MODE, LandingZone


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
            found = self._bucket.head(self._key(self.path(connection_id, sha256)))
            copy.writelines(read_object(self._bucket, found))
            copy.flush()
            yield Path(copy.name)

    def _keep(self, target: Path, stream: BinaryIO, temporary: Path) -> None:
        """Upload the bytes, which are seen whole or not at all."""
        stream.flush()
        key = self._key(target)
        try:
            self._bucket.head(key)
        except FileNotFoundError:
            self._bucket.put(key, temporary)

    def _key(self, path: Path) -> str:
        return path.relative_to(self._working_folder).as_posix()
