"""Keys that repeat are found in the partitions of the run, or in the whole table."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import dataframely as dy
import polars as pl
import pytest

from journeys_pipeline.adapters.lake import table_name
from journeys_pipeline.defs.checks import LAKE_TABLES, checks
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.defs.resources import LakeFolder

MARCH, APRIL, MAY = date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)
NOON = datetime(2026, 5, 2, 12, tzinfo=UTC)
KEY_CHECKS = [check for check in checks if next(iter(check.check_keys)).name == "key_is_unique"]


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
    column = "day" if "day" in table.column_names() else "month"
    names = ("source_id", "event_id", "person_id", "file_id", "call_id")
    varying = next(name for name in names if name in table.primary_key())
    fixed = {"account_id": "acme", column: period, "row_number": 2}
    known = {name: value for name, value in fixed.items() if name in table.column_names()}
    rows = [known | {varying: f"{period}{key}"} for key in keys]
    frame = pl.DataFrame(rows, schema=table.create_empty().schema)
    lake_folder.open().replace(table, frame.lazy(), {column: [period], "account_id": ["acme"]})


def repeated(lake_folder: LakeFolder, tags: dict[str, str]) -> dict[str, int]:
    """How many keys each check found to repeat, by asset; the run has these tags."""
    result = dg.materialize(
        KEY_CHECKS,
        selection=dg.AssetSelection.checks(*KEY_CHECKS),
        resources={"lake_folder": lake_folder},
        tags=tags,
        raise_on_error=False,  # the checks are blocking
    )
    found = result.get_asset_check_evaluations()
    counts = {each.asset_key.to_user_string(): each.metadata["keys that repeat"].value for each in found}
    assert {name: count == 0 for name, count in counts.items()} == {
        each.asset_key.to_user_string(): each.passed for each in found
    }
    return counts


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
    found = repeated(lake_folder, tags)

    assert found == {table_name(table): count for table in LAKE_TABLES}
