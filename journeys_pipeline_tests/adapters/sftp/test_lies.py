"""A server that lies: the bytes it sent and their hash, or a clear refusal; never a hang, never a part of a file."""

import hashlib
import io
import os
import time

import paramiko
import pytest

from journeys_pipeline.adapters.sftp import (
    ConnectionFailed,
    FetchFailed,
    RemoteFile,
    SkippedEntry,
    Timeouts,
    WriteFailed,
    open_sftp,
)
from journeys_pipeline_tests.lying_server import PASSWORD, Lies, lying
from journeys_pipeline_tests.sftp_connections import connect_to

CONTENT = os.urandom(200_000)
SIZE = len(CONTENT)
NOW = 1_700_000_000
IMPATIENT = Timeouts(stall_s=0.5, file_s=20, retry_pauses_s=())


def fetch(lies: Lies) -> tuple[bytes, str]:
    into = io.BytesIO()
    with (
        lying(lies) as server,
        open_sftp(connect_to(server, password_env="PASSWORD"), password=PASSWORD, timeouts=IMPATIENT) as session,
    ):
        sha256 = session.fetch(session.list_files(".")[0], into)
    return into.getvalue(), sha256


def list_names(lies: Lies) -> tuple[list[RemoteFile], list[SkippedEntry]]:
    with (
        lying(lies) as server,
        open_sftp(connect_to(server, password_env="PASSWORD"), password=PASSWORD, timeouts=IMPATIENT) as session,
    ):
        return session.list_files("."), session.skipped


def test_an_honest_answer_is_taken() -> None:
    content, sha256 = fetch(Lies(CONTENT))

    assert content == CONTENT
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()


@pytest.mark.parametrize(
    "lies",
    [
        pytest.param(Lies(CONTENT, sizes=[SIZE - 1]), id="says-less"),
        pytest.param(Lies(CONTENT, sizes=[SIZE + 1]), id="says-more"),
        pytest.param(Lies(CONTENT, sizes=[2**60]), id="says-far-more"),
        pytest.param(Lies(CONTENT, sizes=[0]), id="says-nothing"),
        pytest.param(Lies(CONTENT, sizes=[SIZE - 5, SIZE]), id="grown-since-listed"),
        pytest.param(Lies(CONTENT, sizes=[SIZE, SIZE, SIZE + 5]), id="grows-at-the-end"),
        pytest.param(Lies(CONTENT, sizes=[SIZE, SIZE, SIZE - 5]), id="shrinks-at-the-end"),
        pytest.param(Lies(CONTENT, sizes=[SIZE, None]), id="forgets-the-size"),
        pytest.param(Lies(CONTENT, times=[NOW, NOW, NOW + 1]), id="rewritten"),
        pytest.param(Lies(CONTENT, times=[NOW, NOW, None]), id="forgets-the-time"),
        pytest.param(Lies(b"", sizes=[SIZE]), id="empty"),
        pytest.param(Lies(CONTENT, sizes=[SIZE], read=lambda _, length: bytes(length)), id="endless"),
    ],
)
def test_a_file_whose_size_or_time_does_not_hold_is_refused(lies: Lies) -> None:
    with pytest.raises(FetchFailed, match="changed while it was read"):
        fetch(lies)


def test_short_answers_are_asked_for_the_rest() -> None:
    content, sha256 = fetch(Lies(CONTENT, read=lambda at, length: CONTENT[at : at + min(length, 1_000)] or 1))

    assert content == CONTENT
    assert sha256 == hashlib.sha256(CONTENT).hexdigest()


def test_more_than_was_asked_for_is_refused() -> None:
    with pytest.raises(FetchFailed, match="more was sent than was asked for"):
        fetch(Lies(CONTENT, read=lambda at, length: CONTENT[at : at + length] + b"and more"))


