"""`deploy/backup.sh` copies a warehouse on either database, and whatever lies in the home."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline_tests.adapters.test_migrations import fill, read_all
from journeys_pipeline_tests.databases import new_database

SCRIPT = Path(__file__).parents[2] / "deploy" / "backup.sh"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a lake of one table, a statement, and something on its way."""
    for name in (
        "lake/facts/_delta_log/0.json",
        "lake/facts/day=1/a.parquet",
        "statements/acme/march.csv",
        "scratch/x",
    ):
        path = tmp_path / "home" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "home"


def back_up(home: Path, url: str) -> Path:
    folder = home.parent / "backup"
    environment = os.environ | {"JOURNEYS_HOME": str(home), "JOURNEYS_WAREHOUSE_URL": url}
    subprocess.run([SCRIPT, folder], env=environment, check=True)
    return folder


def test_a_warehouse_on_postgresql_comes_back_from_its_dump(
    home: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if shutil.which("pg_dump") is None:
        pytest.skip("no pg_dump here (Debian: apt-get install postgresql-client)")
    live, empty = (new_database(request, tmp_path, "postgresql") for _ in range(2))
    Warehouse(live).migrate()
    fill(live)

    dump = back_up(home, live) / "warehouse.dump"
    subprocess.run(["pg_restore", f"--dbname={empty.replace('+psycopg2', '')}", dump], check=True)

    assert read_all(Warehouse(empty)) == read_all(Warehouse(live))
    assert any(read_all(Warehouse(live)).values())


def test_what_lies_in_the_home_is_copied_but_for_what_is_on_its_way(home: Path, tmp_path: Path) -> None:
    warehouse = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}")
    warehouse.migrate()

    folder = back_up(home, "")
    back = tmp_path / "back"
    back.mkdir()
    for name in ("lake-logs.tar", "lake.tar", "files.tar"):
        subprocess.run(["tar", "-C", back, "-xf", folder / name], check=True)

    assert sorted(str(path.relative_to(back)) for path in back.rglob("*") if path.is_file()) == [
        "lake/facts/_delta_log/0.json",
        "lake/facts/day=1/a.parquet",
        "statements/acme/march.csv",
    ]
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "warehouse.sqlite").stat().st_mode & 0o077 == 0
