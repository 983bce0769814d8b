"""A table is kept tidy: small files are joined in order, and old ones go; readers at work are not disturbed."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.adapters.table_upkeep import TableUpkeep
from journeys_pipeline.schemas.contact_entries import ContactEntries

DAY = date(2026, 3, 2)
ACCOUNTS = ["north", "acme", "south", "beta", "east", "west", "gamma", "delta"]


def entries(account: str) -> pl.DataFrame:
    rows = [
        {
            "file_id": f"file-of-{account}", "row_number": number, "account_id": account, "journey_id": "welcome",
            "phone": f"+3120624{number:04}", "person_id": f"{account}-{number}", "is_valid": True,
            "is_duplicate": False, "attributes": "{}", "imported_at": datetime(2026, 3, 2, tzinfo=UTC), "day": DAY,
        }
        for number in range(1, 21)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ContactEntries.create_empty().schema)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    for account in ACCOUNTS:
        lake.replace(ContactEntries, entries(account).lazy(), {"day": [DAY], "file_id": [f"file-of-{account}"]})
    return lake


@pytest.fixture
def upkeep(lake: Lake) -> TableUpkeep:
    upkeep = lake.upkeep(ContactEntries)
    assert upkeep is not None
    return upkeep


def test_small_files_become_one_whose_rows_are_in_order_of_account_and_row(lake: Lake, upkeep: TableUpkeep) -> None:
    upkeep.compact()

    rows = lake.scan(ContactEntries).select("account_id", "row_number").collect().rows()
    assert upkeep.size()[0] == 1
    assert rows == [(account, number) for account in sorted(ACCOUNTS) for number in range(1, 21)]


def test_who_reads_an_older_version_still_finds_its_files(upkeep: TableUpkeep) -> None:
    before = DeltaTable(upkeep.root)
    reading = pl.scan_delta(before)

    upkeep.compact()
    upkeep.vacuum(keep_days=1)

    assert reading.collect().height == 160


def test_a_file_that_is_being_written_is_left_alone(upkeep: TableUpkeep) -> None:
    new, old = (Path(upkeep.root) / f"day=2026-03-02/part-{name}.parquet" for name in ("new", "old"))
    for path in (new, old):
        path.write_bytes(b"PAR1")
    os.utime(old, (1_700_000_000, 1_700_000_000))

    upkeep.vacuum(keep_days=1)

    assert (new.exists(), old.exists()) == (True, False)


def test_history_that_is_forgotten_is_in_no_file(lake: Lake, upkeep: TableUpkeep) -> None:
    lake.replace(ContactEntries, entries("acme").lazy().with_columns(phone=None), {"file_id": ["file-of-acme"]})
    lake.replace(ContactEntries, entries("acme").clear().lazy(), {"account_id": ACCOUNTS})

    upkeep.forget_history()

    left = [path for path in Path(upkeep.root).rglob("*") if path.is_file() and b"3120624" in path.read_bytes()]
    assert left == []
    assert [path.suffix for path in Path(upkeep.root).rglob("*.parquet") if "_delta_log" not in str(path)] == []


def test_rows_are_changed_where_they_lie(lake: Lake, upkeep: TableUpkeep) -> None:
    before = lake.scan(ContactEntries).collect()
    is_wanted = (pl.col("account_id") == "acme") & (pl.col("row_number") == 7)

    upkeep.change(is_wanted, lambda rows: rows.with_columns(phone=pl.when(~is_wanted).then("phone")))

    after = lake.scan(ContactEntries).collect().sort("file_id", "row_number")
    wanted = before.with_columns(phone=pl.when(~is_wanted).then("phone")).sort("file_id", "row_number")
    assert after.rows() == wanted.rows()


def flip_a_bit(upkeep: TableUpkeep) -> Path:
    """Of one of the table's files, which is returned."""
    path = sorted(Path(upkeep.root).rglob("day=*/*.parquet"))[3]
    content = bytearray(path.read_bytes())
    content[40] ^= 1
    path.write_bytes(content)
    return path


def test_whole_files_pass(upkeep: TableUpkeep) -> None:
    upkeep.verify()


@pytest.mark.parametrize("damage", [flip_a_bit, lambda upkeep: flip_a_bit(upkeep).unlink()], ids=["a bit", "gone"])
def test_a_file_that_is_not_what_was_written_is_named(
    upkeep: TableUpkeep, damage: Callable[[TableUpkeep], None]
) -> None:
    names = sorted(path.name for path in Path(upkeep.root).rglob("day=*/*.parquet"))

    damage(upkeep)

    with pytest.raises(DamagedFiles, match=f"contact_entries: day=2026-03-02/{names[3]}: gone, or other bytes"):
        upkeep.verify()


def test_only_files_of_the_month_are_looked_at(upkeep: TableUpkeep) -> None:
    flip_a_bit(upkeep)

    upkeep.verify(month=date(2026, 2, 1))

    with pytest.raises(DamagedFiles):
        upkeep.verify(month=date(2026, 3, 1))


def test_each_file_is_in_one_share(upkeep: TableUpkeep) -> None:
    flip_a_bit(upkeep)
    found: list[int] = []

    for number in range(7):
        try:
            upkeep.verify(share=(number, 7))
        except DamagedFiles:
            found.append(number)

    assert len(found) == 1


@pytest.mark.parametrize(
    "write", [TableUpkeep.compact, lambda upkeep: upkeep.change(pl.lit(value=True), lambda rows: rows)]
)
def test_rows_of_a_damaged_file_do_not_get_into_another(
    upkeep: TableUpkeep, write: Callable[[TableUpkeep], None]
) -> None:
    flip_a_bit(upkeep)
    before = upkeep.size(), sorted(Path(upkeep.root).rglob("*"))

    with pytest.raises(DamagedFiles):
        write(upkeep)

    assert (upkeep.size(), sorted(Path(upkeep.root).rglob("*"))) == before
