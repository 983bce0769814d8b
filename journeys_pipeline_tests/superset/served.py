"""A real Apache Superset in an environment of its own, over a warehouse in which every table has rows."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import sqlalchemy as sa

from journeys_pipeline.adapters.superset import Superset, SupersetRefused
from journeys_pipeline.adapters.warehouse import METADATA
from journeys_pipeline.superset.datasets import MEP, STANDARD
from journeys_pipeline_tests.viewer.world import Home

ACCOUNTS = ("small", "middle", "large")
MONTHS = (date(2026, 10, 1), date(2026, 11, 1))
ADMIN = "admin"
START_S = 180
CONFIG = """\
SECRET_KEY = "a key for this test alone"
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/superset.sqlite"
PREVENT_UNSAFE_DB_CONNECTIONS = False
FEATURE_FLAGS = {{"DASHBOARD_RBAC": True}}
"""


def fill(home: Home) -> None:
    """A row per account and month in every table that Superset shows, each number different."""
    with home.warehouse.transaction() as transaction:
        for table_number, name in enumerate((*STANDARD, *MEP)):
            table = METADATA.tables[name]
            rows = [
                {
                    column.name: _value(column, account_id, month, number + 10_000 * place)
                    for number in [1000 * account + 100 * month.month + table_number]
                    for place, column in enumerate(table.columns)
                }
                for account, account_id in enumerate(ACCOUNTS, start=1)
                for month in MONTHS
            ]
            transaction.connection.execute(table.insert(), rows)


def _value(column: sa.Column[Any], account_id: str, month: date, number: int) -> Any:
    texts = {"account_id": account_id, "currency": "EUR", "channel": "email", "file_id": f"{account_id}-{month}"}
    if column.name == "journey_version":
        return 0
    if isinstance(column.type, sa.DateTime):
        return datetime(month.year, month.month, 5, 12, tzinfo=UTC)
    if isinstance(column.type, sa.Date):
        return month
    if isinstance(column.type, sa.Boolean):
        return False
    if isinstance(column.type, sa.String):
        return texts.get(column.name, column.name)
    return Decimal(number) if isinstance(column.type, sa.Numeric) else number


@dataclass(frozen=True)
class Served:
    """The Superset, and the warehouse that it shows."""

    url: str
    home: Home

    def administrator(self) -> Superset:
        return Superset(self.url, ADMIN, ADMIN)

    def person(self, name: str, roles: list[str]) -> "Person":
        """Somebody new with these roles."""
        there = self.administrator()
        known = {row["name"]: row["id"] for row in there.rows("security/roles/")}
        about = {"username": name, "first_name": name, "last_name": name, "email": f"{name}@x.example"}
        access = {"password": name, "active": True, "roles": [known[role] for role in roles]}
        there.send("POST", "security/users/", about | access)
        return Person(self.url, name, name)


class Person(Superset):
    """Somebody who looks at dashboards."""

    def status(self, method: str, path: str, content: Any = None) -> int | None:
        """What the answer's status is."""
        body = None if content is None else json.dumps(content).encode()
        try:
            self.ask(method, path, body, "application/json")
        except SupersetRefused as refused:
            return refused.status
        return 200

    def rows_of(self, dataset: int, *, columns: tuple[str, ...] = (), metrics: tuple[str, ...] = ()) -> Any:
        """Rows of a dataset, or the status of the refusal."""
        try:
            return self.send("POST", "chart/data", query(dataset, columns, metrics))["result"][0]["data"]
        except SupersetRefused as refused:
            return refused.status


def query(dataset: int, columns: tuple[str, ...] = (), metrics: tuple[str, ...] = (), **others: Any) -> dict[str, Any]:
    """A question to Superset's chart/data."""
    wanted = {"columns": list(columns), "metrics": list(metrics), "filters": [], "row_limit": 1000}
    return {"datasource": {"id": dataset, "type": "table"}, "queries": [wanted], "result_format": "json"} | others


@contextmanager
def served(python: Path, home: Home) -> Iterator[Served]:
    """A Superset that runs while the block does; what its database begins as is kept beside its environment."""
    template = python.parents[2] / "superset.sqlite"
    environment = os.environ | {"SUPERSET_CONFIG_PATH": str(home.path / "superset_config.py"), "FLASK_APP": "superset"}
    if not template.exists():
        _make(template, python, home, environment)
    (home.path / "superset_config.py").write_text(CONFIG.format(folder=home.path))
    shutil.copy(template, home.path / "superset.sqlite")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    command = [python, "-m", "flask", "--app", "superset.app:create_app()", "run", "-p", str(port)]
    with (
        (home.path / "superset.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            _wait_until_it_answers(f"http://127.0.0.1:{port}/health", process)
            yield Served(f"http://127.0.0.1:{port}", home)
        finally:
            process.terminate()


def _make(template: Path, python: Path, home: Home, environment: dict[str, str]) -> None:
    (home.path / "superset_config.py").write_text(CONFIG.format(folder=home.path))
    admin = [
        "--username",
        ADMIN,
        "--firstname",
        ADMIN,
        "--lastname",
        ADMIN,
        "--email",
        "a@x.example",
        "--password",
        ADMIN,
    ]
    for step in (["db", "upgrade"], ["fab", "create-admin", *admin], ["init"]):
        subprocess.run([python.parent / "superset", *step], env=environment, check=True, capture_output=True)
    shutil.move(home.path / "superset.sqlite", template)


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    give_up_at = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            with urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("Superset did not start; superset.log in its folder says why.")
