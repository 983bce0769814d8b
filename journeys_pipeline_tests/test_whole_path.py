"""From files on a real OpenSSH server to a mailed report, by the commands that an operator types."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CATALOG = """
settings: {{month_close_grace_hours: 72}}
accounts:
  - id: acme
    name: Acme
    tiers: [{{tier: scale, valid_from: 2026-01-01}}]
    subscriptions: [{{plan: small, allowance: 2, price: "10", currency: EUR, valid_from: 2026-01-01}}]
    sub_accounts: [{{id: north, name: North}}]
    recipients: [finance@acme.example]
connections:
  - id: acme-sftp
    account_id: acme
    host: {host}
    port: {port}
    user: {user}
    key_file: {key_file}
    host_key: {host_key}
    folder: {folder}
    feeds:
      - {{kind: events, id: events, glob: "events-*.ndjson", complete_when: renamed}}
      - {{kind: journeys, id: journeys, glob: "journeys.ndjson", complete_when: renamed}}
      - kind: contacts
        id: welcome
        glob: "welcome-*.csv"
        complete_when: renamed
        journey_id: welcome
        sub_account_id: north
        contact_type: both
        phone_column: Phone
        email_column: E-mail
        default_region: NL
"""
JOURNEY = {
    "journey_id": "welcome", "version": 1, "account_id": "acme", "name": "Welcome", "campaign_id": "c1",
    "campaign_name": "Spring", "status": "active", "valid_from": "2026-02-01T00:00:00Z",
    "goal": {"event_name": "order", "attribution_days": 7}, "elements": [],
}  # fmt: skip
CONTACTS = (
    "Name;Phone;E-mail\r\n"
    "Ann;+31 20 624 1111;ann@mailbox.nl\r\n"  # both valid
    "Bob;020 624 1112;\r\n"  # one valid, one empty: valid (F51)
    "Cor;+31 20 624 1113;not an address\r\n"  # one valid, one not: invalid (F50)
    "\r\n"
    "Dee;;\r\n"  # both empty: invalid (D10)
    "Eve;123;nobody@\r\n"  # both invalid (F49)
    "Ann;+31206241111;\r\n"  # the same person again: valid, flagged (D9)
)
MARCH = ("--as-of", "2026-03-20T12:00:00+00:00")

Journeys = Callable[..., str]


def event(number: int, kind: str, at: str, **fields: Any) -> str:
    journey = {"journey_id": "welcome", "journey_version": 1, "person_id": "p1"}
    envelope = {"event_id": f"e{number}", "event_type": kind, "occurred_at": at, "account_id": "acme"}
    return json.dumps(envelope | journey | fields)


EVENTS = [
    event(1, "journey_entered", "2026-03-02T10:00:00Z", entry_source="event"),
    event(2, "message_sent", "2026-03-02T10:01:00Z", message_id="m1", channel="sms", price="0.05", currency="EUR"),
    event(3, "message_clicked", "2026-03-02T10:02:00Z", message_id="m1", channel="sms"),
    event(4, "goal_performed", "2026-03-03T09:00:00Z", event_name="order", value="12.50", currency="EUR"),
    event(5, "journey_exited", "2026-03-03T09:01:00Z", exit_type="exit_point"),
    event(6, "journey_entered", "2026-03-10T10:00:00Z", entry_source="event"),  # re-entry (F7, F57)
    event(7, "journey_entered", "2026-03-11T10:00:00Z", entry_source="api", person_id="p2", is_test=True),
    event(1, "journey_entered", "2026-03-02T10:00:00Z", entry_source="event"),  # duplicate
    event(2, "message_sent", "2026-03-02T10:01:00Z", message_id="m1", channel="email"),  # conflict
    "no record at all",
]


@pytest.fixture
def journeys(openssh_server: Any, tmp_path: Path) -> Journeys:
    """Runs `journeys …` on a home of its own, and gives what it prints."""
    home = tmp_path / "home"
    home.mkdir()
    folder = openssh_server.folder
    (folder / "journeys.ndjson").write_text(json.dumps(JOURNEY))
    (folder / "events-1.ndjson").write_text("\n".join(EVENTS))
    (folder / "welcome-1.csv").write_text(CONTACTS)
    (folder / "welcome-copy.csv").write_text(CONTACTS)
    fields = {
        name: getattr(openssh_server, name) for name in ("host", "port", "user", "key_file", "host_key", "folder")
    }
    (home / "journeys.yaml").write_text(CATALOG.format(**fields))
    environment = os.environ | {"JOURNEYS_HOME": str(home), "JOURNEYS_FIRST_DAY": "2026-02-01"}
    environment.pop("DAGSTER_HOME", None)
    environment.pop("PYTHONWARNINGS", None)

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "journeys_pipeline.cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return connection.execute(query).fetchall()


def test_files_on_a_server_become_metrics_meps_and_one_mailed_report(journeys: Journeys, tmp_path: Path) -> None:
    home = tmp_path / "home"

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


def test_fetching_and_refreshing_again_changes_nothing(journeys: Journeys, tmp_path: Path) -> None:
    home = tmp_path / "home"
    tables = ["landed_files", "feed_readings", "import_performance", "campaign_performance_by_month"]

    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    before = [rows(home, f"SELECT * FROM {table}") for table in tables]
    journeys("fetch", "--as-of", "2026-03-20T14:00:00+00:00")
    journeys("refresh", "--as-of", "2026-03-20T14:00:00+00:00")

    assert [rows(home, f"SELECT * FROM {table}") for table in tables] == before


def test_a_late_file_remakes_its_days_and_a_closed_month_stays(
    journeys: Journeys, openssh_server: Any, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    journeys("backfill", "--from", "2026-03-01", "--to", "2026-03-31", "--as-of", "2026-04-04T00:30:00+00:00")
    late = event(9, "journey_entered", "2026-03-05T08:00:00Z", entry_source="api", person_id="p9")
    (openssh_server.folder / "events-2.ndjson").write_text(late)

    journeys("fetch", "--as-of", "2026-04-05T12:00:00+00:00")
    journeys("refresh", "--as-of", "2026-04-05T12:00:00+00:00")

    entered = "SELECT profiles_in_journey FROM campaign_performance_by_day WHERE period = '2026-03-05'"
    assert rows(home, entered) == [(1,)]
    closed = "SELECT mep, is_closed FROM mep_summary WHERE month = '2026-03-01'"
    assert rows(home, closed) == [(3, 1)]


def test_a_changed_host_key_is_a_row_that_says_so(journeys: Journeys, tmp_path: Path) -> None:
    home = tmp_path / "home"
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
