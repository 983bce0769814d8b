"""A back-fill of 62 days over two Celery workers gives the tables of one machine, also when a worker is killed.

Redis, PostgreSQL and an S3 server on loopback stand for the machines that a deployment has. It takes minutes, so
`make test-distributed` runs it, and nothing else.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.jobs import DAILY
from journeys_pipeline.demo.world import World, build_world, publish
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.daily_facts import GoalEvents, JourneyEntries, JourneyExits, JourneySteps, MessageEvents
from journeys_pipeline.schemas.mep_ledger import MepLedger, MepSummary
from journeys_pipeline.schemas.metrics import FIGURES, Refreshes
from journeys_pipeline_tests.databases import serve_postgresql
from journeys_pipeline_tests.object_store import serve_bucket

DEPLOY = Path(__file__).parents[2] / "deploy" / "celery"
FIRST_DAY, DAYS = date(2026, 3, 1), 62
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
AS_OF = "2026-05-02T12:00:00+00:00"
START_S, BACKFILL_S = 120.0, 1500.0
LONGEST_RUN_S = 180  # after which a run counts as dead
FACTS = [JourneyEntries, JourneyExits, JourneySteps, MessageEvents, GoalEvents, MepLedger]
BY_DAY = [asset for asset in DAILY if asset not in {"journey_summary", "account_month_starts"}]
CATALOG = """
accounts:
  - {{id: {account}, name: Sample, tiers: [{{tier: scale, valid_from: 2026-01-01}}]}}
connections:
  - id: drop
    account_id: {account}
    url: file://{folder}
    feeds:
      - {{kind: events, id: events, glob: "events-*.ndjson.gz", complete_when: renamed}}
      - {{kind: journeys, id: journeys, glob: "journeys.ndjson", complete_when: renamed}}
"""
LAUNCH = """mutation ($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
  __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATUS = "query ($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
RUNS = """query ($id: String!) { runsOrError(filter: {tags: [{key: "dagster/backfill", value: $id}]}) { ... on Runs {
  results { runId status tags { key value } } } } }"""


@dataclass(frozen=True)
class Home:
    """A deployment: its environment, and what it made."""

    environment: dict[str, str]
    lake: Lake
    warehouse: Warehouse

    def run(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "journeys_pipeline.cli", *arguments]
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def tables(self) -> dict[str, pl.DataFrame]:
        """All that was made, without the times at which it was."""
        days = {"period": days_between(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))}
        figures = {table.__name__: self.warehouse.read(table, days, grain="day") for table in FIGURES}
        served = {"MepSummary": self.warehouse.read(MepSummary)}
        served["Refreshes"] = self.warehouse.read(Refreshes).filter(pl.col("day").is_in(days["period"]))
        facts = {table.__name__: self.lake.scan(table).sort(table.primary_key()).collect() for table in FACTS}
        return {
            name: rows.drop("as_of", "begun_at", "projected", strict=False).sort(pl.all())
            for name, rows in (figures | served | facts).items()
        }


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog that names a folder of 62 days of events."""
    root = tmp_path_factory.mktemp("world")
    now = datetime.combine(LAST_DAY, datetime.min.time(), UTC) + timedelta(hours=12)
    world = World(last_day=now.date(), now=now, people=2_000, days=DAYS, accounts=1)
    for drop in build_world(root, world).drops:
        publish(drop)
    (folder,) = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    (root / "journeys.yaml").write_text(CATALOG.format(account=folder.name, folder=folder))
    return root / "journeys.yaml"


@pytest.fixture(scope="module")
def one_machine(drop: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = tmp_path_factory.mktemp("one")
    environment = _environment(home, drop)
    machine = Home(environment, Lake(home / "lake"), Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}"))
    machine.run("fetch", "--as-of", AS_OF)
    machine.run("backfill", "--from", f"{FIRST_DAY}", "--to", f"{LAST_DAY}", "--as-of", AS_OF)
    return machine


@pytest.fixture
def cluster(drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A deployment on PostgreSQL, S3 and Redis; nothing works in it yet."""
    (tmp_path / "dagster").mkdir()
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path / "dagster")
    with serve_postgresql() as server, serve_bucket(monkeypatch) as bucket, _serve_redis(tmp_path) as redis:
        urls = {name: _new_database(server, name) for name in ("dagster", "journeys")}
        environment = _environment(tmp_path, drop) | {
            "DAGSTER_HOME": str(tmp_path / "dagster"),
            "DAGSTER_POSTGRES_URL": urls["dagster"],
            "JOURNEYS_WAREHOUSE_URL": urls["journeys"],
            "JOURNEYS_LAKE_URL": f"{bucket}/lake",
            "JOURNEYS_LANDING_URL": f"{bucket}/landing",
            "JOURNEYS_DAYS_PER_RUN": "31",
            "JOURNEYS_CELERY_BROKER": f"{redis}/0",
            "JOURNEYS_CELERY_BACKEND": f"{redis}/1",
            "PYTHONPATH": f"{DEPLOY}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
        }
        yield Home(environment, Lake(f"{bucket}/lake", tmp_path), Warehouse(urls["journeys"]))


