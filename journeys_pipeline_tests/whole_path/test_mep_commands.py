"""A month from its first entry to its statement and what came afterwards, by the commands that an operator types."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

MARCH = ("--as-of", "2026-03-20T12:00:00+00:00")
DUE = ("--as-of", "2026-04-04T00:10:00+00:00")
LATER = ("--as-of", "2026-04-05T12:00:00+00:00")
LATE = {
    "event_id": "e9", "event_type": "journey_entered", "occurred_at": "2026-03-05T08:00:00Z", "account_id": "acme",
    "journey_id": "welcome", "journey_version": 1, "person_id": "p9", "entry_source": "api",
}  # fmt: skip
TABLES = ["journey_entries", "journey_events"]
PROGRAM = """
import json, sys
from typer.testing import CliRunner
from journeys_pipeline.cli import app

done = [CliRunner().invoke(app, command) for command in json.loads(sys.argv[1])]
print(json.dumps([[result.exit_code, result.output] for result in done]))
"""

Commands = Callable[..., list[tuple[int, str]]]


@pytest.fixture
def commands(environment: dict[str, str]) -> Commands:
    """Runs several `journeys …` in one process, which saves its start, and gives exit code and output of each."""

    def run(*lines: tuple[str, ...]) -> list[tuple[int, str]]:
        wide = environment | {"COLUMNS": "400"}
        command = [sys.executable, "-c", PROGRAM, json.dumps(lines)]
        done = subprocess.run(command, env=wide, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [(code, output) for code, output in json.loads(done.stdout.splitlines()[-1])]

    return run


def test_a_month_is_closed_verified_restated_and_explained(commands: Commands, openssh_server: Any, home: Path) -> None:
    close, of_march = ("mep", "close", "--month", "2026-03"), ("--month", "2026-03")
    explain = ("mep", "explain", "--account", "acme", *of_march)
    _, waits, _, early, closed = commands(
        ("fetch", *MARCH),
        (*close, *DUE),
        ("backfill", "--from", "2026-03-01", "--to", "2026-03-31", *MARCH),
        (*close, *MARCH),
        (*close, "--format", "json", *DUE),
    )
    (openssh_server.folder / "events-2.ndjson").write_text(json.dumps(LATE))
    _, _, verified, restated, late, first = commands(
        ("fetch", *LATER),
        ("refresh", *LATER),
        ("mep", "verify", "--format", "csv"),
        ("mep", "restate", *of_march, "--format", "csv"),
        (*explain, "--person", "p9"),
        (*explain, "--person", "p1", "--format", "json"),
    )
    [statement] = (home / "statements").rglob("*.csv")
    statement.write_bytes(statement.read_bytes().replace(b"p1", b"p2"))
    changed, unread = commands(("mep", "verify"), ("mep", "restate", *of_march))

    assert waits[0] == 1
    assert "acme stays open: files have touched 2026-03-02" in waits[1]
    assert early[0] == 1
    assert "2026-03 is not due: it closes at 2026-04-04 00:00 UTC, 72 hours after its end." in early[1]
    frozen = json.loads(closed[1].splitlines()[-1])
    assert (frozen["account_id"], frozen["month"], frozen["mep"]) == ("acme", "2026-03", 3)
    assert verified[1].splitlines()[-1].startswith("acme,2026-03-01,3,unchanged,acme/2026-03_closed_20260404T001000")
    assert restated[1].splitlines()[-1].startswith("acme,1,late entry,,p9,2026-03-05T08:00:00Z,welcome,e9,2026-04-01")
    assert "billed at 2026-04-05 12:00:00 UTC.\nBooked by run " in late[1]
    assert "Closed at 2026-04-04 00:10 UTC; statement acme/2026-03_closed_" in late[1]
    entries = [json.loads(line) for line in first[1].splitlines()]
    assert [(entry["source_id"], entry["file_name"], entry["row_number"], entry["verdict"]) for entry in entries] == [
        ("e1", "events-1.ndjson", 1, "billed: the person's first entry of the month (F56, D1)"),
        ("e6", "events-1.ndjson", 6, "not billed: the journey again, by whatever way (F57, D23)"),
    ]
    assert changed[0] == unread[0] == 1
    assert "The statement of account acme for 2026-03 was changed" in changed[1]
    assert "Nothing was read from it." in unread[1]
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        summary = connection.execute("SELECT month, mep, adjustments, is_closed FROM mep_summary ORDER BY month")
        assert summary.fetchall() == [("2026-03-01", 3, 0, 1), ("2026-04-01", 0, 1, 0)]
        ranked = connection.execute(
            "SELECT journey_id, billed, engaged, rank FROM mep_by_journey WHERE month < '2026-04'"
        )
        assert ranked.fetchall() == [("welcome", 3, 3, 1)]
        days = connection.execute("SELECT sum(new), max(cumulative), count(*) FROM mep_by_day WHERE month < '2026-04'")
        assert days.fetchall() == [(3, 3, 31)]


def test_a_file_of_the_lake_that_is_not_what_was_written_keeps_its_month_open_until_it_is_made_anew(
    commands: Commands, home: Path
) -> None:
    close, verify, mend = ("mep", "close", "--month", "2026-03", *DUE), ("lake", "verify"), ("lake", "mend")
    march = ("backfill", "--from", "2026-03-01", "--to", "2026-03-31", *MARCH)
    *_, whole, nothing = commands(("fetch", *MARCH), march, verify, mend)
    before = entries_by_day(home)
    facts, events = (next((home / "lake" / name / "day=2026-03-02").glob("*.parquet")) for name in TABLES)
    content = events.read_bytes()
    for path in (facts, events):
        path.write_bytes(path.read_bytes().replace(b"Polars", b"Qolars"))  # as who wrote it: no reader minds
    damaged, not_closed, half = commands(verify, close, mend)
    events.write_bytes(content)
    waits, _, again, closed = commands(close, ("refresh", *DUE), verify, close)

    told = [f"{path.parents[1].name}: day=2026-03-02/{path.name}: gone, or other bytes" for path in (facts, events)]
    assert whole == nothing == again == (0, "All files of the lake are what was written.\n")
    assert [damaged[0], not_closed[0], half[0], waits[0], closed[0]] == [1, 1, 1, 1, 0]
    assert [text in damaged[1] for text in told] == [True, True]
    assert f"of the job book failed. {told[1]}" in not_closed[1]
    assert half[1].startswith(f"Days to be made anew by `journeys refresh`: 2026-03-02.\n{told[1]}")
    assert "acme stays open: files have touched 2026-03-02, whose facts" in waits[1]
    assert entries_by_day(home) == before


def entries_by_day(home: Path) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return connection.execute("SELECT period, entries FROM campaign_performance_by_day ORDER BY period").fetchall()
