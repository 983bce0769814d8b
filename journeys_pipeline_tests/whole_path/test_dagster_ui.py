"""What an operator does in the Dagster UI: the same requests that its pages send, to the services of `journeys dev`."""

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.defs.jobs import DAILY, MONTHLY
from journeys_pipeline.periods import days_between, parse_month

BY_DAY = [asset for asset in DAILY if asset not in {"journey_summary", "account_month_starts"}]
START_S, BACKFILL_S = 90.0, 240.0  # Dagster looks for back-fills to go on with every 30 s
LAUNCH = """mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) { ... on LaunchBackfillSuccess { backfillId } }
}"""
STATUS = """query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill {
  status
  assetBackfillData { assetBackfillStatuses { ... on AssetPartitionsStatusCounts {
    assetKey { path } numPartitionsTargeted numPartitionsMaterialized
  } } }
} } }"""
RUNS = """query ($id: String!) { runsOrError(filter: {tags: [{key: "dagster/backfill", value: $id}]}) { ... on Runs {
  results { status assetSelection { path } }
} } }"""

Ask = Callable[..., Any]


@pytest.fixture
def ask(home: Path, environment: dict[str, str]) -> Iterator[Ask]:
    """Sends a GraphQL query to the web server of `journeys dev` on the home."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # a shell's background jobs ignore SIGINT
    command = [*background, sys.executable, "-m", "journeys_pipeline.cli", "dev", "--port", str(port)]
    with (home / "dev.log").open("wb") as log:
        services = subprocess.Popen(command, env=environment, stdout=log, stderr=log)

    def query(text: str, **variables: Any) -> Any:
        body = json.dumps({"query": text, "variables": variables}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)["data"]

    try:
        wait_for(lambda: "Serving dagster-webserver" in (home / "dev.log").read_text(), START_S)
        yield query
    finally:
        services.send_signal(signal.SIGTERM)
        services.wait(START_S)


def wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"not within {seconds:g} s"
        time.sleep(0.5)


def test_a_backfill_of_three_months_makes_its_days_in_one_run_and_books_the_ledger(
    journeys: Callable[..., str], ask: Ask, home: Path
) -> None:
    journeys("fetch", "--as-of", "2026-04-20T12:00:00+00:00")
    days = [f"{day}" for day in days_between(parse_month("2026-02"), parse_month("2026-05"))]
    params = {"assetSelection": [{"path": [asset]} for asset in [*BY_DAY, *MONTHLY]], "partitionNames": days}

    backfill = ask(LAUNCH, params=params)["launchPartitionBackfill"]["backfillId"]
    wait_for(lambda: ask(STATUS, id=backfill)["partitionBackfillOrError"]["status"] != "REQUESTED", BACKFILL_S)

    ended = ask(STATUS, id=backfill)["partitionBackfillOrError"]
    made = {
        counts["assetKey"]["path"][0]: (counts["numPartitionsTargeted"], counts["numPartitionsMaterialized"])
        for counts in ended["assetBackfillData"]["assetBackfillStatuses"]
    }
    assert ended["status"] == "COMPLETED_SUCCESS"
    assert made == dict.fromkeys(BY_DAY, (89, 89)) | dict.fromkeys(MONTHLY, (3, 3))
    runs = ask(RUNS, id=backfill)["runsOrError"]["results"]
    assert {run["status"] for run in runs} == {"SUCCESS"}
    made_in = Counter(asset["path"][0] for run in runs for asset in run["assetSelection"])
    assert {asset: made_in[asset] for asset in BY_DAY} == dict.fromkeys(BY_DAY, 1)
    # Dagster may look just while the days are being recorded, and then begin with the months that are complete
    assert max(made_in[asset] for asset in MONTHLY) <= 2
    with sqlite3.connect(home / "warehouse.sqlite") as connection:
        booked = connection.execute("SELECT month, mep FROM mep_summary ORDER BY month").fetchall()
    assert booked == [("2026-02-01", 0), ("2026-03-01", 1), ("2026-04-01", 2)]  # the contacts entered when fetched
