"""A customer whose files lie on a real OpenSSH server, and the commands that an operator types."""

import json
import os
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
def home(openssh_server: Any, tmp_path: Path) -> Path:
    """A JOURNEYS_HOME whose catalog names the server, on which files of all three kinds lie."""
    folder = openssh_server.folder
    (folder / "journeys.ndjson").write_text(json.dumps(JOURNEY))
    (folder / "events-1.ndjson").write_text("\n".join(EVENTS))
    (folder / "welcome-1.csv").write_text(CONTACTS)
    (folder / "welcome-copy.csv").write_text(CONTACTS)
    fields = {
        name: getattr(openssh_server, name) for name in ("host", "port", "user", "key_file", "host_key", "folder")
    }
    home = tmp_path / "home"
    home.mkdir()
    (home / "journeys.yaml").write_text(CATALOG.format(**fields))
    return home


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """The environment of an operator who works in that home."""
    environment = os.environ | {"JOURNEYS_HOME": str(home), "JOURNEYS_FIRST_DAY": "2026-02-01"}
    environment.pop("DAGSTER_HOME", None)
    environment.pop("PYTHONWARNINGS", None)
    return environment


@pytest.fixture
def journeys(environment: dict[str, str]) -> Callable[..., str]:
    """Runs `journeys …` in the home, and gives what it prints."""

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "journeys_pipeline.cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
