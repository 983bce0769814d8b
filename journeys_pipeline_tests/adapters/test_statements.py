"""A statement's bytes follow from its rows alone, are written once, and read back as they were (D5)."""

import csv
import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.parting import in_order, part_people
from journeys_pipeline.adapters.statements import StatementChanged, Statements
from journeys_pipeline.schemas.mep_ledger import MepLedger

JANUARY = date(2026, 1, 1)
AT, LATER = datetime(2026, 2, 4, 0, 30, tzinfo=UTC), datetime(2026, 2, 5, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6)


def meps(*people: str, campaign: str = "Spring", sub_account: str | None = "north") -> pl.LazyFrame:
    rows = [
        {
            "month": JANUARY, "account_id": "acme", "person_id": person, "sub_account_id": sub_account,
            "engaged_at": datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC), "billed_at": AT,
            "journey_id": "welcome", "campaign_id": "c1", "campaign_name": campaign, "entry_source": "api",
            "source_id": f"e-{person}",
        }
        for person in people
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=MepLedger.create_empty().schema).lazy()


@settings(deadline=None, max_examples=60)
@given(
    people=st.sets(TEXT, min_size=1, max_size=4),
    campaign=st.text(max_size=5),
    sub_account=st.none() | st.text(max_size=3),
)
def test_any_text_reads_back_as_it_was_and_null_is_not_empty(
    people: set[str], campaign: str, sub_account: str | None
) -> None:
    rows = meps(*people, campaign=campaign, sub_account=sub_account)
    with TemporaryDirectory() as folder:
        statements = Statements(Path(folder))
        statement = statements.write("acme", JANUARY, [rows], closed_at=AT)

        read = statements.read(statement).collect()

    assert read.equals(rows.sort("person_id").collect())
    assert statement.row_count == len(people)


def test_the_bytes_are_these_whatever_the_order_and_the_parts(tmp_path: Path) -> None:
    rows = meps("cor", "ann", "bob", sub_account=None)

    whole = Statements(tmp_path / "1").write("acme", JANUARY, [rows], closed_at=AT)
    parted = Statements(tmp_path / "2").write("acme", JANUARY, in_order(rows, rows_at_once=1), closed_at=AT)

    content = (tmp_path / "1" / whole.path).read_bytes()
    assert content.splitlines(keepends=True)[:2] == [
        (
            b'"month","account_id","person_id","sub_account_id","engaged_at","billed_at","journey_id","campaign_id",'
            b'"campaign_name","entry_source","source_id"\r\n'
        ),
        (
            b'"2026-01-01","acme","ann",,"2026-01-31T23:59:59.999999Z","2026-02-04T00:30:00.000000Z","welcome","c1",'
            b'"Spring","api","e-ann"\r\n'
        ),
    ]
    assert whole == parted
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert [row[2] for row in csv.reader(content.decode().splitlines())] == ["person_id", "ann", "bob", "cor"]


def test_a_statement_that_is_there_is_never_written_again(tmp_path: Path) -> None:
    statements = Statements(tmp_path)
    first = statements.write("acme", JANUARY, [meps("ann")], closed_at=AT)

    again = statements.write("acme", JANUARY, [meps("ann", "bob")], closed_at=LATER)

    assert again == first == statements.find("acme", JANUARY)
    assert statements.find("bolt", JANUARY) is None


def test_an_account_without_meps_has_a_statement_of_no_rows(tmp_path: Path) -> None:
    statements = Statements(tmp_path)

    statement = statements.write("acme", JANUARY, [meps()], closed_at=AT)

    assert statement.row_count == 0
    assert statements.read(statement).collect().is_empty()


def test_files_and_all_their_folders_are_their_owners_only(tmp_path: Path) -> None:
    root = tmp_path / "home" / "statements"

    statement = Statements(root).write("acme", JANUARY, [meps("ann")], closed_at=AT)

    modes = [path.stat().st_mode & 0o777 for path in (root.parent, root, root / "acme", root / statement.path)]
    assert modes == [0o700, 0o700, 0o700, 0o600]


@pytest.mark.parametrize("position", [0, 150, -1])
def test_any_changed_byte_is_found(tmp_path: Path, position: int) -> None:
    statements = Statements(tmp_path)
    statement = statements.write("acme", JANUARY, [meps("ann")], closed_at=AT)
    content = bytearray((tmp_path / statement.path).read_bytes())
    content[position] ^= 1
    (tmp_path / statement.path).write_bytes(content)

    with pytest.raises(StatementChanged, match="was changed: its sha256 is"):
        statements.read(statement)


def test_all_rows_of_a_person_are_in_one_part_and_none_is_lost(tmp_path: Path) -> None:
    people = [f"p{number % 50}" for number in range(200)]
    rows = pl.LazyFrame({"account_id": ["acme"] * 200, "person_id": people, "row": range(200)})

    parts = [part.collect() for part in part_people(rows, 4, tmp_path / "parts")]

    assert sorted(row for part in parts for row in part["row"]) == list(range(200))
    assert sum(part["person_id"].n_unique() for part in parts) == 50


def test_a_part_without_people_has_the_columns(tmp_path: Path) -> None:
    rows = pl.LazyFrame({"account_id": ["acme"], "person_id": ["ann"]})

    parts = [part.collect() for part in part_people(rows, 3, tmp_path / "parts")]

    assert sorted(part.height for part in parts) == [0, 0, 1]
    assert {tuple(part.columns) for part in parts} == {("account_id", "person_id")}
