"""One connection's fetch: list, match, read once, keep the bytes, and say in a row what became of each file."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

import polars as pl

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.sftp import ConnectionFailed, FetchFailed, RemoteFile, SftpSession, open_sftp
from journeys_pipeline.catalog import Connection, ContactsFeed, Feed
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.landed_files import CONNECTION_ERROR, DUPLICATE, LANDED, REFUSED, LandedFiles

SEEN_COLUMNS = ["feed_id", "file_name", "file_bytes", "modified_at"]


@dataclass(frozen=True)
class Fetch:
    """One fetch of one connection: where the bytes go, what is known already, and its logical time."""

    connection: Connection
    landing_zone: LandingZone
    manifest: pl.DataFrame
    as_of: datetime

    def run(self, *, password: str | None) -> pl.DataFrame:
        """LandedFiles rows of what is new: landed, duplicate or refused files, or one connection error.

        A file whose feed, name, size and time stamp are in the manifest is not read again.
        """
        try:
            with open_sftp(self.connection, password=password) as session:
                rows = self._fetch_new(session)
        except ConnectionFailed as failure:
            rows = [self._row(status=CONNECTION_ERROR, error=str(failure))]
        return pl.DataFrame(rows, schema=LandedFiles.create_empty().schema)

    def _fetch_new(self, session: SftpSession) -> list[dict[str, Any]]:
        files = session.list_files(self.connection.folder)
        whole = self.manifest.filter(pl.col("sha256").is_not_null())
        seen = set(whole.select(SEEN_COLUMNS).iter_rows())
        landed = set(whole.filter(pl.col("status") != DUPLICATE)["file_id"])
        rows: list[dict[str, Any]] = []
        for feed in self.connection.feeds:
            for file in files:
                if not session.is_open:
                    error = "The connection was lost; the files after the last one shown wait for the next fetch."
                    return [*rows, self._row(status=CONNECTION_ERROR, error=error)]
                if fnmatchcase(file.name, feed.glob) and (feed.id, *_stamp(file)) not in seen:
                    rows.append(self._fetch_one(session, feed, file, landed))
        return rows

    def _fetch_one(self, session: SftpSession, feed: Feed, file: RemoteFile, landed: set[str]) -> dict[str, Any]:
        try:
            with self.landing_zone.receive(self.connection.id) as incoming:
                sha256 = session.fetch(file, incoming.stream)
                incoming.keep(sha256)
        except FetchFailed as failure:
            return self._row(status=REFUSED, error=str(failure), identity=(feed.id, *_stamp(file)), source=(feed, file))
        file_id = identify(self.connection.id, _target(feed), sha256)
        if file_id in landed:
            identity = (feed.id, sha256, *_stamp(file))
            return self._row(
                status=DUPLICATE, duplicate_of=file_id, sha256=sha256, identity=identity, source=(feed, file)
            )
        landed.add(file_id)
        return self._row(status=LANDED, sha256=sha256, file_id=file_id, source=(feed, file))

    def _row(
        self,
        *,
        status: str,
        identity: Collection[object] = (),
        source: tuple[Feed, RemoteFile] | tuple[None, None] = (None, None),
        **others: str | None,
    ) -> dict[str, Any]:
        feed, file = source
        at = () if status == DUPLICATE else (self.as_of.isoformat(),)
        return {
            "file_id": identify(self.connection.id, status, *identity, *at),
            "account_id": self.connection.account_id,
            "connection_id": self.connection.id,
            "feed_id": feed.id if feed else None,
            "kind": feed.kind if feed else None,
            "journey_id": feed.journey_id if isinstance(feed, ContactsFeed) else None,
            "file_name": file.name if file else None,
            "file_bytes": file.file_bytes if file else None,
            "modified_at": file.modified_at if file else None,
            "sha256": None,
            "fetched_at": self.as_of,
            "status": status,
            "duplicate_of": None,
            "error": None,
            **others,
        }


def _stamp(file: RemoteFile) -> tuple[str, int, datetime]:
    return file.name, file.file_bytes, file.modified_at


def _target(feed: Feed) -> str:
    """What a file's identity is counted within, besides its connection (D12)."""
    return f"journey:{feed.journey_id}" if isinstance(feed, ContactsFeed) else f"kind:{feed.kind}"
