"""What `deploy/` names exists: settings, and keys of Dagster's own configuration."""

import re
import shutil
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import pytest
from dagster._core.instance.config import dagster_instance_config
from ruamel.yaml import YAML

from journeys_pipeline import environment

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
SETTING = re.compile(r"\b(?:JOURNEYS|DAGSTER)_[A-Z_]+\b")
OF_CELERY = {"JOURNEYS_CELERY_BROKER", "JOURNEYS_CELERY_BACKEND"}  # read by deploy/celery alone
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_deployment_sets_what_operators_can_read_about(path: Path) -> None:
    told = {
        name for page in ("operations.md", "viewer.md") for name in SETTING.findall((ROOT / "docs" / page).read_text())
    }

    named = set(SETTING.findall(path.read_text()))

    assert named - told - OF_CELERY == set()


@pytest.mark.parametrize(
    "path", [ROOT / "dagster.yaml", *DEPLOY.rglob("dagster.yaml")], ids=lambda path: path.parent.name
)
def test_dagster_knows_each_key_of_its_settings(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dagster_postgres", reason="no PostgreSQL driver here (the extra named postgres)")
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://127.0.0.1/dagster")
    shutil.copy(path, tmp_path)

    settings, _ = dagster_instance_config(str(tmp_path))

    assert settings["run_monitoring"]["enabled"]
    assert settings["telemetry"] == {"enabled": False}


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: path.parent.name)
def test_each_yaml_file_can_be_read(path: Path) -> None:
    assert all(YAML(typ="safe").load_all(path.read_text()))


def test_each_service_of_the_compose_file_runs_a_command_that_exists() -> None:
    services = YAML(typ="safe").load((DEPLOY / "compose" / "compose.yaml").read_text())["services"]
    (viewer,) = YAML(typ="safe").load_all((DEPLOY / "kubernetes" / "viewer.yaml").read_text().partition("---")[0])
    commands = {name: service["command"] for name, service in services.items() if "command" in service}
    commands["viewer of kubernetes"] = viewer["spec"]["template"]["spec"]["containers"][0]["args"]

    for command in commands.values():
        subcommands = list(takewhile(str.isidentifier, command[1:]))
        asked = subprocess.run([BIN / command[0], *subcommands, "--help"], capture_output=True, text=True, check=True)
        assert [word for word in command if word.startswith("--") and word not in asked.stdout] == []
    assert set(commands) == {"migrate", "code", "web", "daemon", "viewer", "viewer of kubernetes"}


def test_a_new_home_gets_our_settings_of_dagster_and_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))

    first = (environment.dagster_home() / "dagster.yaml").read_text()
    (tmp_path / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    second = (environment.dagster_home() / "dagster.yaml").read_text()

    assert first == (ROOT / "dagster.yaml").read_text()
    assert second == "telemetry: {enabled: false}"
    assert [path.name for path in (tmp_path / "dagster").iterdir()] == ["dagster.yaml"]
