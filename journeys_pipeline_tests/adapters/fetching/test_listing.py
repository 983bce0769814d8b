"""When a listed file is read: the rules, without a server."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys_pipeline.adapters.fetching.listing import Due, Matcher, Sighting, judge
from journeys_pipeline.adapters.sftp import RemoteFile
from journeys_pipeline.catalog import EventsFeed

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
MODIFIED_AT = datetime(2026, 3, 20, 11, tzinfo=UTC)
FILE = RemoteFile("in/a.csv", "a.csv", 10, MODIFIED_AT)
WAITING = Sighting((10, MODIFIED_AT), seen_at=NOON)
READ = Sighting((10, MODIFIED_AT), seen_at=NOON, sha256="0", file_id="f", read_at=NOON)
WITH_MARKER = {"marker": ".done"}


def feed(*, feed_id: str = "events", glob: str = "*.csv", complete_when: Any = "listed_twice") -> EventsFeed:
    return EventsFeed(kind="events", id=feed_id, glob=glob, complete_when=complete_when)


def due(
    complete_when: Any,
    known: Sighting | None,
    *,
    after: timedelta,
    file: RemoteFile = FILE,
    listed: Collection[str] = (),
) -> Due:
    at = NOON + after
    return judge(feed(complete_when=complete_when), file, known, listed=listed, as_of=at, now=at)


@pytest.mark.parametrize(
    ("known", "seconds", "expected"),
    [
        (None, 0, Due.A_SECOND_LISTING),
        (WAITING, 0, Due.A_SECOND_LISTING),
        (WAITING, 59.999, Due.A_SECOND_LISTING),
        (WAITING, 60, Due.READING),
        (WAITING, -3600, Due.A_SECOND_LISTING),
        (Sighting((9, MODIFIED_AT), seen_at=NOON), 3600, Due.A_SECOND_LISTING),
        (Sighting((10, MODIFIED_AT - timedelta(seconds=1)), seen_at=NOON), 3600, Due.A_SECOND_LISTING),
        (READ, 3600, Due.NOTHING),
    ],
)
def test_a_file_is_whole_when_two_listings_a_minute_apart_agree(
    known: Sighting | None, seconds: float, expected: Due
) -> None:
    assert due("listed_twice", known, after=timedelta(seconds=seconds)) is expected


@given(modified_at=st.datetimes(timezones=st.just(UTC)), size=st.integers(0, 2**62))
def test_no_time_stamp_however_old_or_new_spares_the_second_listing(modified_at: datetime, size: int) -> None:
    file = RemoteFile("in/a.csv", "a.csv", size, modified_at)

    first = due("listed_twice", None, after=timedelta(0), file=file)
    second = due("listed_twice", Sighting((size, modified_at), seen_at=NOON), after=timedelta(seconds=60), file=file)

    assert (first, second) == (Due.A_SECOND_LISTING, Due.READING)


@pytest.mark.parametrize("known", [None, WAITING, Sighting((9, MODIFIED_AT), NOON, "0", "f", NOON)])
def test_a_renamed_file_is_read_at_first_sight(known: Sighting | None) -> None:
    assert due("renamed", known, after=timedelta(0)) is Due.READING


@pytest.mark.parametrize(
    ("known", "listed", "seconds", "expected"),
    [
        (None, [], 0, Due.NOTHING),
        (None, ["b.csv.done", "a.done", "a.csv"], 0, Due.NOTHING),
        (None, ["a.csv.done"], 0, Due.READING),
        (READ, ["a.csv.done"], 3600, Due.NOTHING),
        (WAITING, [], 3600, Due.NOTHING),
        (WAITING, ["a.csv.done"], 59, Due.A_SECOND_LISTING),
        (WAITING, ["a.csv.done"], 60, Due.READING),
    ],
)
def test_a_marker_vouches_for_a_new_file_and_for_a_changed_one_with_a_second_listing(
    known: Sighting | None, listed: list[str], seconds: float, expected: Due
) -> None:
    assert due(WITH_MARKER, known, after=timedelta(seconds=seconds), listed=listed) is expected


@pytest.mark.parametrize("complete_when", ["listed_twice", "renamed", WITH_MARKER])
@pytest.mark.parametrize(("hours", "expected"), [(23.99, Due.NOTHING), (24, Due.ANOTHER_READING), (-1, Due.NOTHING)])
def test_a_file_that_stays_is_read_again_after_a_day(complete_when: Any, hours: float, expected: Due) -> None:
    assert due(complete_when, READ, after=timedelta(hours=hours), listed=["a.csv.done"]) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", ["all", "csv"]),
        ("a.CSV", ["all"]),
        ("a.csv\n", ["all"]),
        ("a.csv.done", []),
        ("done", ["all"]),
        (".done", []),
        ("a.txt.done", []),
        ("a.csv.rejects.csv", []),
        ("a.csv.receipt.json", []),
        (".a.csv.rejects.csv.part", []),
        ("a.part", ["all"]),
    ],
)
def test_feeds_take_what_their_pattern_matches_but_never_markers_or_our_own_files(
    name: str, expected: list[str]
) -> None:
    matcher = Matcher([feed(feed_id="all", glob="*", complete_when=WITH_MARKER), feed(feed_id="csv")])

    assert [taken.id for taken in matcher.feeds_of(name)] == expected


def test_a_markers_suffix_does_not_hide_another_feeds_files() -> None:
    matcher = Matcher([feed(feed_id="dat", glob="*.dat", complete_when={"marker": ".csv"}), feed(feed_id="csv")])

    found = {name: [taken.id for taken in matcher.feeds_of(name)] for name in ("a.csv", "a.dat", "a.dat.csv")}

    assert found == {"a.csv": ["csv"], "a.dat": ["dat"], "a.dat.csv": []}
