"""Keys that repeat are found in the partitions of the run, or in the whole table."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import dataframely as dy
import polars as pl
import pytest

from journeys_pipeline.defs.checks import LAKE_TABLES, checks
from journeys_pipeline.defs.checks.keys import INCREMENTAL
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import LakeFolder, WarehouseDatabase
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline.schemas.shared_columns import table_name

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
PERIODS = {"day", "month"}
OF_RUNS = [table for table in LAKE_TABLES if table not in INCREMENTAL and PERIODS & set(table.column_names())]
WHOLE = [table for table in LAKE_TABLES if not PERIODS & set(table.column_names())]


def key_checks(tables: Collection[type[dy.Schema]]) -> list[dg.AssetChecksDefinition]:
    wanted = {dg.AssetCheckKey(dg.AssetKey(table_name(table)), "key_is_unique") for table in tables}
    return [check for check in checks if wanted & set(check.check_keys)]


@pytest.fixture
def lake_folder(tmp_path: Path) -> LakeFolder:
    """Every table, with keys that repeat in April alone."""
    folder = LakeFolder(folder=str(tmp_path / "lake"))
    for table in LAKE_TABLES:
        for period, keys in ((MARCH, "ab"), (APRIL, "aba"), (MAY, "c")):
            put(folder, table, period, keys)
    return folder


def put(lake_folder: LakeFolder, table: type[dy.Schema], period: date, keys: str) -> None:
    """Rows with these keys, and no more filled in than the slice needs: the lake does not look at the rest."""
    column = next((name for name in ("day", "month") if name in table.column_names()), "account_id")
    names = ("source_id", "event_id", "change_id", "person_id", "file_id", "call_id", "figure")
    varying = next(name for name in names if name in table.primary_key())
    fixed = {"row_number": 2, column: period, "account_id": f"{period}"}
    known = {name: value for name, value in fixed.items() if name in table.column_names()}
    rows = [known | {varying: f"{period}{key}"} for key in keys]
    frame = pl.DataFrame(rows, schema=table.create_empty().schema)
    lake_folder.open().replace(
        table,
        frame.lazy(),
        {column: [period], "account_id": [f"{period}"]} if column != "account_id" else {"account_id": [f"{period}"]},
    )


def repeated(
    lake_folder: LakeFolder, tables: Collection[type[dy.Schema]], tags: dict[str, str] | None = None
) -> dict[str, int]:
    """How many keys each check found to repeat, by asset; the run has these tags."""
    wanted = key_checks(tables)
    warehouse = WarehouseDatabase(url=f"sqlite:///{lake_folder.folder}.sqlite")
    result = dg.materialize(
        wanted,
        selection=dg.AssetSelection.checks(*wanted),
        resources={"lake_folder": lake_folder, "warehouse_database": warehouse},
        tags=tags,
        raise_on_error=False,  # the checks are blocking
    )
    found = result.get_asset_check_evaluations()
    counts = {each.asset_key.to_user_string(): each.metadata["keys that repeat"].value for each in found}
    assert {name: count == 0 for name, count in counts.items()} == {
        each.asset_key.to_user_string(): each.passed for each in found
    }
    return counts


def touch(lake_folder: LakeFolder, **touched_at: datetime) -> None:
    """Say when files touched March, April and May."""
    days = {"march": MARCH, "april": APRIL, "may": MAY}
    rows = [{"account_id": "acme", "day": days[name], "touched_at": at} for name, at in touched_at.items()]
    warehouse = WarehouseDatabase(url=f"sqlite:///{lake_folder.folder}.sqlite").open()
    warehouse.upsert(TouchedDays, pl.DataFrame(rows, schema=TouchedDays.create_empty().schema))


@pytest.mark.parametrize(
    ("tags", "count"),
    [
        pytest.param({}, 1, id="by itself: the whole table"),
        pytest.param(range_tags(MARCH, APRIL, as_of=NOON), 1, id="a range with the rows"),
        pytest.param(range_tags(MARCH, MARCH, as_of=NOON), 0, id="a range before them"),
        pytest.param(range_tags(MAY, MAY, as_of=NOON), 0, id="a range after them"),
        pytest.param({"dagster/partition": "2026-04-01"}, 1, id="their partition"),
        pytest.param({"dagster/partition": "2026-05-01"}, 0, id="another partition"),
    ],
)
def test_keys_that_repeat_in_the_runs_partitions_fail(
    lake_folder: LakeFolder, tags: dict[str, str], count: int
) -> None:
    found = repeated(lake_folder, OF_RUNS, tags)

    assert found == {table_name(table): count for table in OF_RUNS}


def test_keys_that_repeat_in_days_that_files_touched_lately_fail(lake_folder: LakeFolder) -> None:
    touch(lake_folder, march=NOON, april=NOON - timedelta(hours=23))

    assert repeated(lake_folder, INCREMENTAL) == {table_name(table): 1 for table in INCREMENTAL}


def test_days_that_no_file_touched_lately_are_not_looked_at_again(lake_folder: LakeFolder) -> None:
    touch(lake_folder, march=NOON, april=NOON - timedelta(hours=25))

    assert repeated(lake_folder, INCREMENTAL) == {table_name(table): 0 for table in INCREMENTAL}


def test_keys_of_tables_without_days_are_looked_at_all_together(lake_folder: LakeFolder) -> None:
    assert repeated(lake_folder, WHOLE) == {table_name(table): 1 for table in WHOLE}
