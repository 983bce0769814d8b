"""A backup that is made while files are fetched and figures made brings everything back, and the next tick goes on."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline_tests.whole_path.conftest import event

ROOT = Path(__file__).parents[2]
MARCH, CLOSING = "2026-03-20T12:00:00+00:00", "2026-04-04T06:00:00+00:00"
DURING, AFTER = "2026-04-05T12:00:00+00:00", "2026-04-06T12:00:00+00:00"
MEANWHILE = """#!/bin/sh
set -e
{sqlite3} "$@"
{python} -m journeys_pipeline.cli fetch --as-of {at}
{python} -m journeys_pipeline.cli refresh --as-of {at}
"""
MORE_EVENTS = [
    event(30, "journey_entered", "2026-04-02T08:00:00Z", entry_source="api", person_id="p9"),
    event(31, "message_sent", "2026-04-02T08:01:00Z", message_id="m9", channel="sms", price="0.05", currency="EUR"),
    event(32, "journey_entered", "2026-03-09T08:00:00Z", entry_source="api", person_id="late"),  # of a closed month
]
MORE_CONTACTS = "Name;Phone;E-mail\r\nFay;+31 20 624 1120;\r\nGus;;gus@mailbox.nl\r\n"
TABLES = {
    "campaign_performance_by_month": "*",
    "channel_costs_by_month": "*",
    "journey_funnel_by_month": "*",
    "mep_summary": "account_id, month, mep, allowance, overage, adjustments, is_closed",
    "mep_statements": "*",
    "import_performance": "file_id, status, total_entries, valid_entries, invalid_entries, duplicate_entries",
    "feed_readings": "file_id, kind, records, accepted, duplicates, quarantined",
}

Journeys = Callable[..., str]


def figures(home: Path) -> dict[str, list[tuple[Any, ...]]]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return {
            table: sorted(connection.execute(f"SELECT {columns} FROM {table}").fetchall(), key=str)
            for table, columns in TABLES.items()
        }


def statements(home: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (home / "statements").rglob("*.csv")}


@pytest.fixture
def busy(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment in which files are fetched and read once the warehouse is copied, before all else is."""
    program = shutil.which("sqlite3")
    if program is None:
        reason = "no sqlite3 here (Debian: apt-get install sqlite3)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    wrapper = tmp_path / "bin" / "sqlite3"
    wrapper.parent.mkdir()
    wrapper.write_text(MEANWHILE.format(sqlite3=program, python=sys.executable, at=DURING))
    wrapper.chmod(0o700)
    return environment | {"PATH": f"{wrapper.parent}:{environment['PATH']}", "PYTHONPATH": str(ROOT)}


def restore(backup: Path, home: Path) -> None:
    home.mkdir()
    shutil.copy(backup / "warehouse.sqlite", home)
    for name in ("lake-logs.tar", "lake.tar", "files.tar"):
        subprocess.run(["tar", "-C", home, "-xf", backup / name], check=True)


@pytest.mark.thorough
def test_a_home_that_is_lost_comes_back_from_a_backup_made_at_work_with_the_same_figures_and_statements(
    journeys: Journeys, openssh_server: Any, home: Path, busy: dict[str, str], tmp_path: Path
) -> None:
    journeys("fetch", "--as-of", MARCH)
    journeys("backfill", "--from", "2026-03-01", "--to", "2026-03-31", "--as-of", CLOSING)
    (openssh_server.folder / "events-2.ndjson").write_text("\n".join(MORE_EVENTS))
    (openssh_server.folder / "welcome-2.csv").write_text(MORE_CONTACTS)
    subprocess.run([ROOT / "deploy" / "backup.sh", tmp_path / "backup"], env=busy, check=True)
    before, frozen = figures(home), statements(home)
    shutil.rmtree(home)

    restore(tmp_path / "backup", home)
    settled = journeys("warehouse", "settle", "--as-of", AFTER)
    of_lake = journeys("lake", "verify")
    verified = json.loads(journeys("mep", "verify", "--format", "json"))
    journeys("fetch", "--as-of", AFTER)
    journeys("refresh", "--as-of", AFTER)

    assert "2 of contact_entries, 3 of journey_events, 3 of event_keys" in " ".join(settled.split())
    assert "All files of the lake are what was written." in of_lake
    assert verified["state"] == "unchanged"
    assert figures(home) == before
    assert statements(home) == frozen
    assert [row[2:] for row in before["mep_summary"]] == [(3, 2, 1, 0, 1), (3, 2, 1, 1, 0)]
