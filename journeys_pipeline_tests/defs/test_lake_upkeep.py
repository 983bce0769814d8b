"""The daily maintenance removes what died programs left and what is past its time, and nothing else."""

import os
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.leftovers import remove_leftovers
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.definitions import defs
from journeys_pipeline.defs import lake_upkeep
from journeys_pipeline.defs.lake_upkeep import Leftovers, keep_lake, maintain, remove_raw
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.people import Identities
from journeys_pipeline_tests.mailing_worlds import CATALOG

NOW = datetime(2026, 3, 20, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    warehouse = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    warehouse.migrate()
    return warehouse


def land(zone: LandingZone, warehouse: Warehouse, name: str, *, at: datetime, is_read: bool = True) -> Path:
    digest = sha256(name.encode()).hexdigest()
    with zone.receive("sftp") as incoming:
        incoming.stream.write(name.encode())
        incoming.keep(digest)
    row: dict[str, Any] = {
        "file_id": name, "account_id": "acme", "connection_id": "sftp", "feed_id": "events", "kind": "events",
        "file_name": name, "file_bytes": len(name), "sha256": digest, "fetched_at": at, "status": "landed",
    }  # fmt: skip
    warehouse.upsert(LandedFiles, pl.DataFrame([row], schema=LandedFiles.create_empty().schema))
    counts = dict.fromkeys(["records", "accepted", "duplicates", "quarantined"], 0)
    reading = {"file_id": name, "account_id": "acme", "kind": "events", "read_at": at} | counts
    read = pl.DataFrame([reading] * is_read, schema=FeedReadings.create_empty().schema)
    warehouse.upsert(FeedReadings, read)
    return zone.path("sftp", digest)


def test_bytes_past_their_time_go_once_they_were_read(tmp_path: Path, warehouse: Warehouse) -> None:
    zone = LandingZone(tmp_path / "landing")
    old, unread = (land(zone, warehouse, name, at=LONG_AGO, is_read=name == "old") for name in ("old", "unread"))
    new = land(zone, warehouse, "new", at=NOW)

    removed = remove_raw(zone, warehouse, before=NOW - timedelta(days=30), as_of=NOW)
    again = remove_raw(zone, warehouse, before=NOW - timedelta(days=30), as_of=NOW)

    assert [path.exists() for path in (old, unread, new)] == [False, True, True]
    assert (removed, again) == ((1, 3), (0, 0))
    assert warehouse.read(LandedFiles).height == 3


def test_what_died_programs_left_goes_after_a_day(tmp_path: Path) -> None:
    old_file, new_file = tmp_path / "landing" / "sftp" / ".incoming-old", tmp_path / "landing" / ".writing-new"
    old_folder, busy_folder = tmp_path / "scratch" / ".scratch-old", tmp_path / "scratch" / ".scratch-busy"
    kept = tmp_path / "landing" / "sftp" / "ab" / "abc"
    for path in (old_file, new_file, old_folder / "a" / "chunk", busy_folder / "chunk", kept):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    for path in (old_file, old_folder / "a" / "chunk", old_folder / "a", old_folder, busy_folder, kept):
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    count, size = remove_leftovers([tmp_path / "landing", tmp_path / "scratch", tmp_path / "none"], before=NOW)

    assert (count, size) == (2, 10)
    assert [path.exists() for path in (old_file, new_file, old_folder, busy_folder, kept)] == [
        False, True, False, True, True,
    ]  # fmt: skip


def test_maintenance_is_a_job_that_runs_each_night() -> None:
    schedule = defs.resolve_schedule_def("maintain_daily")

    assert (schedule.cron_schedule, schedule.job_name) == ("30 4 * * *", "maintain")


@pytest.fixture
def home(tmp_path: Path) -> dict[str, Any]:
    """Resources of a home whose catalog keeps landed bytes for ten days, and whose lake has a table."""
    catalog = tmp_path / "journeys.yaml"
    catalog.write_text(CATALOG.replace("RECIPIENTS", "").replace("{largest_attachment_mb: 1}", "{keep_raw_days: 10}"))
    folder = LakeFolder(folder=str(tmp_path / "lake"))
    row = {"account_id": "acme", "person_id": "p", "resolved_person_id": "p"}
    rows = pl.LazyFrame([row], schema=Identities.create_empty().schema)
    folder.open().replace(Identities, rows, {"account_id": ["acme"]})
    return {
        "catalog_file": CatalogFile(path=str(catalog)),
        "lake_folder": folder,
        "landing_folder": LandingFolder(folder=str(tmp_path / "landing")),
        "warehouse_database": WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}"),
        "leftovers": Leftovers(folders=[str(tmp_path / "landing")]),
    }


def test_the_job_tells_what_it_did_to_each_table(tmp_path: Path, warehouse: Warehouse, home: dict[str, Any]) -> None:
    old = land(LandingZone(tmp_path / "landing"), warehouse, "old", at=LONG_AGO)

    done = maintain.execute_in_process(resources=home)

    [output] = [event for event in done.all_node_events if event.is_successful_output]
    told = {name: value.value for name, value in output.step_output_data.metadata.items()}
    sizes = told.pop("tables")["identities"]
    assert (sizes["files"], sizes["bytes"][0] > 0) == ([1, 1], True)
    assert told == {
        "leftovers removed": 0, "leftover bytes": 0, "landed contents removed": 1, "landed bytes removed": 3,
    }  # fmt: skip
    assert not old.exists()


def spoil(home: dict[str, Any]) -> Path:
    """The one file of the lake has a byte too many."""
    [path] = Path(home["lake_folder"].folder).rglob("part-*.parquet")
    with path.open("ab") as stream:
        stream.write(b"1")
    return path


def test_a_damaged_file_fails_the_job_that_does_the_rest_all_the_same(
    tmp_path: Path, warehouse: Warehouse, home: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake_upkeep, "NIGHTS", 1)
    old, damaged = land(LandingZone(tmp_path / "landing"), warehouse, "old", at=LONG_AGO), spoil(home)

    done = maintain.execute_in_process(resources=home, raise_on_error=False)

    [failure] = [event.step_failure_data for event in done.all_node_events if event.is_step_failure]
    assert failure.user_failure_data
    assert str(failure.user_failure_data.description).startswith(f"identities: {damaged.name}: gone, or other bytes")
    assert failure.user_failure_data.metadata["landed bytes removed"].value == 3
    assert not old.exists()


def test_no_month_is_counted_from_a_damaged_table_without_partitions(home: dict[str, Any]) -> None:
    spoil(home)
    identities = home["lake_folder"].open().upkeep(Identities)

    with pytest.raises(DamagedFiles):
        identities.verify(month=date(2026, 3, 1))


def test_a_week_of_nights_sees_each_file_once(warehouse: Warehouse, home: dict[str, Any]) -> None:
    spoil(home)
    lake = home["lake_folder"].open()

    found = [keep_lake(lake, keep_days=30, as_of=NOW + timedelta(days=night))[1] for night in range(7)]

    assert [len(sentences) for sentences in found if sentences] == [1]
