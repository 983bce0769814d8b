"""Which files of a listing are whose, and which of them are to be read now."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from fnmatch import translate

from journeys_pipeline.adapters.sftp import RemoteFile
from journeys_pipeline.catalog import ContactsFeed, Feed, Marker

SETTLING_TIME = timedelta(seconds=60)
READ_AGAIN_AFTER = timedelta(hours=24)
OURS = re.compile(r".*\.rejects\.csv|.*\.receipt\.json|\..*\.part", re.DOTALL)

Stamp = tuple[int, datetime]


@dataclass(frozen=True)
class Sighting:
    """What is known of a feed's file: its stamp on the server, since when, and what was behind it when read."""

    stamp: Stamp
    seen_at: datetime  # wall clock
    sha256: str | None = None
    file_id: str | None = None
    read_at: datetime | None = None  # logical time


class Due(Enum):
    """What a listed file asks for."""

    NOTHING = "nothing"
    A_SECOND_LISTING = "a second listing"
    READING = "reading"
    ANOTHER_READING = "another reading"  # to see whether it is still what it was


class Matcher:
    """Tells whose feed's files are listed; never markers, nor files of our own making."""

    def __init__(self, feeds: Collection[Feed]) -> None:
        self._feeds = [(feed, re.compile(translate(feed.glob)), marker_suffix(feed)) for feed in feeds]

    def feeds_of(self, name: str) -> list[Feed]:
        """The feeds that take a file of this name, in the catalog's order."""
        if OURS.fullmatch(name) or self._is_marker(name):
            return []
        return [feed for feed, pattern, _ in self._feeds if pattern.match(name)]

    def _is_marker(self, name: str) -> bool:
        return any(
            suffix and name.endswith(suffix) and pattern.match(name.removesuffix(suffix))
            for _, pattern, suffix in self._feeds
        )


def judge(
    feed: Feed, file: RemoteFile, known: Sighting | None, *, listed: Collection[str], as_of: datetime, now: datetime
) -> Due:
    """What a listed file asks for, by what is known of it.

    Only values of the server are compared with values of the server: its clock may be wrong by years.

    Args:
        feed: One that takes the file.
        file: As listed.
        known: What was known before.
        listed: The names in the folder.
        as_of: The fetch's logical time.
        now: The wall clock, before the folder was listed.
    """
    is_unchanged = known is not None and known.stamp == stamp(file)
    if known and is_unchanged and known.read_at:
        return Due.ANOTHER_READING if as_of - known.read_at >= READ_AGAIN_AFTER else Due.NOTHING
    suffix = marker_suffix(feed)
    if suffix and file.name + suffix not in listed:
        return Due.NOTHING
    has_settled = known is not None and is_unchanged and now - known.seen_at >= SETTLING_TIME
    has_own_marker = suffix is not None and known is None  # else it may be that of the file's last edition
    is_whole = feed.complete_when == "renamed" or has_own_marker or has_settled
    return Due.READING if is_whole else Due.A_SECOND_LISTING


def marker_suffix(feed: Feed) -> str | None:
    """What a marker's name adds to its file's, if the feed has markers."""
    return feed.complete_when.suffix if isinstance(feed.complete_when, Marker) else None


def markers_of(file: RemoteFile, feeds: Collection[Feed], listed: Mapping[str, RemoteFile]) -> Iterator[RemoteFile]:
    """The listed markers of a file, each once."""
    for suffix in sorted({suffix for feed in feeds if (suffix := marker_suffix(feed))}):
        if file.name + suffix in listed:
            yield listed[file.name + suffix]


def stamp(file: RemoteFile) -> Stamp:
    """Size and time by which the server tells an edition of a file."""
    return file.file_bytes, file.modified_at


def target(feed: Feed) -> str:
    """What a file's identity is counted within, besides its connection (D12)."""
    return target_of(feed.kind, feed.journey_id if isinstance(feed, ContactsFeed) else None)


def target_of(kind: str | None, journey_id: str | None) -> str:
    """The same, of a row in the manifest."""
    return f"journey:{journey_id}" if kind == "contacts" else f"kind:{kind}"
