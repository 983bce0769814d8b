"""The lake replaces exactly the slice that it is told to, in one commit."""

import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, QueryBuilder

from journeys_pipeline.adapters.lake import Lake, SliceRejected
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.mep_ledger import MepLedger

MONDAY, TUESDAY, WEDNESDAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
CONTACT = "+15005550006"
ROUNDS = 6


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def lake(root: Path) -> Lake:
    return Lake(root)


def entry(day: date, account_id: str, source_id: str, *, person_id: str = "p") -> dict[str, object]:
    return {
        "day": day,
        "account_id": account_id,
        "source_id": source_id,
        "sub_account_id": None,
        "journey_id": "welcome",
        "journey_version": 1,
        "person_id": person_id,
        "alternate_person_id": None,
        "entry_id": source_id,
        "entry_source": "api",
        "entered_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
    }


def entries(*rows: dict[str, object]) -> pl.LazyFrame:
    return pl.LazyFrame(list(rows), schema=JourneyEntries.create_empty().schema)


def put(lake: Lake, days: Sequence[date], accounts: Sequence[str], *rows: dict[str, object]) -> None:
    lake.replace(JourneyEntries, entries(*rows), {"day": days, "account_id": accounts})


def stored(lake: Lake) -> list[tuple[date, str, str]]:
    rows = lake.scan(JourneyEntries).select("day", "account_id", "source_id").collect()
    return sorted(rows.iter_rows())


def put_the_week(lake: Lake) -> None:
    """One row for each of three days and two accounts."""
    days, accounts = [MONDAY, TUESDAY, WEDNESDAY], ["acme", "zeta"]
    put(lake, days, accounts, *(entry(day, account, "old") for day in days for account in accounts))


def test_a_table_never_written_is_empty_and_has_its_columns(lake: Lake, root: Path) -> None:
    rows = lake.scan(JourneyEntries).collect()

    assert rows.is_empty()
    assert rows.schema == JourneyEntries.create_empty().schema
    assert not root.exists()


def test_what_was_written_comes_back_in_the_schemas_types(lake: Lake) -> None:
    row = entry(MONDAY, "acme", "e1")

    put(lake, [MONDAY], ["acme"], row)

    rows = lake.scan(JourneyEntries).collect()
    assert rows.schema == JourneyEntries.create_empty().schema
    assert rows.to_dicts() == [dict.fromkeys(JourneyEntries.column_names()) | row]


def test_replacing_a_slice_leaves_other_days_and_accounts(lake: Lake) -> None:
    put_the_week(lake)

    put(lake, [TUESDAY], ["acme"], entry(TUESDAY, "acme", "new1"), entry(TUESDAY, "acme", "new2"))

    assert stored(lake) == [
        (MONDAY, "acme", "old"),
        (MONDAY, "zeta", "old"),
        (TUESDAY, "acme", "new1"),
        (TUESDAY, "acme", "new2"),
        (TUESDAY, "zeta", "old"),
        (WEDNESDAY, "acme", "old"),
        (WEDNESDAY, "zeta", "old"),
    ]


def test_a_slice_of_several_days_and_accounts_is_replaced_whole(lake: Lake) -> None:
    put_the_week(lake)

    put(lake, [MONDAY, TUESDAY], ["acme", "zeta"], entry(TUESDAY, "zeta", "new"))

    assert stored(lake) == [(TUESDAY, "zeta", "new"), (WEDNESDAY, "acme", "old"), (WEDNESDAY, "zeta", "old")]


def test_a_slice_replaced_by_no_rows_is_emptied(lake: Lake) -> None:
    put_the_week(lake)

    put(lake, [MONDAY, TUESDAY, WEDNESDAY], ["acme"])

    assert stored(lake) == [(MONDAY, "zeta", "old"), (TUESDAY, "zeta", "old"), (WEDNESDAY, "zeta", "old")]


def test_a_slice_written_twice_holds_its_rows_once(lake: Lake) -> None:
    rows = [entry(MONDAY, "acme", source_id) for source_id in ("e3", "e1", "e2")]
    put(lake, [MONDAY], ["acme"], *rows)

    put(lake, [MONDAY], ["acme"], *rows)

    assert stored(lake) == [(MONDAY, "acme", source_id) for source_id in ("e1", "e2", "e3")]


def test_a_slices_rows_lie_sorted_by_key(lake: Lake) -> None:
    rows = [entry(MONDAY, "acme", source_id) for source_id in ("e3", "e1", "e2")]

    put(lake, [MONDAY], ["acme"], *rows)

    assert lake.scan(JourneyEntries).collect()["source_id"].to_list() == ["e1", "e2", "e3"]


@pytest.mark.parametrize(("days", "accounts"), [([], ["acme"]), ([MONDAY], [])])
def test_an_empty_slice_writes_nothing(lake: Lake, root: Path, days: list[date], accounts: list[str]) -> None:
    put(lake, days, accounts, entry(MONDAY, "acme", "e1"))

    assert not root.exists()


def test_an_empty_slice_adds_no_commit_to_a_table(lake: Lake, root: Path) -> None:
    put_the_week(lake)
    version = DeltaTable(root / "journey_entries").version()

    put(lake, [MONDAY], [], entry(MONDAY, "acme", "new"))

    assert DeltaTable(root / "journey_entries").version() == version
    assert len(stored(lake)) == 6


@pytest.mark.parametrize(("day", "account_id"), [(TUESDAY, "acme"), (MONDAY, "zeta")])
def test_a_row_outside_the_slice_is_refused_without_telling_its_content(lake: Lake, day: date, account_id: str) -> None:
    put_the_week(lake)
    stray = entry(day, account_id, "stray", person_id=CONTACT)

    with pytest.raises(SliceRejected, match=r"journey_entries.*2026-03-02.*acme") as refusal:
        put(lake, [MONDAY], ["acme"], entry(MONDAY, "acme", "new"), stray)

    told = "".join(traceback.format_exception(refusal.value))
    assert CONTACT not in told
    assert "stray" not in str(refusal.value)


