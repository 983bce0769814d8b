"""`journeys dashboards serve`, as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from journeys_pipeline.cli import app
from journeys_pipeline_tests.viewer.world import SECRET, Home, Proxy

LOOK = ["--as", "me", "--account", "large", "--role", "viewer"]
LOCAL = {"Host": "127.0.0.1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def serving(home: Home, options: list[str], variables: dict[str, str]) -> Iterator[Proxy]:
    """The command at work; what it prints goes to the file `printed` in the home folder."""
    port = free_port()
    command = [sys.executable, "-m", "journeys_pipeline.cli", "dashboards", "serve", "--port", str(port), *options]
    environment = os.environ | {"JOURNEYS_HOME": str(home.path)} | variables
    with (
        (home.path / "printed").open("wb") as printed,
        subprocess.Popen(command, env=environment, stdout=printed, stderr=printed) as process,
    ):
        try:
            while process.poll() is None and not _answers(port):
                time.sleep(0.05)
            yield Proxy(port)
        finally:
            process.send_signal(signal.SIGINT)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_a_look_on_loopback_shows_terms_then_pages_and_logs_the_visit(home: Home) -> None:
    with serving(home, LOOK, {}) as proxy:
        port = proxy.port
        terms = proxy.ask("GET", "/large/terms", LOCAL)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{port}"} | LOCAL
        hidden = [line.split('"') for line in terms.text.splitlines() if "hidden" in line]
        body = "&".join(f"{parts[3]}={parts[5]}" for parts in hidden).encode()
        accepted = proxy.ask("POST", "/large/terms", form, body)
        page = proxy.ask("GET", "/large/custom-spring.html", LOCAL)

    printed = (home.path / "printed").read_text()
    assert accepted.status == 303
    assert (page.status, page.headers.get("server")) == (200, None)
    assert f"http://127.0.0.1:{port}/" in printed
    assert '"what": "custom-spring.html", "outcome": "shown"' in printed
    assert "Traceback" not in printed


def test_behind_a_proxy_the_secret_is_what_counts(home: Home) -> None:
    variables = {"JOURNEYS_VIEWER_URL": "https://dashboards.example.com", "JOURNEYS_VIEWER_SECRET": SECRET}

    with serving(home, [], variables) as proxy:
        named = proxy.get("/small/terms", "ana@small.example")
        forged = proxy.ask("GET", "/small/terms", LOCAL | {"X-Forwarded-Email": "ana@small.example"})

    assert (named.status, forged.status) == (200, 401)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "JOURNEYS_VIEWER_URL"),
        (["--host", "0.0.0.0", *LOOK], "not loopback"),
        (["--as", "me", "--account", "large"], "go together"),
        (["--account", "large"], "go together"),
        (["--as", "me", "--account", "other", "--role", "viewer"], "There is no account other"),
        (["--as", "me", "--account", "large", "--role", "king"], "king"),
    ],
)
def test_what_cannot_be_served_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(home.path))
    monkeypatch.delenv("JOURNEYS_VIEWER_URL", raising=False)

    result = CliRunner().invoke(app, ["dashboards", "serve", *options])

    assert result.exit_code != 0
    assert message in result.output.replace("\n", " ")


def test_without_a_secret_no_port_is_opened_to_others(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(home.path))
    monkeypatch.setenv("JOURNEYS_VIEWER_URL", "https://dashboards.example.com")
    monkeypatch.delenv("JOURNEYS_VIEWER_SECRET", raising=False)

    result = CliRunner().invoke(app, ["dashboards", "serve", "--host", "0.0.0.0"])

    assert result.exit_code == 1
    assert "anybody" in result.output


def test_a_catalog_with_mistakes_is_refused_with_its_lines(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEYS_HOME", str(home.path))
    home.catalog.write_text("accounts: []\n")

    result = CliRunner().invoke(app, ["dashboards", "serve", *LOOK])

    assert result.exit_code == 1
    assert "journeys.yaml:1:" in result.output
