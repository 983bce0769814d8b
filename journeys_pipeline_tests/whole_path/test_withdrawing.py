"""An operator takes a wrong contact file back, looks at what is left, and gives it back."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARCH, LATER = ("--as-of", "2026-03-20T12:00:00+00:00"), ("--as-of", "2026-03-20T15:00:00+00:00")
AGAIN = ("--as-of", "2026-03-20T18:00:00+00:00")
TABLES = [
    "campaign_performance_by_day",
    "campaign_performance_by_month",
    "element_performance_by_month",
    "mep_by_journey",
]

Journeys = Callable[..., str]


def figures(home: Path) -> list[Any]:
    """Without the logical times, which are those of the runs."""
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return [sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=str) for table in TABLES]


def ask(home: Path, query: str) -> list[Any]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return connection.execute(query).fetchall()


def refreshed(journeys: Journeys, home: Path) -> list[Any]:
    journeys("refresh", *LATER)
    return figures(home)


def test_a_wrong_contact_file_is_taken_back_and_given_back(journeys: Journeys, home: Path, openssh_server: Any) -> None:
    journeys("fetch", *MARCH)
    before = refreshed(journeys, home)
    [file_id] = [
        row["file_id"]
        for row in map(json.loads, journeys("import", "files", "--name", "welcome", "--format", "json").splitlines())
        if row["status"] == "landed"
    ]

    journeys("import", "withdraw", file_id, "--dry-run")
    unchanged = ask(home, "SELECT status, count(*) FROM landed_files GROUP BY 1 ORDER BY 1")
    journeys("import", "withdraw", file_id, "--reason", "the wrong journey", "--requested-by", "ann", *LATER)
    without = refreshed(journeys, home)
    shown = journeys("import", "export")
    (openssh_server.folder / "welcome-9.csv").write_bytes((openssh_server.folder / "welcome-1.csv").read_bytes())
    journeys("fetch", *AGAIN)
    told = ask(
        home, f"SELECT status, error FROM landed_files WHERE file_name = 'welcome-9.csv' AND duplicate_of = '{file_id}'"
    )
    journeys("import", "reinstate", file_id, *AGAIN)
    after = refreshed(journeys, home)

    assert unchanged == [("duplicate", 1), ("landed", 3)]
    assert "withdrawn,6,3,3,1" in shown
    assert "the wrong journey" in shown
    assert [status for status, _ in told] == ["duplicate"]
    assert "journeys import reinstate" in told[0][1]
    assert without != before
    assert after == before
    assert ask(home, "SELECT withdrawn_by, reason, reinstated_at IS NULL FROM withdrawals") == [
        ("ann", "the wrong journey", 0)
    ]
    assert ask(home, f"SELECT status, total_entries, error FROM import_performance WHERE file_id = '{file_id}'") == [
        ("landed", 6, None)
    ]
