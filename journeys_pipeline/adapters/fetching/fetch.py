"""One connection's fetch: who may do it, what it must do, and what is recorded when it cannot."""

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.fetching.manifest import Manifest
from journeys_pipeline.adapters.fetching.visit import Visit
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.leases import LeaseHeld, LeaseLost, hold_lease
from journeys_pipeline.adapters.sessions import open_session
from journeys_pipeline.adapters.sftp import ConnectionFailed
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import AnyConnection
from journeys_pipeline.schemas.landed_files import LandedFiles

LOG = logging.getLogger(__name__)
FRAMES = 3


@dataclass(frozen=True)
class Fetch:
    """One fetch of one connection, at a logical time; `clock` tells the wall clock's."""

    connection: AnyConnection
    landing_zone: LandingZone
    warehouse: Warehouse
    as_of: datetime
    clock: Callable[[], datetime] = now

    def run(self, *, password: str | None = None, passphrase: str | None = None) -> pl.DataFrame:
        """LandedFiles rows that are now in the manifest and were not: files that arrived, and one connection error.

        Rows are committed in small batches, so a fetch that dies keeps what it has done. While another fetch of the
        connection is at work, nothing is done.
        """
        rows: list[Mapping[str, Any]] = []
        try:
            with hold_lease(self.warehouse, self.connection.id, clock=self.clock) as lease:
                self.landing_zone.clear_unfinished(self.connection.id)
                manifest = Manifest(self.connection, lease, as_of=self.as_of)
                rows = manifest.saved
                self._visit(manifest, password=password, passphrase=passphrase)
        except (LeaseHeld, LeaseLost) as reason:
            LOG.info("%s", reason)
        return pl.DataFrame(rows, schema=LandedFiles.create_empty().schema)

    def _visit(self, manifest: Manifest, *, password: str | None, passphrase: str | None) -> None:
        try:
            with open_session(self.connection, password=password, passphrase=passphrase) as session:
                Visit(self.connection, session, manifest, self.landing_zone).run(as_of=self.as_of, clock=self.clock)
        except ConnectionFailed as failure:
            manifest.fail(str(failure))
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001 - one customer's failure must not stop another's fetch
            LOG.error("The fetch of %s failed: %s", self.connection.id, _where(error))  # noqa: TRY400 - its text may hold contacts
            manifest.fail(f"The fetch failed inside this program ({_kind(error)}); its log says where.")
        manifest.save()


def _kind(error: Exception) -> str:
    """Whether our disk is full, say; never the error's text, which may hold contacts or secrets."""
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _where(error: Exception) -> str:
    """The error's kind and the last calls."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    calls = (f"{Path(frame.filename).name}:{frame.lineno} ({frame.name})" for frame in frames)
    return f"{_kind(error)} at {', '.join(calls)}"
