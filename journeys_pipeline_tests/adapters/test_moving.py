"""A warehouse moves to another database whole and exact, or not at all."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.moving import CannotMove, move
from journeys_pipeline.adapters.warehouse import METADATA, Warehouse
from journeys_pipeline.schemas.metrics import TouchedDays
from journeys_pipeline.schemas.reports import OperatorNotices
from journeys_pipeline_tests.adapters.test_migrations import fill, read_all
from journeys_pipeline_tests.databases import new_database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONTACT = "ann@acme.example"
MEDDLE = """
CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.mep := NEW.mep + 1; RETURN NEW; END $$;
CREATE TRIGGER meddle BEFORE INSERT ON mep_summary FOR EACH ROW EXECUTE FUNCTION meddle();
"""


def watch(_done: int, _total: int) -> None:
    pass


@pytest.fixture
def filled(request: pytest.FixtureRequest, url: str, tmp_path: Path) -> tuple[str, str]:
    """A warehouse with rows in all tables, and a new database of the other kind."""
    other = tmp_path / "other"
    other.mkdir()
    source = new_database(request, other, "postgresql" if url.startswith("sqlite") else "sqlite")
    Warehouse(source).migrate()
    fill(source)
    return source, url


@pytest.fixture
def target(filled: tuple[str, str]) -> Warehouse:
    return Warehouse(filled[1])


@pytest.fixture
def source(filled: tuple[str, str]) -> Warehouse:
    return Warehouse(filled[0])


def notice(body: str) -> pl.DataFrame:
    row = {"notice_id": "n1", "subject": "s", "body": body, "made_at": NOON}
    return pl.DataFrame([row], schema=OperatorNotices.create_empty().schema)


def empty(warehouse: Warehouse) -> bool:
    return not any(read_all(warehouse).values())


def test_every_row_is_in_the_new_database_as_it_was_in_the_old_one(source: Warehouse, target: Warehouse) -> None:
    seen: list[tuple[int, int]] = []
    before = {name: sorted(map(str, rows)) for name, rows in read_all(source).items()}

    counts = move(source, target, lambda done, total: seen.append((done, total)))

    assert {name: sorted(map(str, rows)) for name, rows in read_all(target).items()} == before
    assert counts == {name: len(rows) for name, rows in before.items()}
    assert min(counts.values()) == 3
    assert seen[-1] == (sum(counts.values()),) * 2


def test_the_new_database_is_written_to_as_the_old_one_was(source: Warehouse, target: Warehouse) -> None:
    move(source, target, watch)
    row = {"account_id": "new", "day": NOON.date(), "touched_at": NOON}

    target.upsert(TouchedDays, pl.DataFrame([row], schema=TouchedDays.create_empty().schema))

    assert target.read(TouchedDays, {"account_id": ["new"]})["touched_at"].to_list() == [NOON]


def test_no_column_counts_by_itself_so_no_sequence_has_to_move() -> None:
    counting = [table.name for table in METADATA.sorted_tables if table.autoincrement_column is not None]

    assert counting == []


def test_a_target_with_rows_is_refused_and_left_as_it_is(source: Warehouse, target: Warehouse) -> None:
    target.migrate()
    target.upsert(OperatorNotices, notice("mine"))

    with pytest.raises(CannotMove, match="there are rows in operator_notices"):
        move(source, target, watch)

    assert target.read(OperatorNotices)["body"].to_list() == ["mine"]
    assert target.read(TouchedDays).is_empty()


def test_what_breaks_off_leaves_the_target_empty_and_can_be_begun_again(
    source: Warehouse, target: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(done: int, _total: int) -> None:
        if done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, fall)
    was_empty = empty(target)
    move(source, target, watch)

    assert was_empty
    assert not empty(target)


def test_a_row_that_the_target_does_not_take_is_told_by_its_table_and_nothing_is_kept(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    source, target = (Warehouse(new_database(request, tmp_path, kind)) for kind in ("sqlite", "postgresql"))
    source.migrate()
    source.upsert(OperatorNotices, notice(f"{CONTACT}\x00"))

    with pytest.raises(CannotMove, match="does not take the rows of operator_notices") as refusal:
        move(source, target, watch)

    assert CONTACT not in str(refusal.value)
    assert empty(target)


def test_a_database_that_changes_what_it_is_given_is_found_out(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    old, new = (new_database(request, tmp_path, kind) for kind in ("sqlite", "postgresql"))
    source, target = Warehouse(old), Warehouse(new)
    source.migrate()
    target.migrate()
    fill(old)
    with sa.create_engine(new, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql(MEDDLE)

    with pytest.raises(CannotMove, match="gives back other rows of mep_summary"):
        move(source, target, watch)

    assert empty(target)


def test_the_command_moves_and_says_where_without_the_password(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    old = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    Warehouse(old).migrate()
    fill(old)
    to = new_database(request, tmp_path, "postgresql").replace("//journeys@", "//journeys:s3cret@")
    environment = os.environ | {"JOURNEYS_HOME": str(tmp_path), "DAGSTER_HOME": str(tmp_path / "dagster")}
    command = [sys.executable, "-m", "journeys_pipeline.cli", "warehouse", "move", "--to", to]

    first, again = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=False) for _ in range(2)
    )

    assert (first.returncode, again.returncode) == (0, 1)
    assert "tables are in postgresql+psycopg2://journeys:***@127.0.0.1" in first.stdout
    assert "The target holds a warehouse already" in again.stdout
    assert "s3cret" not in first.stdout + first.stderr + again.stdout + again.stderr
    assert len(Warehouse(to).read(OperatorNotices)) == 3
