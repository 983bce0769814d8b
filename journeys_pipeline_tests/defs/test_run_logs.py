"""With JOURNEYS_LOG=json whatever a run writes to the console is JSON lines, without contacts and secrets."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline_tests.report_worlds import CATALOG

MAIL, PASSWORD = "ann.canary@acme.example", "hunter2-canary"
RUN = f"""
import logging
import dagster as dg
from journeys_pipeline import definitions

@dg.op
def work(context) -> None:
    context.log.info("Mailed {MAIL}.", extra={{"account_id": "acme"}})
    logging.getLogger("journeys_pipeline.some").info("with {PASSWORD}")
    logging.getLogger("somebody.else").warning("to {MAIL}")
    raise KeyError("{MAIL} {PASSWORD}")

job = dg.GraphDefinition("job", node_defs=[work]).to_job()
with dg.DagsterInstance.ephemeral() as instance:
    job.execute_in_process(instance=instance, raise_on_error=False, tags={{"dagster/partition": "2026-03-02"}})
raise RuntimeError("{MAIL}")
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    ours = {"JOURNEYS_LOG": "json", "JOURNEYS_HOME": str(tmp_path), "JOURNEYS_SMTP_PASSWORD": PASSWORD}
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    quiet = {"PYTHONWARNINGS": "ignore"}  # of what Dagster's command says before it has read a line of ours
    places = {"DAGSTER_HOME": str(tmp_path / "dagster"), "PYTHONPATH": str(Path(__file__).parents[2])}
    return os.environ | ours | places | quiet


def lines(command: list[str], environment: dict[str, str]) -> list[dict[str, Any]]:
    """Every line that the process wrote to standard error."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert MAIL not in done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_a_run_that_fails_tells_what_and_where_but_no_contact_and_no_secret(environment: dict[str, str]) -> None:
    told = lines([sys.executable, "-c", RUN], environment)

    by_message = {line["message"]: line for line in told}
    mailed, failed = by_message["Mailed …."], by_message['Execution of step "work" failed.']
    assert {name: mailed[name] for name in ("level", "job", "asset", "partition", "account")} == {
        "level": "info", "job": "job", "asset": "work", "partition": "2026-03-02", "account": "acme",
    }  # fmt: skip
    assert (failed["level"], failed["event"], failed["error"]) == ("error", "STEP_FAILURE", {"class": "KeyError"})
    assert len({line["run_id"] for line in told if "run_id" in line}) == 1
    assert by_message["with …"]["logger"] == "journeys_pipeline.some"
    assert by_message["to …"]["logger"] == "somebody.else"
    assert by_message["The process ends."]["error"]["class"] == "RuntimeError"


def test_a_run_of_ours_as_dagsters_services_start_it_writes_json_lines(environment: dict[str, str]) -> None:
    command = ["-m", "dagster", "job", "execute", "-m", "journeys_pipeline.definitions", "-j", "maintain"]
    Path(environment["JOURNEYS_HOME"], "journeys.yaml").write_text(CATALOG)

    told = lines([sys.executable, *command], environment)

    assert [line["event"] for line in told if line.get("event", "").startswith("RUN_")] == ["RUN_START", "RUN_SUCCESS"]
    assert {line["asset"] for line in told if "asset" in line} == {"upkeep"}