def test_bytes_rewritten_behind_the_same_size_and_time_have_the_hash_of_what_came() -> None:
    content, sha256 = fetch(Lies(CONTENT, read=lambda at, length: (b"a" if at else b"b") * min(length, SIZE - at) or 1))

    assert len(content) == SIZE
    assert sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        pytest.param(paramiko.SFTP_PERMISSION_DENIED, "ask its operator for read permission", id="denied"),
        pytest.param(paramiko.SFTP_NO_SUCH_FILE, "does not exist", id="gone"),
        pytest.param(paramiko.SFTP_FAILURE, "the server answered: Failure", id="failed"),
        pytest.param(paramiko.SFTP_OK, "the answer holds nothing", id="nothing-at-all"),
    ],
)
def test_an_error_in_mid_file_is_told(status: int, reason: str) -> None:
    with pytest.raises(FetchFailed, match=reason):
        fetch(Lies(CONTENT, read=lambda at, length: status if at else CONTENT[:length]))


def test_a_server_that_never_answers_is_given_up() -> None:
    lies = Lies(CONTENT)
    lies.read = lies.never
    started = time.monotonic()

    with pytest.raises(FetchFailed, match="sent nothing"):
        fetch(lies)

    assert time.monotonic() - started < 5


def test_a_refused_file_does_not_keep_the_next_from_loading() -> None:
    into = io.BytesIO()

    with (
        lying(Lies(CONTENT)) as server,
        open_sftp(connect_to(server, password_env="PASSWORD"), password=PASSWORD, timeouts=IMPATIENT) as session,
    ):
        file = session.list_files(".")[0]
        with pytest.raises(FetchFailed, match="changed"):
            session.fetch(RemoteFile(file.path, file.name, SIZE - 1, file.modified_at), io.BytesIO())
        session.fetch(file, into)

    assert into.getvalue() == CONTENT


def test_a_name_listed_twice_is_one_file() -> None:
    files, skipped = list_names(Lies(CONTENT, names=["a.csv", "b.csv", "a.csv"]))

    assert [file.name for file in files] == ["a.csv", "b.csv"]
    assert skipped == []


def test_names_that_lead_elsewhere_are_skipped() -> None:
    files, skipped = list_names(Lies(CONTENT, names=["../../etc/passwd", "/etc/passwd", ".", "..", "a.csv"]))

    assert [file.name for file in files] == ["a.csv"]
    assert skipped == [SkippedEntry(name, "a name that is a path") for name in ("../../etc/passwd", "/etc/passwd")]


@pytest.mark.parametrize("lies", [Lies(sizes=[None]), Lies(times=[None]), Lies(sizes=[2**64 - 1])])
def test_a_file_without_a_size_or_time_is_skipped(lies: Lies) -> None:
    files, skipped = list_names(lies)

    assert files == []
    assert skipped == [SkippedEntry("people.csv", "no size or time")]


def test_a_listing_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journeys_pipeline.adapters.sftp.listing.MOST_ENTRIES", 10)

    with pytest.raises(ConnectionFailed, match="endless listing"):
        list_names(Lies(CONTENT, names=[f"{number}.csv" for number in range(11)]))


def test_a_server_that_cannot_replace_is_told_to_remove_and_rename() -> None:
    lies = Lies(CONTENT)

    with (
        lying(lies) as server,
        open_sftp(connect_to(server, password_env="PASSWORD"), password=PASSWORD, timeouts=IMPATIENT) as session,
    ):
        session.write("out/report.csv", CONTENT)

    assert lies.done == [
        "remove out/.report.csv.part",
        "remove out/report.csv",
        "rename out/.report.csv.part to out/report.csv",
    ]


def test_a_server_that_keeps_only_a_part_leaves_the_older_file_alone() -> None:
    lies = Lies(CONTENT, sizes=[SIZE - 1])

    with (
        lying(lies) as server,
        open_sftp(connect_to(server, password_env="PASSWORD"), password=PASSWORD, timeouts=IMPATIENT) as session,
        pytest.raises(WriteFailed, match="kept only a part of the file: make room"),
    ):
        session.write("report.csv", CONTENT)

    assert lies.done == ["remove .report.csv.part", "remove .report.csv.part"]
