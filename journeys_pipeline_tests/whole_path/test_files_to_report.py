"""From files on a real OpenSSH server to a mailed report, by the commands that an operator types."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARCH = ("--as-of", "2026-03-20T12:00:00+00:00")

LATE = {
    "event_id": "e9", "event_type": "journey_entered", "occurred_at": "2026-03-05T08:00:00Z", "account_id": "acme",
    "journey_id": "welcome", "journey_version": 1, "person_id": "p9", "entry_source": "api",
}  # fmt: skip

Journeys = Callable[..., str]


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return connection.execute(query).fetchall()


def test_files_on_a_server_become_metrics_meps_and_one_mailed_report(journeys: Journeys, home: Path) -> None:
    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    journeys("report", "--account", "acme", "--month", "2026-03", *MARCH)
    journeys("report", "--account", "acme", "--month", "2026-03", *MARCH)

    imports = "SELECT status, total_entries, valid_entries, invalid_entries, duplicate_entries FROM import_performance"
    assert sorted(rows(home, imports), key=str) == [("duplicate", None, None, None, None), ("landed", 6, 3, 3, 1)]
    readings = "SELECT records, accepted, duplicates, quarantined FROM feed_readings WHERE kind = 'events'"
    assert rows(home, readings) == [(10, 7, 1, 2)]
    metrics = json.loads(journeys("metrics", "--from", "2026-03-01", "--to", "2026-03-19", "--format", "json"))
    assert metrics == {
        "account_id": "acme", "journey_id": "welcome", "profiles_in_journey": 1, "entries": 2, "profiles_exited": 1,
        "completion_rate": 1.0, "active_profiles": 1, "goal_performers": 1, "goal_events": 1, "messages_sent": 1,
    }  # fmt: skip
    assert rows(home, "SELECT month, mep, allowance, overage, is_closed FROM mep_summary") == [
        ("2026-03-01", 3, 2, 1, 0)  # p1, and two people of the contact file
    ]
    assert rows(home, "SELECT row_count, format FROM report_register") == [(3, "xlsx")]
    assert len(list((home / "outbox").glob("*.eml"))) == 1


def test_fetching_and_refreshing_again_changes_nothing(journeys: Journeys, home: Path) -> None:
    tables = ["landed_files", "feed_readings", "import_performance", "campaign_performance_by_month"]

    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    before = [rows(home, f"SELECT * FROM {table}") for table in tables]
    journeys("fetch", "--as-of", "2026-03-20T14:00:00+00:00")
    journeys("refresh", "--as-of", "2026-03-20T14:00:00+00:00")

    assert [rows(home, f"SELECT * FROM {table}") for table in tables] == before


def test_a_late_file_remakes_its_days_and_a_closed_month_stays(
    journeys: Journeys, openssh_server: Any, home: Path
) -> None:
    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    journeys("backfill", "--from", "2026-03-01", "--to", "2026-03-31", "--as-of", "2026-04-04T00:30:00+00:00")
    (openssh_server.folder / "events-2.ndjson").write_text(json.dumps(LATE))

    journeys("fetch", "--as-of", "2026-04-05T12:00:00+00:00")
    journeys("refresh", "--as-of", "2026-04-05T12:00:00+00:00")

    entered = "SELECT profiles_in_journey FROM campaign_performance_by_day WHERE period = '2026-03-05'"
    assert rows(home, entered) == [(1,)]
    closed = "SELECT mep, is_closed FROM mep_summary WHERE month = '2026-03-01'"
    assert rows(home, closed) == [(3, 1)]


def test_a_history_that_comes_at_once_is_billed_whole_before_its_months_close(
    journeys: Journeys, openssh_server: Any, home: Path
) -> None:
    """D5: the days lie so far apart that they are made by several runs, each followed by the ledger."""
    later = LATE | {"event_id": "e10", "occurred_at": "2026-03-30T08:00:00Z"}
    (openssh_server.folder / "events-2.ndjson").write_text(json.dumps(later))

    journeys("fetch", "--as-of", "2026-06-10T12:00:00+00:00")
    journeys("refresh", "--as-of", "2026-06-10T12:00:00+00:00")

    closed = "SELECT mep, is_closed FROM mep_summary WHERE month = '2026-03-01'"
    assert rows(home, closed) == [(2, 1)]


def test_a_fetch_says_what_came_and_what_waits_for_a_second_listing(journeys: Journeys, home: Path) -> None:
    catalog = home / "journeys.yaml"
    catalog.write_text(catalog.read_text().replace("        complete_when: renamed\n", ""))

    said = journeys("fetch", *MARCH)

    assert "Fetched: 2 landed. 2 files wait for a second equal listing: fetch again in a minute." in said


def test_rejects_and_a_receipt_go_back_to_the_sender_once(journeys: Journeys, openssh_server: Any, home: Path) -> None:
    catalog = home / "journeys.yaml"
    catalog.write_text(
        catalog.read_text().replace("contact_type: both", "contact_type: both\n        return_rejects: true")
    )

    journeys("fetch", *MARCH)
    journeys("fetch", "--as-of", "2026-03-20T14:00:00+00:00")

    rejects = (openssh_server.folder / "welcome-1.csv.rejects.csv").read_text().splitlines()
    assert rejects == [
        "row_number,reason,field,row",
        "4,MALFORMED_EMAIL,email,Cor;+31 20 624 1113;not an address",
        '6,EMPTY_BOTH,"phone,email",Dee;;',
        '7,"MALFORMED_PHONE,MALFORMED_EMAIL","phone,email",Eve;123;nobody@',
    ]
    receipt = json.loads((openssh_server.folder / "welcome-1.csv.receipt.json").read_text())
    assert (receipt["status"], receipt["total"], receipt["valid"], receipt["invalid"]) == ("imported", 6, 3, 3)
    assert rows(home, "SELECT attempts, returned_at IS NOT NULL FROM file_returns") == [(1, 1)]
    assert rows(home, "SELECT count(*) FROM landed_files WHERE kind = 'contacts'") == [(2,)]


def test_imports_are_printed_as_csv(journeys: Journeys) -> None:
    """F55."""
    journeys("fetch", *MARCH)

    printed = journeys("import", "export", "--account", "acme", "--from", "2026-03-20", "--to", "2026-03-20")

    header, *files = printed.splitlines()
    assert header == ("Fetched At,Connection,File Name,Journey ID,Status,Total,Valid,Invalid,Duplicates,Reasons,Error")
    assert sorted((line.split(",")[1:9] for line in files), reverse=True, key=lambda cells: cells[3]) == [
        ["acme-sftp", "welcome-1.csv", "welcome", "landed", "6", "3", "3", "1"],
        ["acme-sftp", "welcome-copy.csv", "welcome", "duplicate", "", "", "", ""],
    ]


def test_a_changed_host_key_is_a_row_that_says_so(journeys: Journeys, home: Path) -> None:
    catalog = home / "journeys.yaml"
    other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
    catalog.write_text("\n".join(
        f"    host_key: {other}" if line.strip().startswith("host_key") else line
        for line in catalog.read_text().splitlines()
    ))  # fmt: skip

    journeys("fetch", *MARCH)

    [(status, error)] = rows(home, "SELECT status, connection_error FROM import_performance")
    assert status == "connection_error"
    assert "host key" in error.lower()
