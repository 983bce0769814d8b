"""Each check of imports fails on a broken table and passes on a sound one."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import dataframely as dy
import polars as pl
import pytest
import sqlalchemy as sa

from journeys_pipeline.defs.checks import checks
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.landed_files import FeedReadings

CATALOG = """\
accounts:
  - id: alfa
    name: Alfa
    tiers: [{tier: start, valid_from: 2026-01-01}]
  - id: beta
    name: Beta
    tiers: [{tier: grow, valid_from: 2026-01-01}]
  - id: gamma
    name: Gamma
    tiers: [{tier: scale, valid_from: 2026-01-01}]
  - id: zeta
    name: Zeta
    tiers: [{tier: scale, valid_from: 2026-01-01}]
connections:
  - id: sftp
    account_id: alfa
    url: file:///nowhere
    feeds:
      - {kind: contacts, id: strict, glob: "a*.csv", journey_id: strict, contact_type: email, email_column: email}
      - kind: contacts
        id: lenient
        glob: "b*.csv"
        journey_id: strict
        contact_type: email
        email_column: email
        invalid_share_warning: 0.5
"""
DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def lake_folder(tmp_path: Path) -> LakeFolder:
    return LakeFolder(folder=str(tmp_path / "lake"))


@pytest.fixture
def warehouse_database(tmp_path: Path) -> WarehouseDatabase:
    return WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}")


@pytest.fixture
def catalog_file(tmp_path: Path) -> CatalogFile:
    path = tmp_path / "journeys.yaml"
    path.write_text(CATALOG)
    return CatalogFile(path=str(path))


def judge(asset: str, name: str, **resources: dg.ConfigurableResource[Any]) -> dg.AssetCheckResult:
    """The result of the check of that name on that asset."""
    wanted = dg.AssetCheckKey(dg.AssetKey(asset), name)
    check = next(check for check in checks if wanted in check.check_keys)
    return check(**resources)


def frame(table: type[dy.Schema], *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=table.create_empty().schema)


def land_entries(lake_folder: LakeFolder, *, valid: int, invalid: int) -> None:
    """Entries of the file f1, the valid ones first."""
    common = {"file_id": "f1", "account_id": "alfa", "journey_id": "strict", "is_duplicate": False, "attributes": "{}"}
    rows = [
        common
        | {"row_number": number + 2, "is_valid": number < valid, "imported_at": NOON, "day": DAY}
        | {"reasons": None if number < valid else "MALFORMED_EMAIL"}
        for number in range(valid + invalid)
    ]
    within = {"day": [DAY], "account_id": ["alfa"]}
    lake_folder.open().replace(ContactEntries, frame(ContactEntries, *rows).lazy(), within)


def show_import(
    database: WarehouseDatabase,
    *,
    valid: int,
    invalid: int,
    feed_id: str = "strict",
    file_id: str = "f1",
    fetched_at: datetime = NOON,
) -> None:
    row = {
        "file_id": file_id,
        "account_id": "alfa",
        "journey_id": "strict",
        "connection_id": "sftp",
        "feed_id": feed_id,
        "file_name": f"{file_id}.csv",
        "fetched_at": fetched_at,
        "status": "landed",
        "total_entries": valid + invalid,
        "valid_entries": valid,
        "invalid_entries": invalid,
    }
    database.open().upsert(ImportPerformance, frame(ImportPerformance, row))
    reading = {
        "file_id": file_id, "account_id": "alfa", "kind": "contacts", "records": valid + invalid, "accepted": valid,
        "duplicates": 0, "quarantined": invalid, "read_at": fetched_at,
    }  # fmt: skip
    database.open().upsert(FeedReadings, frame(FeedReadings, reading))


def show_connection_error(database: WarehouseDatabase) -> None:
    row = {
        "file_id": "e1",
        "account_id": "alfa",
        "connection_id": "sftp",
        "connection_error": "timed out",
        "fetched_at": NOON,
        "status": "connection_error",
    }
    database.open().upsert(ImportPerformance, frame(ImportPerformance, row))


def judge_totals(lake_folder: LakeFolder, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    resources = {"lake_folder": lake_folder, "warehouse_database": warehouse_database}
    return judge("import_performance", "totals_are_valid_plus_invalid", **resources)


def judge_shares(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> dg.AssetCheckResult:
    resources = {"catalog_file": catalog_file, "warehouse_database": warehouse_database}
    return judge("import_performance", "few_entries_are_invalid", **resources)


def test_totals_that_the_lake_holds_pass(lake_folder: LakeFolder, warehouse_database: WarehouseDatabase) -> None:
    """F46, and F41: a connection error has no totals to be wrong."""
    land_entries(lake_folder, valid=3, invalid=2)
    show_import(warehouse_database, valid=3, invalid=2)
    show_connection_error(warehouse_database)

    result = judge_totals(lake_folder, warehouse_database)

    assert result.passed
    assert result.metadata["files"].value == 1


@pytest.mark.parametrize(("valid", "invalid"), [(4, 2), (3, 1), (4, 1), (0, 0)])
def test_totals_that_differ_from_the_lake_fail(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase, valid: int, invalid: int
) -> None:
    land_entries(lake_folder, valid=3, invalid=2)
    show_import(warehouse_database, valid=valid, invalid=invalid)

    result = judge_totals(lake_folder, warehouse_database)

    assert not result.passed
    assert f"| f1 | {valid + invalid} | 5 |" in result.metadata["wrong"].value


def test_a_file_shown_whose_entries_the_lake_lacks_fails(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> None:
    show_import(warehouse_database, valid=3, invalid=2)

    assert not judge_totals(lake_folder, warehouse_database).passed


def test_a_total_that_is_not_the_sum_of_its_parts_fails(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> None:
    land_entries(lake_folder, valid=3, invalid=2)
    show_import(warehouse_database, valid=3, invalid=2)
    with sa.create_engine(warehouse_database.url).begin() as connection:
        connection.execute(sa.text("UPDATE import_performance SET invalid_entries = 1"))

    assert not judge_totals(lake_folder, warehouse_database).passed


def test_a_file_that_was_read_a_day_before_the_newest_is_judged_no_more(
    lake_folder: LakeFolder, warehouse_database: WarehouseDatabase
) -> None:
    land_entries(lake_folder, valid=3, invalid=2)
    show_import(warehouse_database, valid=0, invalid=0, file_id="old", fetched_at=NOON - timedelta(days=1))
    show_import(warehouse_database, valid=3, invalid=2)

    result = judge_totals(lake_folder, warehouse_database)

    assert (result.passed, result.metadata["files"].value) == (True, 1)


def test_a_file_at_its_feeds_line_passes(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> None:
    show_import(warehouse_database, valid=4, invalid=1)
    show_import(warehouse_database, valid=1, invalid=1, feed_id="lenient", file_id="f2")
    show_import(warehouse_database, valid=0, invalid=0, file_id="empty")
    show_connection_error(warehouse_database)

    result = judge_shares(catalog_file, warehouse_database)

    assert result.passed
    assert result.metadata["files over the line"].value == 0


def test_a_file_over_its_feeds_line_warns_and_is_named(
    catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
) -> None:
    """F54."""
    show_import(warehouse_database, valid=3, invalid=1, file_id="over")
    show_import(warehouse_database, valid=3, invalid=1, feed_id="lenient", file_id="under")

    result = judge_shares(catalog_file, warehouse_database)

    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert result.metadata["files over the line"].value == 1
    assert "| sftp | over.csv | 4 | 0.25 | 0.2 |" in result.metadata["files"].value


def test_a_file_of_the_week_before_warns_no_more(
    catalog_file: CatalogFile, warehouse_database: WarehouseDatabase
) -> None:
    show_import(warehouse_database, valid=1, invalid=3, file_id="old")
    show_import(warehouse_database, valid=3, invalid=0, file_id="new", fetched_at=NOON + timedelta(days=7))

    assert judge_shares(catalog_file, warehouse_database).passed


def test_a_share_just_over_the_line_warns(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> None:
    show_import(warehouse_database, valid=79_999, invalid=20_001)

    assert not judge_shares(catalog_file, warehouse_database).passed
