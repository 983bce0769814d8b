"""Files dropped in a folder or an object store are fetched as from an SFTP server: each content once."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.buckets import open_bucket
from journeys_pipeline.adapters.fetching import Fetch
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.sessions import open_session
from journeys_pipeline.adapters.sftp import ConnectionFailed, FetchFailed, WriteFailed
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import StoreConnection
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline_tests.object_store import serve_bucket

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
EVENTS = {"kind": "events", "id": "events", "glob": "*.ndjson", "complete_when": "renamed"}


@dataclass(frozen=True)
class Drop:
    """A place where files are dropped, and our side that fetches from it."""

    url: str
    home: Path

    def put(self, name: str, content: bytes) -> None:
        if self.url.startswith("file://"):
            path = Path(self.url.removeprefix("file://"), name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        else:
            open_bucket(self.url).put(name, content)

    def names(self) -> list[str]:
        if self.url.startswith("file://"):
            root = Path(self.url.removeprefix("file://"))
            return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())
        return sorted(found["path"] for page in open_bucket(self.url).list() for found in page)

    def connection(self, **feed: Any) -> StoreConnection:
        return StoreConnection.model_validate(
            {"id": "drop", "account_id": "acme", "url": self.url, "feeds": [EVENTS | feed]}
        )

    def fetch(self, hours: float = 0, **feed: Any) -> pl.DataFrame:
        warehouse = Warehouse(f"sqlite:///{self.home / 'warehouse.sqlite'}")
        warehouse.migrate()
        at = NOON + timedelta(hours=hours)
        return Fetch(self.connection(**feed), LandingZone(self.home / "landing"), warehouse, at, clock=lambda: at).run()

    def landed(self) -> list[bytes]:
        return sorted(path.read_bytes() for path in (self.home / "landing").rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as monkeypatch, serve_bucket(monkeypatch) as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def drop(request: pytest.FixtureRequest, tmp_path: Path) -> Drop:
    (tmp_path / "drop").mkdir()
    if request.param == "folder":
        return Drop(f"file://{tmp_path / 'drop'}", tmp_path)
    return Drop(f"{request.getfixturevalue('bucket')}/{tmp_path.name}", tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Drop:
    (tmp_path / "drop").mkdir()
    return Drop(f"file://{tmp_path / 'drop'}", tmp_path)


def test_a_file_dropped_there_lands_and_stays_as_it_is(drop: Drop) -> None:
    drop.put("a.ndjson", b"one")
    drop.put("notes.txt", b"not ours")
    drop.put("below/b.ndjson", b"in a folder below")

    rows = drop.fetch()

    assert rows.select("status", "file_name", "file_bytes").rows() == [("landed", "a.ndjson", 3)]
    assert drop.landed() == [b"one"]
    assert drop.names() == ["a.ndjson", "below/b.ndjson", "notes.txt"]


def test_the_same_content_under_another_name_or_again_loads_once(drop: Drop) -> None:
    drop.put("a.ndjson", b"one")
    drop.fetch()
    drop.put("copy.ndjson", b"one")
    drop.put("a.ndjson", b"another")  # of another size: a store tells times by the second

    again = drop.fetch(hours=1)
    nothing = drop.fetch(hours=2)

    assert sorted(again["status"]) == ["duplicate", "landed"]
    assert nothing.is_empty()
    assert drop.landed() == [b"another", b"one"]


def test_a_large_file_lands_whole(drop: Drop) -> None:
    content = bytes(range(256)) * 50_000  # 12.8 MB
    drop.put("a.ndjson", content)

    drop.fetch()

    assert drop.landed() == [content]


def test_what_landed_is_moved_where_the_feed_says_and_overwrites_nothing(drop: Drop) -> None:
    drop.put("done/a.ndjson", b"of last week")
    drop.put("a.ndjson", b"one")

    drop.fetch(after_landing="move", move_to="done")

    assert drop.names() == ["done/a.ndjson", "done/a.ndjson.1"]
    assert drop.landed() == [b"one"]


def test_what_landed_is_removed_where_the_feed_says(drop: Drop) -> None:
    drop.put("a.ndjson", b"one")

    drop.fetch(after_landing="delete")

    assert drop.names() == []
    assert drop.landed() == [b"one"]


def test_what_is_written_back_replaces_what_was_there(drop: Drop) -> None:
    drop.put("a.csv.receipt.json", b"{}")

    with open_session(drop.connection()) as session:
        session.write("./a.csv.receipt.json", b'{"total": 1}')
        listed = session.list_files(".")

    assert [(file.name, file.file_bytes) for file in listed] == [("a.csv.receipt.json", 12)]


def test_a_file_that_changed_since_the_listing_is_neither_fetched_nor_put_away(drop: Drop) -> None:
    drop.put("a.ndjson", b"one")
    with open_session(drop.connection()) as session:
        (file,) = session.list_files(".")
        drop.put("a.ndjson", b"another")

        with pytest.raises(FetchFailed, match="next fetch"), (drop.home / "into").open("wb") as into:
            session.fetch(file, into)
        with pytest.raises(WriteFailed, match="next fetch"):
            session.remove(file)

    assert drop.names() == ["a.ndjson"]


def test_links_pipes_and_odd_names_in_a_folder_are_told_and_hinder_nothing(folder: Drop, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for us")
    (tmp_path / "drop" / "link.ndjson").symlink_to(secret)
    os.mkfifo(tmp_path / "drop" / "pipe.ndjson")
    Path(os.fsdecode(os.fsencode(tmp_path / "drop") + b"/bad\xff.ndjson")).write_bytes(b"?")
    folder.put("new\nline.ndjson", b"?")
    folder.put("good.ndjson", b"one")

    rows = folder.fetch()

    assert rows.filter(status="landed")["file_name"].to_list() == ["good.ndjson"]
    assert sorted(rows.filter(status="skipped")["file_name"]) == [
        "bad\\xff.ndjson", "link.ndjson", "new\\nline.ndjson", "pipe.ndjson",
    ]  # fmt: skip
    assert folder.landed() == [b"one"]


def test_a_place_that_is_not_there_is_a_row_that_says_what_to_do(folder: Drop, tmp_path: Path) -> None:
    (tmp_path / "drop").rmdir()

    rows = folder.fetch()

    assert rows["status"].to_list() == ["connection_error"]
    assert "No such file or directory. Check the path" in rows["error"][0]


def test_a_store_that_answers_nobody_is_a_row_without_its_keys(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    drop = Drop(f"{bucket}/{tmp_path.name}", tmp_path)

    with pytest.raises(ConnectionFailed) as failure, open_session(drop.connection()) as session:
        session.list_files(".")

    assert "Check the URL, the credentials and endpoint" in str(failure.value)
    assert "canary" not in str(failure.value)


def test_the_manifest_tells_which_connection_a_file_came_over(drop: Drop) -> None:
    drop.put("a.ndjson", b"one")

    drop.fetch()
    warehouse = Warehouse(f"sqlite:///{drop.home / 'warehouse.sqlite'}")

    assert warehouse.read(LandedFiles).select("connection_id", "account_id", "kind").rows() == [
        ("drop", "acme", "events")
    ]
