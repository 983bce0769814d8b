"""What could not be fetched is a row that says why: once for each cause, and never in the way of the rest."""

import errno
import logging
import os
from dataclasses import replace
from typing import Any, BinaryIO

import pytest

from journeys_pipeline.adapters.sftp import FetchFailed, RemoteFile, SftpSession

SECRET = "+31206241111"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of files that the server does not let us read."""
    names: set[str] = set()
    fetch = SftpSession.fetch

    def fetch_if_open(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if file.name in names:
            raise FetchFailed("The server does not let this user read it.")
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", fetch_if_open)
    return names


def test_what_is_no_file_to_fetch_is_listed_once_and_the_rest_loads(customer: Any) -> None:
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / os.fsdecode(b"caf\xe9.csv")).write_text("two")
    (customer.folder / "bell\a.csv").write_text("three")
    (customer.folder / "link.csv").symlink_to(customer.folder / "a.csv")
    (customer.folder / "folder.csv").mkdir()
    os.mkfifo(customer.folder / "pipe.dat")

    customer.fetch()
    again = customer.fetch(hours=25)

    assert customer.landed() == ["one"]
    assert customer.manifest("file_name", "feed_id", "status", "error") == [
        ("a.csv", "newcomers", "landed", None),
        ("bell\\x07.csv", "newcomers", "skipped", "Not fetched: it is a name with control characters."),
        ("caf\\xe9.csv", "newcomers", "skipped", "Not fetched: it is a name that is not UTF-8."),
        ("link.csv", "newcomers", "skipped", "Not fetched: it is a link."),
        ("pipe.dat", None, "skipped", "Not fetched: it is a FIFO or device."),
    ]
    assert again.is_empty()


def test_a_name_that_no_index_can_hold_is_skipped(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (customer.folder / "a.csv").write_text("one")
    list_files = SftpSession.list_files
    monkeypatch.setattr(
        SftpSession,
        "list_files",
        lambda *given: [replace(file, name="x" * 5000) for file in list_files(*given)] + list_files(*given),
    )

    customer.fetch()

    assert customer.landed() == ["one"]
    assert customer.manifest("status", "error") == [
        ("landed", None),
        ("skipped", "Not fetched: it is a name that is too long."),
    ]


def test_a_file_that_cannot_be_fetched_is_one_row_however_often_it_is_tried(customer: Any, closed: set[str]) -> None:
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "b.csv").write_text("two")
    closed.add("a.csv")

    added = [customer.fetch(hours).height for hours in range(4)]
    closed.clear()
    late = customer.fetch(hours=5)

    assert added == [2, 0, 0, 0]
    assert customer.names("refused") == ["a.csv"]
    assert late.select("file_name", "status").rows() == [("a.csv", "landed")]


def test_each_edition_of_a_file_that_cannot_be_fetched_is_a_row(customer: Any, closed: set[str]) -> None:
    closed.add("a.csv")
    for hours in range(3):
        (customer.folder / "a.csv").write_text("x" * hours)
        customer.fetch(hours)

    assert customer.manifest("file_bytes", "status") == [(0, "refused"), (1, "refused"), (2, "refused")]


def test_a_file_that_broke_the_connection_before_waits_until_the_others_are_in(
    customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (customer.folder / name).write_text(name)
    fetch = SftpSession.fetch

    def break_at_a(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if file.name == "a.csv":
            session._transport.close()  # noqa: SLF001 - as a server that breaks off does
            raise FetchFailed("The server sent nothing for 30 s.")
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", break_at_a)
    first, second = customer.fetch(), customer.fetch(hours=1)

    assert first.select("file_name", "status").rows() == [("a.csv", "refused"), (None, "connection_error")]
    assert second.select("file_name", "status").rows() == [("b.csv", "landed"), ("c.csv", "landed")]


def test_a_file_larger_than_the_feed_allows_is_refused_without_being_read(customer: Any, readings: list[str]) -> None:
    customer = customer.with_feeds({"max_bytes": 3})
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "b.csv").write_text("four")

    customer.fetch()
    again = customer.fetch(hours=25)

    assert readings == ["a.csv", "a.csv"]
    assert customer.landed() == ["one"]
    assert customer.manifest("file_name", "error") == [
        ("a.csv", None),
        ("b.csv", "The file is larger than 3 bytes (`max_bytes` of the feed). Send it in parts."),
    ]
    assert again.is_empty()


def test_f41_each_failed_fetch_of_a_connection_is_a_row(customer: Any) -> None:
    nowhere = replace(customer, connection=customer.connection.model_copy(update={"folder": "nowhere"}))

    nowhere.fetch()
    nowhere.fetch()  # the same fetch, tried again
    nowhere.fetch(hours=1)

    rows = customer.manifest("status", "account_id", "connection_id", "file_name")
    assert rows == [("connection_error", "acme", "acme-sftp", None)] * 2
    assert "nowhere" in customer.manifest("error")[0][0]


def test_a_fault_of_ours_is_a_row_too_whose_log_holds_no_contact(
    customer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "b.csv").write_text("two")
    fetch = SftpSession.fetch

    def stumble(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if file.name == "b.csv":
            raise KeyError(SECRET)
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", stumble)
    with caplog.at_level(logging.INFO):
        rows = customer.fetch()

    assert rows.select("status", "file_name").rows() == [("landed", "a.csv"), ("connection_error", None)]
    assert rows["error"][1] == "The fetch failed inside this program (KeyError); its log says where."
    assert "KeyError at visit.py:" in caplog.text
    assert SECRET not in caplog.text


def test_a_full_disk_of_ours_is_said_and_what_came_before_is_kept(
    customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (customer.folder / "a.csv").write_text("one")
    (customer.folder / "b.csv").write_text("two")
    fetch = SftpSession.fetch

    def fill_disk(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if file.name == "b.csv":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/landing/secret")
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", fill_disk)
    rows = customer.fetch()

    assert rows["status"].to_list() == ["landed", "connection_error"]
    told = "The fetch failed inside this program (OSError: No space left on device); its log says where."
    assert rows["error"][1] == told
