"""What a fetch does at a server: list, read what is due, keep the bytes, and put files away afterwards."""

import posixpath
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from journeys_pipeline.adapters.fetching.listing import Due, Matcher, judge, markers_of
from journeys_pipeline.adapters.fetching.manifest import Manifest
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.sessions import Session
from journeys_pipeline.adapters.sftp import FetchFailed, RemoteFile, SkippedEntry, WriteFailed
from journeys_pipeline.adapters.sftp.listing import FOLDER
from journeys_pipeline.adapters.sftp.login import printable
from journeys_pipeline.catalog import AnyConnection, ContactsFeed, Feed
from journeys_pipeline.identity import identify

BATCH = 100  # files whose rows are committed together
BATCH_S = 2.0  # or as many as were read in this time
LONGEST_NAME = 255  # characters; what is longer fits into no file system, nor into an index of the database
MOST_SKIPPED = 1_000  # entries told of, lest a hostile listing fill the manifest
MOST_FAILURES = 10  # to put away, in one fetch; then what was left over from earlier fetches waits for the next


@dataclass(frozen=True)
class _Errand:
    """A listed file that is to be read, and put away when all feeds that match it have it."""

    file: RemoteFile
    feeds: list[Feed]  # all that match, in the catalog's order
    due: list[Feed]  # those that want it now
    is_known: bool  # it was read before
    has_failed: bool  # to be fetched, or to be put away
    order: str  # among its like

    @property
    def priority(self) -> tuple[bool, bool, str]:
        """News first; last what failed before, for it may end the session again."""
        return self.has_failed, self.is_known, self.order

    @property
    def is_left(self) -> bool:
        return self.feeds[0].after_landing == "leave"


