"""A folder of 12,000 files: looking at it again costs one listing, and few questions to the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.sftp import SftpSession

FILES = 12_000
STATEMENTS = 20  # of one fetch that finds little or nothing new, its lease included


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The SQL that is sent, as it happens."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(sa.Engine, "before_cursor_execute", note)


@pytest.fixture
def short_ways(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Files are listed as ever, but neither sent nor kept, until this is undone."""

    @contextmanager
    def receive(_zone: LandingZone, _connection_id: str) -> Iterator[Mock]:
        yield Mock()

    monkeypatch.setattr(LandingZone, "receive", receive)
    monkeypatch.setattr(SftpSession, "fetch", lambda _session, file, _into: sha256(file.name.encode()).hexdigest())
    return monkeypatch


def test_in_a_folder_of_12_000_files_only_the_new_one_is_read_though_it_is_back_dated(
    customer: Any, short_ways: pytest.MonkeyPatch, statements: list[str]
) -> None:
    (customer.folder / "00000.csv").write_text("phone\n")
    for number in range(1, FILES):
        os.link(customer.folder / "00000.csv", customer.folder / f"{number:05}.csv")
    first = customer.fetch()
    short_ways.undo()
    statements.clear()

    second = customer.fetch(hours=1)
    unchanged = len(statements)
    (customer.folder / "late.csv").write_text("late")
    os.utime(customer.folder / "late.csv", (1, 1))
    third = customer.fetch(hours=2)

    assert first["status"].to_list() == ["landed"] * FILES
    assert second.is_empty()
    assert third.select("file_name", "status").rows() == [("late.csv", "landed")]
    assert unchanged < STATEMENTS
    assert len(statements) < 2 * STATEMENTS
