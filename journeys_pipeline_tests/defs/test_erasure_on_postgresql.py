"""On PostgreSQL, too, no file of the database holds an erased contact: no freed page, no index, no statistics."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.erased_outputs import Outputs
from journeys_pipeline.defs.erasures import Eraser
from journeys_pipeline.schemas.landed_files import FileSightings, LandedFiles
from journeys_pipeline_tests.canaries import traces
from journeys_pipeline_tests.databases import new_database, serve_postgresql
from journeys_pipeline_tests.defs.withdrawing_worlds import BEGIN, KEY, World, at, lines, profile

PHONE = "+31206241987"
NAMES = [f"{PHONE}-{number % 3}.csv" for number in range(600)]  # so often that the planner keeps them


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    with serve_postgresql() as server:
        yield server


@pytest.fixture(params=["postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return new_database(request, tmp_path)


def run(database: str, statement: str) -> Any:
    """What a statement gives, if anything."""
    engine = sa.create_engine(database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        result = connection.execute(sa.text(statement))
        return result.scalar() if result.returns_rows else None


def write_out(database: str) -> None:
    """All pages are in their files, and what was dropped is removed from the disk."""
    run(database, "CHECKPOINT")


def drop_log(database: str) -> None:
    """What docs/operations.md tells a superuser to do about the write-ahead log."""
    run(database, "ALTER SYSTEM SET wal_recycle = off")
    run(database, "SELECT pg_reload_conf()")
    for _ in range(2):
        run(database, "SELECT pg_switch_wal()")
        run(database, "CHECKPOINT")


def server_folder(database: str) -> Path:
    return Path(run(database, "SHOW data_directory"))


def test_no_file_of_the_database_holds_an_erased_contact(database: str, tmp_path: Path) -> None:
    world = World(tmp_path / "home", database=database)
    world.land(lines("people-1", profile("p1", PHONE)), step=0)
    [row] = world.warehouse.read(LandedFiles).to_dicts()
    named = [
        row | {"file_id": f"f{number}", "status": "skipped", "file_name": name} for number, name in enumerate(NAMES)
    ]
    world.warehouse.upsert(LandedFiles, pl.DataFrame(named, schema=LandedFiles.create_empty().schema))
    seen = {
        "connection_id": "sftp",
        "feed_id": "people",
        "file_name": NAMES[0],
        "file_bytes": 1,
        "modified_at": BEGIN,
        "seen_at": BEGIN,
    }
    world.warehouse.upsert(FileSightings, pl.DataFrame([seen], schema=FileSightings.create_empty().schema))
    run(database, "ANALYZE landed_files")
    write_out(database)
    had = traces(server_folder(database) / "base")
    outputs = Outputs(tmp_path / "reports", tmp_path / "outbox")
    eraser = Eraser(world.catalog, world.landing_zone, world.lake, Warehouse(database), KEY, outputs, at(1))

    eraser.erase("acme", person_id="p1", requested_by="ann")
    write_out(database)
    left = traces(server_folder(database) / "base")
    drop_log(database)

    assert len(had) >= 3  # the tables, and what the planner knows of them
    assert left == []
    assert traces(server_folder(database)) == []
    assert traces(tmp_path) == []
    assert run(database, "SELECT count(*) FROM landed_files WHERE file_name LIKE '+99999999999-_.csv'") == 600