class Visit:
    """One session's work for one connection."""

    def __init__(
        self, connection: AnyConnection, session: Session, manifest: Manifest, landing_zone: LandingZone
    ) -> None:
        self._connection = connection
        self._session = session
        self._manifest = manifest
        self._landing_zone = landing_zone
        self._listed: dict[str, RemoteFile] = {}
        self._read: list[_Errand] = []  # since the last commit
        self._failures = 0  # to put away

    def run(self, *, as_of: datetime, clock: Callable[[], datetime]) -> None:
        """List the folder, then read and put away what is due; rows are committed on the way.

        Raises:
            ConnectionFailed: the folder cannot be listed.
            LeaseLost: another fetch has taken over.
        """
        begun_at = clock()
        files = self._session.list_files(self._connection.folder)
        listed_at = clock()
        self._listed = {file.name: file for file in files if len(file.name) <= LONGEST_NAME}
        matcher = Matcher(self._connection.feeds)
        self._tell_skipped(matcher, [file.name for file in files if len(file.name) > LONGEST_NAME])
        self._forget_what_is_gone()
        errands = self._plan(matcher, as_of=as_of, now=begun_at, listed_at=listed_at)
        self._manifest.save()
        self._do(sorted(errands, key=lambda errand: errand.priority), listed_at=listed_at)
        self._settle()

    def _tell_skipped(self, matcher: Matcher, long_names: Collection[str]) -> None:
        too_long = [SkippedEntry(printable(name), "a name that is too long") for name in long_names]
        told = [entry for entry in self._session.skipped if entry.reason != FOLDER]
        for entry in (told + too_long)[:MOST_SKIPPED]:
            self._manifest.skip(entry, next(iter(matcher.feeds_of(entry.name)), None))

    def _forget_what_is_gone(self) -> None:
        """Uploads were given up; files were put away by a fetch that could not say so any more, or by their sender."""
        emptying = {feed.id for feed in self._connection.feeds if feed.after_landing != "leave"}
        gone = [key for key in self._manifest.sightings if key[1] not in self._listed]
        for key in gone:
            if key[0] in emptying or self._manifest.sightings[key].read_at is None:
                self._manifest.forget(key)

    def _plan(self, matcher: Matcher, *, as_of: datetime, now: datetime, listed_at: datetime) -> list[_Errand]:
        errands: list[_Errand] = []
        for file in self._listed.values():
            feeds = matcher.feeds_of(file.name)
            due: list[Feed] = []
            for feed in feeds:
                known = self._manifest.sightings.get((feed.id, file.name))
                wanted = judge(feed, file, known, listed=self._listed, as_of=as_of, now=now)
                if wanted in {Due.READING, Due.ANOTHER_READING}:
                    due.append(feed)
                elif wanted is Due.A_SECOND_LISTING:
                    self._manifest.expect(feed, file, listed_at=listed_at)
            errands += self._errand(file, feeds, due, as_of=as_of)
        return errands

    def _errand(self, file: RemoteFile, feeds: list[Feed], due: list[Feed], *, as_of: datetime) -> Iterator[_Errand]:
        if feeds and feeds[0].after_landing != "leave" and all(self._is_known(feed, file) for feed in feeds):
            due = feeds  # it should not lie here any more; but before it goes, is it still what was read?
        if due:
            is_known = all(self._is_known(feed, file) for feed in due)
            has_failed = any(self._manifest.has_failed(feed, file) for feed in due)
            order = identify(as_of, file.name) if has_failed else file.name  # lest one that fails always hide the next
            yield _Errand(file, feeds, due, is_known, has_failed, order)

    def _is_known(self, feed: Feed, file: RemoteFile) -> bool:
        return self._manifest.row_of(feed, file) is not None

    def _do(self, errands: list[_Errand], *, listed_at: datetime) -> None:
        settled_at = monotonic()
        self._session.expect(errand.file for errand in errands if not errand.has_failed)
        for errand in errands:
            if errand.is_known and not errand.is_left and self._failures >= MOST_FAILURES:
                continue
            if not self._session.is_open:
                self._manifest.fail("The connection was lost; the files that are not shown wait for the next fetch.")
                return
            self._fetch(errand, listed_at=listed_at)
            if len(self._read) >= BATCH or monotonic() - settled_at >= BATCH_S:
                self._settle()
                settled_at = monotonic()

    def _fetch(self, errand: _Errand, *, listed_at: datetime) -> None:
        file = errand.file
        due = [feed for feed in errand.due if not self._is_too_large(feed, file)]
        if not due:
            return
        try:
            with self._landing_zone.receive(self._connection.id) as incoming:
                sha256 = self._session.fetch(file, incoming.stream)
                incoming.keep(sha256)
        except FetchFailed as failure:
            for feed in [] if errand.is_known else due:
                self._manifest.refuse(feed, file, str(failure))
            return
        for feed in due:
            self._manifest.land(feed, file, sha256, listed_at=listed_at)
        self._read.append(errand)

    def _is_too_large(self, feed: Feed, file: RemoteFile) -> bool:
        if not isinstance(feed, ContactsFeed) or file.file_bytes <= feed.max_bytes:
            return False
        limit = f"{feed.max_bytes:,} bytes (`max_bytes` of the feed)"
        self._manifest.refuse(feed, file, f"The file is larger than {limit}. Send it in parts.")
        return True

    def _settle(self) -> None:
        """Commit the rows; only then put the files away."""
        self._manifest.save()
        read, self._read = self._read, []
        for errand in read:
            if not errand.is_left and self._session.is_open:
                self._put_away(errand)

    def _put_away(self, errand: _Errand) -> None:
        rows = [self._manifest.row_of(feed, errand.file) for feed in errand.feeds]
        if None in rows:
            return  # a feed still waits for it
        try:
            for file in (*markers_of(errand.file, errand.feeds, self._listed), errand.file):
                self._clear(file, errand.feeds[0])
        except WriteFailed as failure:
            self._failures += 1
            for row in filter(None, rows):
                self._manifest.note_after(row, str(failure))
        else:
            for feed in errand.feeds:
                self._manifest.forget((feed.id, errand.file.name))

    def _clear(self, file: RemoteFile, feed: Feed) -> None:
        if feed.after_landing == "move" and feed.move_to:
            self._session.move(file, posixpath.join(self._connection.folder, feed.move_to))
        else:
            self._session.remove(file)