def test_a_refused_slice_leaves_the_table_as_it_was(lake: Lake) -> None:
    put_the_week(lake)
    before = stored(lake)

    with pytest.raises(SliceRejected):
        put(lake, [MONDAY], ["acme"], entry(MONDAY, "acme", "new"), entry(TUESDAY, "acme", "stray"))

    assert stored(lake) == before


def test_an_account_with_a_quote_in_its_name_is_a_slice_like_any_other(lake: Lake) -> None:
    odd = "o'hara' OR '1'='1"
    put_the_week(lake)
    put(lake, [MONDAY], [odd], entry(MONDAY, odd, "old"))

    put(lake, [MONDAY], [odd], entry(MONDAY, odd, "new"))

    assert (MONDAY, odd, "new") in stored(lake)
    assert len(stored(lake)) == 7


def test_a_table_by_month_is_replaced_by_month(lake: Lake, root: Path) -> None:
    for month in (NOVEMBER, DECEMBER):
        lake.replace(MepLedger, ledger_row(month, "old"), {"month": [month], "account_id": ["acme"]})

    lake.replace(MepLedger, ledger_row(DECEMBER, "new"), {"month": [DECEMBER], "account_id": ["acme"]})

    rows = lake.scan(MepLedger).select("month", "person_id").sort("month").collect().rows()
    assert rows == [(NOVEMBER, "old"), (DECEMBER, "new")]
    assert DeltaTable(root / "mep_ledger").metadata().partition_columns == ["month"]


def ledger_row(month: date, person_id: str) -> pl.LazyFrame:
    at = datetime(month.year, month.month, 5, tzinfo=UTC)
    row = {
        "month": month,
        "account_id": "acme",
        "person_id": person_id,
        "engaged_at": at,
        "billed_at": at,
        "journey_id": "welcome",
        "campaign_id": "c1",
        "campaign_name": "Spring",
        "entry_source": "api",
        "source_id": "e1",
    }
    return pl.LazyFrame([row], schema=MepLedger.create_empty().schema)


def test_two_writers_of_one_day_both_land(lake: Lake) -> None:
    put_the_week(lake)
    starting_line = threading.Barrier(2)

    def write(account: str) -> None:
        for number in range(ROUNDS):
            starting_line.wait(timeout=20)
            put(lake, [MONDAY], [account], entry(MONDAY, account, f"round{number}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["acme", "zeta"]))

    last = f"round{ROUNDS - 1}"
    assert [row for row in stored(lake) if row[0] == MONDAY] == [(MONDAY, "acme", last), (MONDAY, "zeta", last)]
    assert len(stored(lake)) == 6


def test_two_first_writers_of_a_table_both_land(lake: Lake) -> None:
    starting_line = threading.Barrier(2)

    def write(account: str) -> None:
        starting_line.wait(timeout=20)
        put(lake, [MONDAY], [account], entry(MONDAY, account, "first"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, ["acme", "zeta"]))

    assert stored(lake) == [(MONDAY, "acme", "first"), (MONDAY, "zeta", "first")]


def test_other_engines_read_the_tables(lake: Lake, root: Path) -> None:
    put_the_week(lake)
    put(lake, [TUESDAY], ["acme"], entry(TUESDAY, "acme", "new"))

    table = DeltaTable(root / "journey_entries")
    query = "SELECT source_id, entered_at FROM entries WHERE day = '2026-03-03' ORDER BY account_id"
    found = pl.DataFrame(QueryBuilder().register("entries", table).execute(query).read_all())

    noon = datetime(2026, 3, 3, 12, tzinfo=UTC)
    assert found.rows() == [("new", noon), ("old", noon)]
    assert table.metadata().partition_columns == ["day"]
    assert [field.name for field in table.schema().fields] == JourneyEntries.column_names()


def test_nobody_else_may_read_the_lake(lake: Lake, root: Path) -> None:
    put_the_week(lake)

    assert root.stat().st_mode & 0o777 == 0o700


def test_a_slice_beside_damaged_rows_is_not_replaced(lake: Lake, root: Path) -> None:
    put_the_week(lake)
    [damaged] = root.rglob("day=2026-03-02/*.parquet")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole.replace(b"Polars", b"Qolars"))  # as who wrote it: no reader minds
    before = sorted(root.rglob("*"))

    with pytest.raises(DamagedFiles, match=damaged.name):
        put(lake, [MONDAY], ["acme"], entry(MONDAY, "acme", "new"))

    assert sorted(root.rglob("*")) == before
    damaged.write_bytes(whole)
    put(lake, [MONDAY], ["acme"], entry(MONDAY, "acme", "new"))
    assert [row for row in stored(lake) if row[0] == MONDAY] == [(MONDAY, "acme", "new"), (MONDAY, "zeta", "old")]


def test_a_file_of_before_names_had_digests_is_taken_for_whole(lake: Lake, root: Path) -> None:
    table = root / "journey_entries"
    empty = JourneyEntries.create_empty()
    rows = entries(entry(MONDAY, "acme", "old"), entry(MONDAY, "zeta", "old")).collect()
    empty.write_delta(table, delta_write_options={"partition_by": "day"})
    rows.write_delta(table, mode="append")

    put(lake, [MONDAY], ["acme"], entry(MONDAY, "acme", "new"))

    assert stored(lake) == [(MONDAY, "acme", "new"), (MONDAY, "zeta", "old")]
