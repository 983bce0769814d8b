"""Landing zone and lake in an object store keep the promises that they keep in a folder."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from journeys_pipeline.adapters.buckets import is_bucket, open_bucket
from journeys_pipeline.adapters.lake import Lake, SliceRejected
from journeys_pipeline.adapters.landing_bucket import LandingBucket
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline_tests.object_store import serve_bucket

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
BYTES = b"phone\n+15005550006\n"
SHA256 = hashlib.sha256(BYTES).hexdigest()
WRITERS = 6


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as monkeypatch, serve_bucket(monkeypatch) as url:
        yield url


@pytest.fixture
def lake(bucket: str, tmp_path: Path) -> Lake:
    return Lake(f"{bucket}/{tmp_path.name}/lake", tmp_path / "scratch")


@pytest.fixture
def zone(bucket: str, tmp_path: Path) -> LandingBucket:
    return LandingBucket(f"{bucket}/{tmp_path.name}/landing", tmp_path / "working")


def rows(*events: tuple[date, str]) -> pl.LazyFrame:
    columns = [{"day": day, "file_id": "f", "event_id": event, "account_id": "acme"} for day, event in events]
    return pl.LazyFrame(columns, schema=JourneyEvents.create_empty().schema)


def put(lake: Lake, days: Sequence[date], *events: tuple[date, str], is_sorted: bool = False) -> None:
    lake.replace(JourneyEvents, rows(*events), {"day": days, "file_id": ["f"]}, is_sorted=is_sorted)


def stored(lake: Lake) -> list[tuple[date, str]]:
    return sorted(lake.scan(JourneyEvents).select("day", "event_id").collect().iter_rows())


def land(zone: LandingBucket, content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    with zone.receive("acme") as incoming:
        incoming.stream.write(content)
        incoming.keep(sha256)
    return sha256


def land_half(zone: LandingBucket) -> None:
    with zone.receive("acme") as incoming:
        incoming.stream.write(BYTES[:5])
        raise ConnectionResetError


@pytest.mark.parametrize("is_sorted", [False, True])
def test_a_slice_in_a_bucket_is_replaced_and_what_is_beside_it_stays(lake: Lake, *, is_sorted: bool) -> None:
    put(lake, [MONDAY, TUESDAY], (MONDAY, "e1"), (TUESDAY, "e2"), is_sorted=is_sorted)

    put(lake, [MONDAY], (MONDAY, "e3"), is_sorted=is_sorted)

    assert stored(lake) == [(MONDAY, "e3"), (TUESDAY, "e2")]


def test_rows_outside_the_slice_leave_neither_rows_nor_files_in_the_bucket(
    bucket: str, lake: Lake, tmp_path: Path
) -> None:
    with pytest.raises(SliceRejected):
        put(lake, [MONDAY], (TUESDAY, "e1"), is_sorted=True)

    left = [found["path"] for page in open_bucket(f"{bucket}/{tmp_path.name}").list() for found in page]
    assert stored(lake) == []
    assert [path for path in left if path.endswith(".parquet")] == []


def test_writers_of_different_days_all_succeed_in_a_bucket(lake: Lake) -> None:
    days = [date(2026, 3, 1 + number) for number in range(WRITERS)]
    put(lake, [MONDAY])

    with ThreadPoolExecutor(WRITERS) as writers:
        list(writers.map(lambda day: put(lake, [day], (day, "e")), days))

    assert stored(lake) == [(day, "e") for day in days]


def test_other_engines_find_whole_files_in_the_bucket(bucket: str, lake: Lake, tmp_path: Path) -> None:
    put(lake, [MONDAY], *((MONDAY, f"e{number}") for number in range(100)), is_sorted=True)

    table = DeltaTable(f"{bucket}/{tmp_path.name}/lake/journey_events")
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    sizes = {found["path"]: found["size"] for page in open_bucket(table.table_uri).list() for found in page}

    assert actions["num_records"].sum() == 100
    assert all(sizes[row["path"]] == row["size_bytes"] for row in actions.to_dicts())


def test_a_landed_file_comes_back_from_the_bucket_for_as_long_as_it_is_read(
    zone: LandingBucket, tmp_path: Path
) -> None:
    land(zone, BYTES)

    with zone.reading("acme", SHA256) as path:
        content = path.read_bytes()

    assert content == BYTES
    assert [found for found in (tmp_path / "working").rglob("*") if found.is_file()] == []


def test_a_large_file_goes_up_in_parts_and_comes_back_whole(zone: LandingBucket) -> None:
    content = bytes(range(256)) * 100_000  # 25 MB

    sha256 = land(zone, content)
    with zone.reading("acme", sha256) as path:
        found = hashlib.sha256(path.read_bytes()).hexdigest()

    assert found == sha256


def test_a_half_written_file_reaches_no_bucket(zone: LandingBucket, bucket: str, tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        land_half(zone)

    assert [found for page in open_bucket(f"{bucket}/{tmp_path.name}").list() for found in page] == []
    assert [found for found in (tmp_path / "working").rglob("*") if found.is_file()] == []


def test_the_same_content_is_uploaded_once(zone: LandingBucket, bucket: str, tmp_path: Path) -> None:
    land(zone, BYTES)
    key = f"landing/acme/{SHA256[:2]}/{SHA256}"
    store = open_bucket(f"{bucket}/{tmp_path.name}")
    first = store.head(key)

    land(zone, BYTES)

    assert store.head(key) == first


def test_altered_bytes_are_read_instead_and_the_fetched_ones_never_return(
    zone: LandingBucket, bucket: str, tmp_path: Path
) -> None:
    land(zone, BYTES)
    instead = tmp_path / "instead"
    instead.write_bytes(b"phone\n\n")

    zone.alter("acme", SHA256, instead)
    land(zone, BYTES)
    with zone.reading("acme", SHA256) as path:
        content = path.read_bytes()

    left = [found["path"] for page in open_bucket(f"{bucket}/{tmp_path.name}").list() for found in page]
    assert content == b"phone\n\n"
    assert left == [f"landing/acme/{SHA256[:2]}/{SHA256}.altered"]


def test_removed_bytes_are_gone_from_the_bucket_and_may_be_fetched_again(zone: LandingBucket) -> None:
    land(zone, BYTES)

    removed = [zone.remove("acme", SHA256), zone.remove("acme", SHA256)]
    land(zone, BYTES)
    with zone.reading("acme", SHA256) as path:
        content = path.read_bytes()

    assert removed == [len(BYTES), 0]
    assert content == BYTES


def test_a_file_that_never_landed_is_not_found(zone: LandingBucket) -> None:
    with pytest.raises(FileNotFoundError), zone.reading("acme", "0" * 64):
        pass

    assert is_bucket("s3://journeys/landing")


@pytest.mark.parametrize("url", ["nonsense://somewhere/x", "s4://bucket"])
def test_a_url_of_no_object_store_is_refused_with_how_to_write_one(url: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/folder"):
        open_bucket(url)

    assert is_bucket(url)
