"""The catalog as its file is now, so that a reader who was removed is out at once."""

import logging
import threading
from pathlib import Path

from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog


class CatalogSource:
    """The catalog, read anew when its file changes. With mistakes in the file, the one before stays in force."""

    def __init__(self, path: Path) -> None:
        """Read the catalog.

        Raises:
            CatalogError: the file has mistakes.
        """
        self._path = path
        self._edition = self._look()
        self._catalog = load_catalog(path)
        self._reading = threading.Lock()

    def catalog(self) -> Catalog:
        """The catalog in force."""
        with self._reading:
            edition = self._look()
            if edition != self._edition:
                self._edition = edition
                self._read()
            return self._catalog

    def _read(self) -> None:
        try:
            self._catalog = load_catalog(self._path)
        except CatalogError as error:
            log = logging.getLogger(__name__)
            log.error("The catalog has mistakes; the one before stays in force.\n%s", error)  # noqa: TRY400 - it says all

    def _look(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_size, state.st_ino
