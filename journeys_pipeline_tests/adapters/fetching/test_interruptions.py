"""Killed at any point, overtaken, or run twice at once: each content is landed once, and nothing is lost."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from journeys_pipeline.adapters import leases
from journeys_pipeline.adapters.fetching import visit
from journeys_pipeline.adapters.sftp import RemoteFile, SftpSession
from journeys_pipeline_tests import dying_fetch
from journeys_pipeline_tests.customers import NOON, Customer


class Killed(BaseException):
    """Nothing in the product may catch it."""


def serve_files(customer: Any, count: int) -> list[str]:
    contents = [f"number {number:02}" for number in range(count)]
    for number, content in enumerate(contents):
        (customer.folder / f"{number:02}.csv").write_text(content)
    return contents


@pytest.fixture(scope="module")
def executioner() -> Iterator[subprocess.Popen[str]]:
    """Another process: this one must not be killed, nor fork with its threads."""
    command = [sys.executable, "-m", dying_fetch.__name__]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(dying_fetch.__file__).parents[1]
    )
    yield process
    process.communicate()


def fetch_and_die(customer: Customer, executioner: Any, point: str) -> int:
    """The signal that ended the fetch."""
    connection = customer.connection.model_dump_json(by_alias=True, exclude_defaults=True)
    order = [connection, customer.warehouse_url, str(customer.home / "landing"), NOON.isoformat(), point]
    executioner.stdin.write(json.dumps(order) + "\n")
    executioner.stdin.flush()
    return int(executioner.stdout.readline())


@pytest.mark.usefixtures("each_database")
@pytest.mark.parametrize("point", dying_fetch.POINTS)
def test_a_fetch_that_is_killed_and_run_again_lands_each_file_once(
    customer: Any, executioner: subprocess.Popen[str], point: str
) -> None:
    customer = customer.with_feeds({"after_landing": "delete"})
    contents = serve_files(customer, 4)

    ended_by = fetch_and_die(customer, executioner, point)
    customer.fetch(hours=1)
    again = customer.fetch(hours=2)

    assert ended_by == signal.SIGKILL
    assert customer.landed() == contents
    assert customer.manifest("status", "after_error") == [("landed", None)] * 4
    assert list(customer.folder.iterdir()) == []
    assert list(customer.home.rglob(".incoming-*")) == []
    assert again.is_empty()


def test_a_fetch_that_dies_late_keeps_what_it_has_committed(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = serve_files(customer, 50)
    monkeypatch.setattr(visit, "BATCH", 10)
    fetch = SftpSession.fetch

    def die_at_45(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if file.name == "45.csv":
            raise Killed
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", die_at_45)
    with pytest.raises(Killed):
        customer.fetch()
    kept = customer.landed()
    monkeypatch.undo()
    late = customer.fetch(hours=1)

    assert kept == contents[:40]
    assert late.height == 10
    assert customer.landed() == contents


@pytest.fixture
def overtaken(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The first file's reading takes so long that another fetch takes over, and ends; the rows that it added."""
    added: list[int] = []
    fetch = SftpSession.fetch

    def sleep_over(session: SftpSession, file: RemoteFile, into: BinaryIO) -> str:
        if not added:
            added.append(0)
            added.append(customer.fetch(hours=1).height)
        return fetch(session, file, into)

    monkeypatch.setattr(SftpSession, "fetch", sleep_over)
    yield added
    monkeypatch.undo()


def test_a_fetch_that_was_overtaken_writes_nothing(customer: Any, overtaken: list[int]) -> None:
    contents = serve_files(customer, 5)

    rows = customer.fetch()

    assert overtaken == [0, 5]
    assert rows.is_empty()
    assert customer.landed() == contents
    assert customer.names("duplicate") == customer.names("connection_error") == []


def test_two_fetches_at_once_land_each_file_once(customer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOK_S", 0.01)
    contents = serve_files(customer, 20)

    with ThreadPoolExecutor() as pool:
        added = sorted(pool.map(lambda hours: customer.fetch(hours).height, [0, 0]))

    assert added == [0, 20]
    assert customer.landed() == contents
    assert customer.names("duplicate") == []
