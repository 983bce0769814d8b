"""A person is erased: no byte of their contacts is left below JOURNEYS_HOME, and whatever was counted stays counted."""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

from journeys_pipeline_tests.canaries import below, traces
from journeys_pipeline_tests.whole_path.conftest import event

MARCH, LATER = ("--as-of", "2026-03-20T12:00:00+00:00"), ("--as-of", "2026-03-21T12:00:00+00:00")
AGAIN, ERASED = ("--as-of", "2026-03-22T12:00:00+00:00"), ("--as-of", "2026-03-21T15:00:00+00:00")
CLOSED = ("--as-of", "2026-04-04T06:00:00+00:00")
CANARIES = (
    "Name;Phone;E-mail\r\n"
    "Zoë C;+31 20 624 1987;Zoe.Canary@Mailbox.nl\r\n"
    "Bob;020 624 1112;\r\n"
    '"Zoë\nC";020-6241987;\r\n'
    "Dee;0031206241987;zoe.canary@mailbox.nl\r\n"
    "Joe;;joezoe.canary@mailbox.nl.example.org\r\n"
)
PEOPLE = [
    {"account_id": "acme", "person_id": "p1", "updated_at": "2026-03-01T10:00:00Z", "phone": "020 624 19 87"},
    {
        "account_id": "acme", "person_id": "p1", "updated_at": "2026-03-02T10:00:00Z",
        "email": "ZOE.canary@mailbox.nl", "phone": "+31206241987",
    },
]  # fmt: skip
CLICK = event(
    20, "message_clicked", "2026-03-02T10:03:00Z", message_id="m1", channel="sms",
    url="https://shop.example/?mail=zoe.canary%40mailbox.nl", note="call 020 624 1987",
)  # fmt: skip
TABLES = ["campaign_performance_by_month", "mep_summary", "import_performance", "feed_readings", "journey_summary"]
FEED = '      - {{kind: people, id: people, glob: "people-*", complete_when: renamed, default_region: NL}}\n'

Journeys = Callable[..., str]


def naming(home: Path) -> list[str]:
    """The reports and mails that hold the person's id as a whole text."""
    found = below(home / "reports") | below(home / "outbox")
    holding = [path for path, content in found.items() if re.search(rb"(^|[>\n])p1([<,])", content)]
    return sorted({path.split(" ")[0] for path in holding})


def figures(home: Path) -> list[Any]:
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        return [connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3").fetchall() for table in TABLES]


@pytest.fixture
def canary_home(home: Path, openssh_server: Any, environment: dict[str, str]) -> Path:
    """A home whose customer's files name one person in many ways."""
    environment["JOURNEYS_DELETION_KEY"] = "a key of this test"
    folder = openssh_server.folder
    (folder / "welcome-2.csv").write_text(CANARIES)
    (folder / "welcome-3.csv").write_bytes(gzip.compress(CANARIES.encode("utf-16")))
    (folder / "people-1.ndjson").write_text("\n".join(map(json.dumps, PEOPLE)))
    (folder / "events-2.ndjson").write_bytes(gzip.compress(CLICK.encode()))
    (folder / "events-3.ndjson").write_bytes(zstandard.compress(CLICK.replace("e20", "e21").encode()))
    catalog = home / "journeys.yaml"
    text = catalog.read_text()
    catalog.write_text(text.replace("    feeds:\n", "    feeds:\n" + FEED.replace("{{", "{").replace("}}", "}")))
    return home


def erase(environment: dict[str, str], given: str, *arguments: str) -> str:
    command = [sys.executable, "-m", "journeys_pipeline.cli", "erase", "--account", "acme", *arguments]
    done = subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_no_byte_of_an_erased_contact_is_left_and_every_count_stays(
    journeys: Journeys, canary_home: Path, environment: dict[str, str], openssh_server: Any
) -> None:
    journeys("fetch", *MARCH)
    journeys("refresh", *MARCH)
    for form in ("xlsx", "csv"):
        journeys("report", "--account", "acme", "--month", "2026-03", "--format", form, *MARCH)
    stale_page = canary_home / "dashboards" / "acme" / "stale.html"
    stale_page.parent.mkdir(parents=True)
    stale_page.write_text("<td>+31 20 624 1987</td>")
    before, had, named = figures(canary_home), traces(canary_home), naming(canary_home)

    said = erase(environment, "", "--person", "p1", "--requested-by", "privacy desk", *ERASED)
    after = figures(canary_home)
    (openssh_server.folder / "welcome-2.csv").touch()
    (openssh_server.folder / "welcome-2.csv").rename(openssh_server.folder / "welcome-9.csv")
    journeys("fetch", *AGAIN)
    journeys("backfill", "--from", "2026-03-01", "--to", "2026-03-22", *AGAIN)

    assert len(had) > 5
    assert "Erased 2 contacts from 5 landed files" in said
    assert "2 reports and 2 mails" in said
    assert traces(canary_home) == []
    assert len(named) == 4
    assert naming(canary_home) == []
    assert [path.name for path in stale_page.parent.glob("stale*")] == []
    assert after[0] == before[0]
    assert [row[:4] for row in after[1]] == [row[:4] for row in before[1]]
    assert after[2:] == before[2:]
    assert [row[:4] for row in figures(canary_home)[1]] == [row[:4] for row in before[1]]
    with sqlite3.connect(canary_home / "warehouse.sqlite") as connection:
        duplicates = "SELECT status FROM landed_files WHERE file_name = 'welcome-9.csv'"
        assert connection.execute(duplicates).fetchall() == [("duplicate",)]
        record = "SELECT account_id, requested_by, contacts, landed_files FROM erasures"
        assert connection.execute(record).fetchall() == [("acme", "privacy desk", 2, 5)]
