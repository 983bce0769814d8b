"""What is known of one connection's files, and what a fetch adds to it while it holds the lease."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import dataframely as dy
import polars as pl

from journeys_pipeline.adapters.fetching.listing import Sighting, Stamp, stamp, target, target_of
from journeys_pipeline.adapters.leases import Lease
from journeys_pipeline.adapters.sftp import RemoteFile, SkippedEntry
from journeys_pipeline.catalog import AnyConnection, ContactsFeed, Feed
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.landed_files import (
    CONNECTION_ERROR,
    DUPLICATE,
    LANDED,
    REFUSED,
    SKIPPED,
    WITHDRAWN,
    FileSightings,
    LandedFiles,
)

Key = tuple[str, str]  # feed_id, file_name
Row = Mapping[str, Any]
OF_WITHDRAWN = (
    "The same bytes were withdrawn. `journeys import reinstate` with the id in `duplicate_of` takes them back."
)


class _Arrival(NamedTuple):
    """A row of the manifest whose bytes are in the landing zone."""

    file_id: str
    status: str
    feed_id: str
    name: str
    stamp: Stamp


@dataclass
class _News:
    """What is not in the warehouse yet."""

    rows: dict[str, Row] = field(default_factory=dict)  # by file_id
    sightings: dict[Key, Sighting | None] = field(default_factory=dict)  # None: to be forgotten
    after_errors: dict[str, str | None] = field(default_factory=dict)  # by file_id


class Manifest:
    """Read once, when the fetch begins: what a listing shows is looked up here, never in the database."""

    def __init__(self, connection: AnyConnection, lease: Lease, *, as_of: datetime) -> None:
        self._connection = connection
        self._lease = lease
        self._as_of = as_of
        self._news = _News()
        self._file_ids: set[str] = set()
        self._arrivals: defaultdict[tuple[str, str], list[_Arrival]] = defaultdict(list)  # by target and sha256
        self._failures: set[tuple[str, str, Stamp]] = set()  # feed_id, name, stamp
        self._after_errors: dict[str, str | None] = {}
        self.saved: list[Row] = []  # the rows that this fetch added
        self.sightings: dict[Key, Sighting] = {}
        with lease.transaction() as transaction:
            within = {"connection_id": [connection.id]}
            rows = transaction.read(LandedFiles, within, columns=_WANTED).to_dicts()
            seen = transaction.read(FileSightings, within).drop("connection_id").to_dicts()
        for row in rows:
            self._learn(row)
        for row in seen:
            key = row.pop("feed_id"), row.pop("file_name")
            self.sightings[key] = Sighting(stamp=(row.pop("file_bytes"), row.pop("modified_at")), **row)

    def land(self, feed: Feed, file: RemoteFile, sha256: str, *, listed_at: datetime) -> None:
        """The file's bytes are in the landing zone: a row if that is news, a duplicate's if they came before (D12)."""
        known = self.sightings.get((feed.id, file.name))
        if known is None or known.stamp != stamp(file):
            known = Sighting(stamp(file), listed_at)
        file_id = known.file_id if known.sha256 == sha256 else self._arrive(feed, file, sha256)
        read = Sighting(known.stamp, known.seen_at, sha256, file_id, self._as_of)
        self._see((feed.id, file.name), read)

    def refuse(self, feed: Feed, file: RemoteFile, error: str) -> None:
        """The file could not be fetched: a row, unless the same happened to this edition of it before."""
        identity = (feed.id, file.name, *stamp(file), error)
        self._add(_of_feed(feed) | _of_file(file) | {"status": REFUSED, "error": error}, identity)

    def skip(self, entry: SkippedEntry, feed: Feed | None) -> None:
        """Something that is no file to fetch lies in the folder: a row, at first sight."""
        error = f"Not fetched: it is {entry.reason}."
        about_feed = _of_feed(feed) if feed else {}
        self._add(about_feed | {"status": SKIPPED, "file_name": entry.name, "error": error}, (entry.name, entry.reason))

    def fail(self, error: str) -> None:
        """The connection failed, or the rest of this fetch: one row for each fetch (F41)."""
        self._add({"status": CONNECTION_ERROR, "error": error}, (self._as_of.isoformat(),))

    def expect(self, feed: Feed, file: RemoteFile, *, listed_at: datetime) -> None:
        """The file waits for a second listing."""
        known = self.sightings.get((feed.id, file.name))
        if known is None or known.stamp != stamp(file):
            self._see((feed.id, file.name), Sighting(stamp(file), listed_at))

    def has_failed(self, feed: Feed, file: RemoteFile) -> bool:
        """Whether this edition of the file could not be fetched, or not be put away, before."""
        file_id = self.row_of(feed, file)
        return (feed.id, file.name, stamp(file)) in self._failures or bool(file_id and self._after_errors.get(file_id))

    def row_of(self, feed: Feed, file: RemoteFile) -> str | None:
        """The id of the row that tells of the file as it is listed, once its bytes are kept."""
        known = self.sightings.get((feed.id, file.name))
        return known.file_id if known and known.stamp == stamp(file) else None

    def forget(self, key: Key) -> None:
        """The file no longer lies in the folder, as was wanted."""
        known = self.sightings.pop(key)
        self._news.sightings[key] = None
        if known.file_id:
            self.note_after(known.file_id, None)

    def note_after(self, file_id: str, error: str | None) -> None:
        """Why a file still lies in the folder; None when it does not."""
        if self._after_errors.get(file_id) != error:
            self._after_errors[file_id] = self._news.after_errors[file_id] = error

    def save(self) -> None:
        """Everything noted so far is in the warehouse, in one transaction.

        Raises:
            LeaseLost: another fetch is at work by now; nothing was written.
        """
        news = self._news
        if not (news.rows or news.sightings or news.after_errors):
            return
        seen = [self._sighting_row(key, sighting) for key, sighting in news.sightings.items() if sighting]
        gone = [self._key_row(key) for key, sighting in news.sightings.items() if sighting is None]
        with self._lease.transaction() as transaction:
            transaction.upsert(LandedFiles, _frame(LandedFiles, news.rows.values()))
            transaction.upsert(FileSightings, _frame(FileSightings, seen))
            transaction.delete(FileSightings, gone)
            for file_id, error in news.after_errors.items():
                transaction.update(LandedFiles, {"after_error": error}, {"file_id": [file_id]})
        self.saved += news.rows.values()
        self._news = _News()

    def _arrive(self, feed: Feed, file: RemoteFile, sha256: str) -> str:
        """The id of the row that tells of this arrival, new or not."""
        same_bytes = self._arrivals[target(feed), sha256]
        same = [arrival for arrival in same_bytes if (arrival.name, arrival.stamp) == (file.name, stamp(file))]
        is_back = feed.after_landing != "leave" and any(arrival.feed_id == feed.id for arrival in same)
        if same and not is_back:
            return same[0].file_id  # told already, though its sighting was of a feed with another name
        edition = (file.name, *stamp(file), *([self._as_of] if is_back else []))
        first = next((arrival for arrival in same_bytes if arrival.status == LANDED), None)
        row = _of_feed(feed) | _of_file(file) | {"sha256": sha256}
        withdrawn = next((arrival for arrival in same_bytes if arrival.status == WITHDRAWN), None)
        if first and not feed.reimport_same_content:
            row |= {"status": DUPLICATE, "duplicate_of": first.file_id}
            return self._add(row, (feed.id, sha256, *edition))
        if withdrawn and not first:  # whatever the feed says: nobody wants these bytes by accident
            row |= {"status": DUPLICATE, "duplicate_of": withdrawn.file_id, "error": OF_WITHDRAWN}
            return self._add(row, (feed.id, sha256, *edition))
        again = edition if same_bytes else ()  # wanted again, or refused when it was read
        file_id = identify(self._connection.id, target(feed), sha256, *again)
        return self._add(row | {"status": LANDED, "file_id": file_id}, ())

    def _add(self, row: dict[str, Any], identity: Collection[object]) -> str:
        """The row's id; a row with that id that is there already stays as it is."""
        given: dict[str, Any] = {
            "file_id": identify(self._connection.id, row["status"], *identity),
            "account_id": self._connection.account_id,
            "connection_id": self._connection.id,
            "fetched_at": self._as_of,
        }
        whole: dict[str, Any] = {**dict.fromkeys(LandedFiles.column_names()), **given, **row}
        file_id: str = whole["file_id"]
        if file_id not in self._file_ids:
            self._news.rows[file_id] = whole
            self._learn(whole)
        return file_id

    def _learn(self, row: Row) -> None:
        self._file_ids.add(row["file_id"])
        edition = row["file_bytes"], row["modified_at"]
        if row["after_error"]:
            self._after_errors[row["file_id"]] = row["after_error"]
        if row["sha256"]:
            arrival = _Arrival(row["file_id"], row["status"], row["feed_id"], row["file_name"], edition)
            self._arrivals[target_of(row["kind"], row["journey_id"]), row["sha256"]].append(arrival)
        elif row["status"] == REFUSED:
            self._failures.add((row["feed_id"], row["file_name"], edition))

    def _see(self, key: Key, sighting: Sighting) -> None:
        self.sightings[key] = self._news.sightings[key] = sighting

    def _key_row(self, key: Key) -> dict[str, Any]:
        return {"connection_id": self._connection.id, "feed_id": key[0], "file_name": key[1]}

    def _sighting_row(self, key: Key, sighting: Sighting) -> Row:
        return self._key_row(key) | {
            "file_bytes": sighting.stamp[0],
            "modified_at": sighting.stamp[1],
            "seen_at": sighting.seen_at,
            "sha256": sighting.sha256,
            "file_id": sighting.file_id,
            "read_at": sighting.read_at,
        }


_WANTED = [
    "file_id", "status", "kind", "journey_id", "feed_id", "file_name", "file_bytes", "modified_at", "sha256",
    "after_error",
]  # fmt: skip


def _of_feed(feed: Feed) -> dict[str, Any]:
    journey_id = feed.journey_id if isinstance(feed, ContactsFeed) else None
    return {"feed_id": feed.id, "kind": feed.kind, "journey_id": journey_id}


def _of_file(file: RemoteFile) -> dict[str, Any]:
    return {"file_name": file.name, "file_bytes": file.file_bytes, "modified_at": file.modified_at}


def _frame(table: type[dy.Schema], rows: Collection[Row]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.create_empty().schema)
