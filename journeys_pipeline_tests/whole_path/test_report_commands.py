"""Reports and their mail by the commands that an operator types, while the mail server fails and when it works."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from journeys_pipeline_tests.smtp_servers import TroubledInbox, answers, serving

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    recipients: [finance@acme.example]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def inbox() -> TroubledInbox:
    return TroubledInbox()


@pytest.fixture
def journeys(tmp_path: Path, inbox: TroubledInbox) -> Run:
    """Runs `journeys …` in a home whose mail server is the inbox."""
    (tmp_path / "journeys.yaml").write_text(CATALOG)
    settings = {
        "JOURNEYS_HOME": str(tmp_path), "JOURNEYS_FIRST_DAY": "2026-01-01", "JOURNEYS_SMTP_HOST": "127.0.0.1",
        "JOURNEYS_SMTP_SECURITY": "none",
    }  # fmt: skip
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DAGSTER_HOME", "PYTHONWARNINGS"}
    } | settings

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        with serving(inbox) as port:
            command = [sys.executable, "-m", "journeys_pipeline.cli", *arguments]
            return subprocess.run(
                command,
                env=environment | {"JOURNEYS_SMTP_PORT": str(port)},
                capture_output=True,
                text=True,
                check=False,
            )

    return run


def test_a_mail_that_failed_is_listed_with_its_reason_and_sent_again_on_request(
    journeys: Run, inbox: TroubledInbox
) -> None:
    month = f"{datetime.now(UTC):%Y-%m}"
    inbox.troubles["RCPT"] = answers("450 greylisted")

    made = journeys("report", "--account", "acme", "--month", month, "--name", "Bill")
    [listed] = map(json.loads, journeys("mail", "list", "--format", "json").stdout.splitlines())
    inbox.troubles.clear()
    resent = journeys("mail", "resend", "--report", listed["report_id"])

    assert "MEP consumption, " in made.stdout
    assert made.stdout.splitlines()[-1] == "Mails: 1 failed."
    assert (listed["name"], listed["state"], listed["attempts"]) == ("Bill", "failed", 1)
    assert "450" in listed["last_error"]
    assert resent.stdout.splitlines()[-1] == "Mails: 1 sent."
    assert [envelope.rcpt_tos for envelope in inbox.taken] == [["finance@acme.example"]]
