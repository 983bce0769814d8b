"""Whatever way a file arrives, its content is landed once (D12)."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.fetching.manifest import OF_WITHDRAWN
from journeys_pipeline.adapters.sftp import SftpSession
from journeys_pipeline.defs.withdrawals import reinstate, withdraw
from journeys_pipeline_tests.customers import NOON

OLD = time.time() - 86_400
YEAR_S = 366 * 86_400

Change = Callable[[Path], object]


def put(path: Path, content: str, *, at: float = OLD) -> None:
    """A file that appears whole, with this time stamp."""
    unfinished = path.with_name(f"{path.name}.uploading")
    unfinished.write_text(content)
    os.utime(unfinished, (at, at))
    unfinished.replace(path)


def rewrite_unnoticed(folder: Path) -> None:
    """Other bytes; name, size and time stamp stay."""
    put(folder / "a.csv", "one, anew!!")


ARRIVALS: dict[str, tuple[Change, list[str], list[str]]] = {
    "newer": (lambda folder: put(folder / "b.csv", "two", at=OLD + 60), ["one, so far", "two"], []),
    "older": (lambda folder: put(folder / "b.csv", "two", at=OLD - YEAR_S), ["one, so far", "two"], []),
    "of equal age": (lambda folder: put(folder / "b.csv", "two"), ["one, so far", "two"], []),
    "a year ahead": (lambda folder: put(folder / "b.csv", "two", at=OLD + YEAR_S), ["one, so far", "two"], []),
    "empty": (lambda folder: put(folder / "b.csv", ""), ["", "one, so far"], []),
    "touched": (lambda folder: os.utime(folder / "a.csv"), ["one, so far"], ["a.csv"]),
    "touched into the past": (lambda folder: os.utime(folder / "a.csv", (0, 0)), ["one, so far"], ["a.csv"]),
    "renamed": (lambda folder: (folder / "a.csv").rename(folder / "b.csv"), ["one, so far"], ["b.csv"]),
    "copied": (lambda folder: shutil.copy2(folder / "a.csv", folder / "b.csv"), ["one, so far"], ["b.csv"]),
    "sent again": (lambda folder: put(folder / "a.csv", "one, so far", at=OLD + 9), ["one, so far"], ["a.csv"]),
    "corrected": (lambda folder: put(folder / "a.csv", "one!", at=OLD + 9), ["one!", "one, so far"], []),
    "completed": (lambda folder: put(folder / "a.csv", "one, so far, more"), ["one, so far", "one, so far, more"], []),
    "unnoticed": (rewrite_unnoticed, ["one, anew!!", "one, so far"], []),
}


@pytest.mark.parametrize(("change", "contents", "duplicates"), ARRIVALS.values(), ids=ARRIVALS)
def test_each_content_is_landed_once_and_what_came_before_is_a_duplicate(
    customer: Any, change: Change, contents: list[str], duplicates: list[str]
) -> None:
    put(customer.folder / "a.csv", "one, so far")
    customer.fetch()
    change(customer.folder)

    customer.fetch(hours=25)
    before = customer.everything()
    nothing = customer.fetch(hours=26)

    assert customer.landed() == contents
    assert customer.names("duplicate") == duplicates
    assert customer.names("refused") == customer.names("connection_error") == []
    assert nothing.is_empty()
    assert [now.equals(then) for now, then in zip(customer.everything(), before, strict=True)] == [True, True]


def test_an_unchanged_file_is_not_read_again_for_a_day_and_then_once(customer: Any, readings: list[str]) -> None:
    put(customer.folder / "a.csv", "one")

    for hours in (0, 1, 23.9, 24, 25, 47.9, 48):
        customer.fetch(hours)

    assert readings == ["a.csv"] * 3  # at 0, 24 and 48 hours
    assert customer.manifest("file_name", "status") == [("a.csv", "landed")]


def test_other_bytes_behind_the_same_size_and_time_are_found_within_a_day(customer: Any) -> None:
    put(customer.folder / "a.csv", "one, so far")
    customer.fetch()
    rewrite_unnoticed(customer.folder)

    early, late = customer.fetch(hours=23), customer.fetch(hours=24)

    assert early.is_empty()
    assert late.select("file_name", "status").rows() == [("a.csv", "landed")]


def test_a_content_that_comes_back_is_the_first_again(customer: Any) -> None:
    for hours, content in enumerate(["A", "B", "A", "B"]):
        put(customer.folder / "a.csv", content, at=OLD + hours)
        customer.fetch(hours)

    assert customer.landed() == ["A", "B"]
    assert customer.names("duplicate") == ["a.csv", "a.csv"]


def test_a_duplicate_names_the_file_that_it_repeats(customer: Any) -> None:
    put(customer.folder / "a.csv", "one")
    put(customer.folder / "b.csv", "one")

    rows = customer.fetch()

    [first] = rows.filter(status="landed")["file_id"]
    assert rows.filter(status="duplicate").select("file_name", "duplicate_of").rows() == [("b.csv", first)]


def test_a_name_that_is_listed_twice_is_one_file(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    put(customer.folder / "a.csv", "one")
    list_files = SftpSession.list_files
    monkeypatch.setattr(SftpSession, "list_files", lambda *given: list_files(*given) * 2)

    rows = customer.fetch()

    assert rows.select("file_name", "status").rows() == [("a.csv", "landed")]


def test_a_feed_may_ask_for_the_same_content_again_each_time_it_comes(customer: Any) -> None:
    customer = customer.with_feeds({"reimport_same_content": True})
    put(customer.folder / "a.csv", "one")
    customer.fetch()
    put(customer.folder / "a.csv", "one", at=OLD + 9)
    put(customer.folder / "b.csv", "one")

    customer.fetch(hours=1)
    customer.fetch(hours=2)
    customer.fetch(hours=27)

    assert customer.landed() == ["one", "one", "one"]
    assert customer.names("duplicate") == []


def test_a_content_that_could_not_be_read_is_landed_again_when_it_comes_again(customer: Any) -> None:
    put(customer.folder / "a.csv", "one")
    customer.refuse_when_read(customer.fetch())
    unchanged = customer.fetch(hours=25)
    put(customer.folder / "a.csv", "one", at=OLD + 9)

    again = customer.fetch(hours=26)
    put(customer.folder / "c.csv", "one")
    after = customer.fetch(hours=27)

    assert unchanged.is_empty()
    assert again["status"].to_list() == ["landed"]
    assert after.select("status", "duplicate_of").rows() == [("duplicate", again["file_id"][0])]


@pytest.mark.parametrize(("feed", "status"), [({}, "duplicate"), ({"reimport_same_content": True}, "landed")])
def test_a_content_that_was_withdrawn_does_not_load_again_until_it_is_reinstated(
    customer: Any, feed: dict[str, Any], status: str
) -> None:
    customer = customer.with_feeds(feed)
    put(customer.folder / "a.csv", "one")
    customer.fetch()
    withdraw(customer.warehouse, [file_id := customer.manifest("file_id")[0][0]], by="ann", reason=None, as_of=NOON)

    put(customer.folder / "b.csv", "one")
    again = customer.fetch(hours=1)
    nothing = customer.fetch(hours=26)
    reinstate(customer.warehouse, [file_id], by="ann", as_of=NOON)
    put(customer.folder / "c.csv", "one")
    after = customer.fetch(hours=27)

    assert again.select("status", "duplicate_of", "error").rows() == [("duplicate", file_id, OF_WITHDRAWN)]
    assert nothing.is_empty()
    assert after.select("status", "error").rows() == [(status, None)]


def test_each_of_two_journeys_gets_a_file_that_both_feeds_match_by_one_reading(
    customer: Any, readings: list[str]
) -> None:
    customer = customer.with_feeds({}, {"id": "others", "journey_id": "goodbye"}, {"id": "more", "glob": "a*"})
    put(customer.folder / "a.csv", "one")

    customer.fetch()
    again = customer.fetch(hours=1)

    assert customer.manifest("feed_id", "journey_id", "status") == [
        ("newcomers", "welcome", "landed"),
        ("others", "goodbye", "landed"),
    ]
    assert readings == ["a.csv"]
    assert again.is_empty()


def test_a_feed_that_gets_another_name_or_journey_does_not_bring_its_old_files_again(customer: Any) -> None:
    put(customer.folder / "a.csv", "one")
    customer.fetch()

    renamed = customer.with_feeds({"id": "other"}).fetch(hours=1)
    moved_on = customer.with_feeds({"journey_id": "goodbye"}).fetch(hours=26)

    assert renamed.is_empty()
    assert moved_on.is_empty()


def test_files_of_our_own_making_are_never_fetched(customer: Any) -> None:
    customer = customer.with_feeds({"glob": "*"})
    for name in ("a.csv", "a.csv.rejects.csv", "a.csv.receipt.json", ".a.csv.receipt.json.part"):
        put(customer.folder / name, name)

    customer.fetch()

    assert customer.landed() == ["a.csv"]
