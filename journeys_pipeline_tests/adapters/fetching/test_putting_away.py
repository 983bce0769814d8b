"""After landing a file is left, moved or deleted: never before its row is committed, never what was not read."""

import os
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.fetching import visit
from journeys_pipeline.adapters.sftp import RemoteFile, SftpSession, WriteFailed

DELETE = {"after_landing": "delete"}
MOVE = {"after_landing": "move", "move_to": "done"}
MARKED = {"complete_when": {"marker": ".ok"}}


def files_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A server that refuses to delete; the names that were asked for. Mend it with `monkeypatch.undo()`."""
    asked: list[str] = []

    def refuse(_session: SftpSession, file: RemoteFile) -> None:
        asked.append(file.name)
        raise WriteFailed(f"Removing '{file.name}' failed: read-only.")

    monkeypatch.setattr(SftpSession, "remove", refuse)
    return asked


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ["a.csv", "a.csv.ok", "b.txt"]),
        (DELETE, ["a.csv.ok", "b.txt"]),
        (MOVE, ["a.csv.ok", "b.txt", "done/a.csv"]),
        (MARKED, ["a.csv", "a.csv.ok", "b.txt"]),
        (MARKED | DELETE, ["b.txt"]),
        (MARKED | MOVE, ["b.txt", "done/a.csv", "done/a.csv.ok"]),
    ],
)
def test_a_landed_file_and_its_marker_are_put_where_the_feed_says(
    customer: Any, change: dict[str, Any], expected: list[str]
) -> None:
    customer = customer.with_feeds(change)
    for name in ("a.csv", "a.csv.ok", "b.txt"):
        (customer.folder / name).write_text("one")

    customer.fetch()
    again = customer.fetch(hours=1)

    assert files_below(customer.folder) == expected
    assert customer.landed() == ["one"]
    assert again.is_empty()


def test_duplicates_are_put_away_too_and_overwrite_nothing(customer: Any) -> None:
    customer = customer.with_feeds(MOVE)
    for hours in range(3):
        (customer.folder / "a.csv").write_text("one")
        os.utime(customer.folder / "a.csv", (0, hours))
        customer.fetch(hours)

    assert files_below(customer.folder) == ["done/a.csv", "done/a.csv.1", "done/a.csv.2"]
    assert customer.manifest("status") == [("duplicate",), ("duplicate",), ("landed",)]


def test_what_cannot_be_put_away_is_said_and_tried_again(
    customer: Any, unwritable: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = customer.with_feeds(DELETE)
    (customer.folder / "a.csv").write_text("one")
    customer.fetch()
    first = customer.manifest("status", "after_error")
    before = customer.everything()
    customer.fetch(hours=1)
    after = customer.everything()

    monkeypatch.undo()
    customer.fetch(hours=2)

    assert first == [("landed", "Removing 'a.csv' failed: read-only.")]
    assert unwritable == ["a.csv", "a.csv"]
    assert before[0].equals(after[0])
    assert customer.manifest("status", "after_error") == [("landed", None)]
    assert files_below(customer.folder) == []


def test_a_sender_who_clears_the_folder_clears_the_trouble(customer: Any, unwritable: list[str]) -> None:
    customer = customer.with_feeds(DELETE)
    (customer.folder / "a.csv").write_text("one")
    customer.fetch()
    (customer.folder / "a.csv").unlink()

    customer.fetch(hours=1)

    assert customer.manifest("status", "after_error") == [("landed", None)]


def test_a_file_rewritten_unnoticed_is_landed_before_it_is_deleted_at_last(
    customer: Any, unwritable: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = customer.with_feeds(DELETE)
    path = customer.folder / "a.csv"
    path.write_text("one")
    os.utime(path, (0, 0))
    customer.fetch()
    path.write_text("two")
    os.utime(path, (0, 0))

    monkeypatch.undo()
    customer.fetch(hours=1)

    assert customer.landed() == ["one", "two"]
    assert files_below(customer.folder) == []


def test_a_file_that_changes_after_it_was_read_is_not_deleted(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = customer.with_feeds(DELETE)
    path = customer.folder / "a.csv"
    path.write_text("one")
    remove = SftpSession.remove
    monkeypatch.setattr(SftpSession, "remove", lambda *given: (path.write_text("two!"), remove(*given)))

    customer.fetch()
    monkeypatch.undo()
    customer.fetch(hours=1)

    assert customer.landed() == ["one", "two!"]
    assert files_below(customer.folder) == []


def test_nothing_is_deleted_whose_row_could_not_be_committed(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = customer.with_feeds(DELETE)
    (customer.folder / "a.csv").write_text("one")
    monkeypatch.setattr("journeys_pipeline.adapters.fetching.manifest.Manifest.land", lambda *_given, **_more: 1 / 0)

    rows = customer.fetch()
    monkeypatch.undo()

    assert files_below(customer.folder) == ["a.csv"]
    assert rows["status"].to_list() == ["connection_error"]
    assert "ZeroDivisionError" in rows["error"][0]


def test_a_file_stays_until_all_its_feeds_have_it(customer: Any) -> None:
    customer = customer.with_feeds(DELETE, {"id": "slow", "journey_id": "bye", "complete_when": "listed_twice"})
    (customer.folder / "a.csv").write_text("one")

    customer.fetch()
    between = files_below(customer.folder)
    customer.fetch(hours=1)

    assert between == ["a.csv"]
    assert customer.manifest("feed_id", "status") == [("newcomers", "landed"), ("slow", "landed")]
    assert files_below(customer.folder) == []


def test_a_folder_that_cannot_be_emptied_costs_few_readings_each_time_and_in_time_all_are_tried(
    customer: Any, unwritable: list[str], readings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = customer.with_feeds(DELETE)
    for number in range(15):
        (customer.folder / f"{number:02}.csv").write_text(f"{number}")
    customer.fetch()
    del readings[:], unwritable[:]

    monkeypatch.setattr(visit, "BATCH", 5)
    for hours in (1, 2, 3, 4):
        customer.fetch(hours)

    assert len(readings) == len(unwritable) == 40
    assert len(set(unwritable)) == 15


def test_news_are_not_held_up_by_files_that_cannot_be_put_away(
    customer: Any, unwritable: list[str], readings: list[str]
) -> None:
    customer = customer.with_feeds(DELETE)
    for name in ("a.csv", "b.csv"):
        (customer.folder / name).write_text(name)
    customer.fetch()
    (customer.folder / "c.csv").write_text("c")
    del readings[:]

    customer.fetch(hours=1)

    assert readings[0] == "c.csv"
    assert sorted(readings) == ["a.csv", "b.csv", "c.csv"]


@pytest.mark.parametrize(("is_wanted_again", "status"), [(False, "duplicate"), (True, "landed")])
def test_a_file_that_was_put_away_and_comes_back_just_as_it_was_is_an_arrival(
    customer: Any, status: str, *, is_wanted_again: bool
) -> None:
    customer = customer.with_feeds(DELETE | {"reimport_same_content": is_wanted_again})
    statuses = []

    for hours in range(3):
        (customer.folder / "a.csv").write_text("one")
        os.utime(customer.folder / "a.csv", (0, 0))
        statuses += customer.fetch(hours)["status"].to_list()

    assert statuses == ["landed", status, status]
    assert files_below(customer.folder) == []
