"""The promise of each tier is checked: accounts that were refreshed too late are named."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.defs.checks import checks, late_accounts
from journeys_pipeline.defs.resources import CatalogFile, WarehouseDatabase
from journeys_pipeline.schemas.metrics import Refreshes
from journeys_pipeline.tiers import Tier

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
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
"""
DAY = date(2026, 3, 2)
ACCOUNTS_ON = {"start": ["alfa"], "grow": ["beta"], "scale": ["gamma", "zeta"]}
PROMISED = {"start": timedelta(hours=24), "grow": timedelta(hours=6), "scale": timedelta(hours=2)}
JUST_IN_TIME, JUST_LATE = timedelta(minutes=29), timedelta(minutes=31)


@pytest.fixture
def warehouse_database(tmp_path: Path) -> WarehouseDatabase:
    return WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}")


@pytest.fixture
def catalog_file(tmp_path: Path) -> CatalogFile:
    path = tmp_path / "journeys.yaml"
    path.write_text(CATALOG)
    return CatalogFile(path=str(path))


def mark(database: WarehouseDatabase, account_id: str, *, age: timedelta, day: date = DAY) -> None:
    as_of = datetime.now(UTC) - age
    row = {"account_id": account_id, "day": day, "tier": "scale", "as_of": as_of, "begun_at": as_of}
    database.open().upsert(Refreshes, pl.DataFrame([row], schema=Refreshes.create_empty().schema))


def judge_freshness(tier: str, catalog_file: CatalogFile, database: WarehouseDatabase) -> dg.AssetCheckResult:
    wanted = dg.AssetCheckKey(dg.AssetKey("refreshes"), f"{tier}_is_fresh")
    check: Any = next(check for check in checks if wanted in check.check_keys)
    return check(catalog_file=catalog_file, warehouse_database=database)


@pytest.mark.parametrize("tier", list(ACCOUNTS_ON))
def test_accounts_refreshed_as_promised_pass(
    catalog_file: CatalogFile, warehouse_database: WarehouseDatabase, tier: str
) -> None:
    """F90."""
    for account in ACCOUNTS_ON[tier]:
        mark(warehouse_database, account, age=PROMISED[tier] + JUST_IN_TIME)

    result = judge_freshness(tier, catalog_file, warehouse_database)

    assert result.passed
    assert result.metadata["accounts"].value == len(ACCOUNTS_ON[tier])


@pytest.mark.parametrize("tier", list(ACCOUNTS_ON))
def test_an_account_refreshed_too_late_fails_its_tier_and_is_named(
    catalog_file: CatalogFile, warehouse_database: WarehouseDatabase, tier: str
) -> None:
    *others, late = ACCOUNTS_ON[tier]
    mark(warehouse_database, late, age=PROMISED[tier] + JUST_LATE)
    for account in others:
        mark(warehouse_database, account, age=timedelta())

    result = judge_freshness(tier, catalog_file, warehouse_database)

    assert not result.passed
    assert result.metadata["late accounts"].value == late


def test_an_account_never_refreshed_is_late(catalog_file: CatalogFile, warehouse_database: WarehouseDatabase) -> None:
    mark(warehouse_database, "gamma", age=timedelta())

    result = judge_freshness("scale", catalog_file, warehouse_database)

    assert not result.passed
    assert result.metadata["late accounts"].value == "zeta"


def test_an_accounts_newest_refresh_counts_and_other_accounts_do_not(warehouse_database: WarehouseDatabase) -> None:
    mark(warehouse_database, "gamma", age=timedelta(days=30), day=DAY)
    mark(warehouse_database, "gamma", age=timedelta(), day=DAY + timedelta(days=1))
    mark(warehouse_database, "stranger", age=timedelta())

    late = late_accounts(warehouse_database.open().read(Refreshes), ["gamma", "zeta"], Tier.SCALE)

    assert late == ["zeta"]