def test_a_backfill_over_two_workers_one_of_which_dies_gives_the_tables_of_one_machine(
    one_machine: Home, cluster: Home, tmp_path: Path
) -> None:
    cluster.run("fetch", "--as-of", AS_OF)
    days = [f"{day}" for day in days_between(FIRST_DAY, FIRST_DAY + timedelta(days=DAYS))]
    tags = [{"key": "journeys/as_of", "value": AS_OF}, {"key": "dagster/max_runtime", "value": f"{LONGEST_RUN_S}"}]
    params = {"assetSelection": [{"path": [name]} for name in BY_DAY], "partitionNames": days, "tags": tags}

    with ExitStack() as services:
        ask = services.enter_context(_dagster(cluster, tmp_path))
        workers = [services.enter_context(_worker(cluster, tmp_path, number)) for number in (1, 2)]
        launched = ask(LAUNCH, params=params)["launchPartitionBackfill"]
        backfill = launched["backfillId"]
        _wait_for(lambda: sum(run["status"] == "STARTED" for run in _runs(ask, backfill)) == 2, START_S)
        os.killpg(workers[0].pid, signal.SIGKILL)
        _wait_for(lambda: ask(STATUS, id=backfill)["partitionBackfillOrError"]["status"] != "REQUESTED", BACKFILL_S)
        status = ask(STATUS, id=backfill)["partitionBackfillOrError"]["status"]
        ended = [run["status"] for run in _runs(ask, backfill)]

    assert status == "COMPLETED_SUCCESS"
    assert ended.count("FAILURE") == 1
    assert set(ended) == {"FAILURE", "SUCCESS"}
    cluster.run("refresh", "--as-of", AS_OF)
    cluster.run("mep", "close", "--month", f"{FIRST_DAY:%Y-%m}", "--as-of", AS_OF)  # as a schedule does each night
    expected, made = one_machine.tables(), cluster.tables()
    assert {name: _only_in_one(expected[name], made[name]) for name in expected} == {name: [] for name in expected}
    assert sum(rows.height for rows in made.values()) > 10_000


def _only_in_one(one: pl.DataFrame, other: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows that either has more often than the other."""
    counts = [Counter(rows.rows()) for rows in (one, other)]
    return [*((counts[0] - counts[1]) | (counts[1] - counts[0]))]


def _environment(home: Path, catalog: Path) -> dict[str, str]:
    environment = os.environ | {
        "JOURNEYS_HOME": str(home), "JOURNEYS_CATALOG": str(catalog), "JOURNEYS_FIRST_DAY": f"{FIRST_DAY}",
    }  # fmt: skip
    for name in ("DAGSTER_HOME", "PYTHONWARNINGS"):
        environment.pop(name, None)
    return environment


def _new_database(server: str, name: str) -> str:
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return f"{server}/{name}"


@contextmanager
def _serve_redis(folder: Path) -> Generator[str]:
    port = _free_port()
    command = ["redis-server", "--port", f"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(lambda: _answers(port), START_S)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(START_S)


@contextmanager
def _dagster(home: Home, folder: Path) -> Generator[Callable[..., Any]]:
    """The web server and the daemon; sends GraphQL queries to the former."""
    port = _free_port()
    module = ["-m", "journeys_pipeline.definitions"]
    subprocess.run(["dagster", "instance", "migrate"], env=home.environment, check=True, capture_output=True)

    def ask(text: str, **variables: Any) -> Any:
        body = json.dumps({"query": text, "variables": variables}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["data"]

    with (
        _running(["dagster-webserver", *module, "-p", f"{port}"], home, folder / "web.log"),
        _running(["dagster-daemon", "run", *module], home, folder / "daemon.log"),
    ):
        _wait_for(lambda: _answers(port), START_S)
        yield ask


@contextmanager
def _worker(home: Home, folder: Path, number: int) -> Generator[subprocess.Popen[bytes]]:
    command = ["celery", "-A", "dagster_celery.app", "worker", "-Q", "dagster", "-n", f"worker{number}@%h"]
    with _running(command, home, folder / f"worker{number}.log") as worker:
        yield worker


@contextmanager
def _running(command: list[str], home: Home, log: Path) -> Generator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=home.environment, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START_S)


def _runs(ask: Callable[..., Any], backfill: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = ask(RUNS, id=backfill)["runsOrError"]["results"]
    return results


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _wait_for(is_so: Callable[[], bool], seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"not within {seconds:g} s"
        time.sleep(1)
