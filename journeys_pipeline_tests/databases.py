"""A real PostgreSQL server, and new databases on it or on SQLite."""

import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

START_S = 30.0
SERVER = "JOURNEYS_TESTS_ON_POSTGRESQL"  # a variable, so that processes which a test starts find the same database


class PostgreSql:
    """A running server in a folder of its own, which can be restarted."""

    def __init__(self, programs: Path, home: Path, start: dict[str, Any]) -> None:
        self._log, self._start = home / "log", start
        data = home / "data"
        init = [programs / "initdb", "-D", data, "-U", "journeys", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(init, check=True, capture_output=True, **start)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        self.url = f"postgresql+psycopg2://journeys@127.0.0.1:{port}"
        """Without a database."""
        self._command = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", "", "-F"]
        # far from UTC: times must come back in UTC all the same
        self._command += ["-c", "timezone=Asia/Kolkata"]
        self._server = self._run()

    def restart(self) -> None:
        """Whoever is connected is thrown out; then it answers again."""
        self.stop()
        self._server = self._run()

    def stop(self) -> None:
        """It is gone."""
        self._server.send_signal(signal.SIGINT)  # "fast": disconnects whoever is still there
        self._server.wait(START_S)

    def _run(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            server = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._start)
        try:
            _wait_until_it_answers(server, self.url, self._log)
        except BaseException:
            server.kill()
            server.wait(START_S)
            raise
        return server


@contextmanager
def serve_postgresql() -> Iterator[str]:
    """The URL, without a database, of a server that runs while the block does."""
    with postgresql_server() as server:
        yield server.url


@contextmanager
def postgresql_server() -> Iterator[PostgreSql]:
    """A server that runs while the block does."""
    pytest.importorskip("psycopg2", reason="no PostgreSQL driver here (the extra named postgres)")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        reason = "no PostgreSQL server here (Debian: apt-get install postgresql)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    # PostgreSQL refuses to run as root: then it runs as nobody, in a folder that nobody can reach.
    owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    home = Path(tempfile.mkdtemp(prefix="journeys-postgresql-"))
    start: dict[str, Any] = {"cwd": home}
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
        start |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    try:
        server = PostgreSql(programs[-1].parent, home, start)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home)


def new_database(request: pytest.FixtureRequest, folder: Path, kind: str = "") -> str:
    """The URL of a new, empty database: sqlite or postgresql, which the fixture's parameter says unless `kind` does."""
    if (kind or request.param) == "sqlite":
        return f"sqlite:///{folder / 'warehouse.sqlite'}"
    return _create(request.getfixturevalue("postgresql"), f"w{uuid.uuid4().hex}")


def warehouse_url(home: Path) -> str:
    """The URL of a home's warehouse: SQLite in it, or PostgreSQL where the fixture `each_database` says so."""
    server = os.environ.get(SERVER)
    return _of_home(server, home) if server else f"sqlite:///{home / 'warehouse.sqlite'}"


@cache
def _of_home(server: str, home: Path) -> str:
    name = f"h{hashlib.sha256(str(home).encode()).hexdigest()[:32]}"
    engine = sa.create_engine(f"{server}/postgres", poolclass=sa.NullPool)
    with engine.connect() as connection:
        known = connection.scalars(sa.text("SELECT datname FROM pg_database")).all()
    return f"{server}/{name}" if name in known else _create(server, name)


def _create(server: str, name: str) -> str:
    engine = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return f"{server}/{name}"


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    engine = sa.create_engine(f"{url}/postgres", poolclass=sa.NullPool)
    give_up_at = time.monotonic() + START_S
    while server.poll() is None and time.monotonic() < give_up_at:
        try:
            engine.connect().close()
        except sa.exc.OperationalError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"PostgreSQL did not start: {log.read_text()}")
