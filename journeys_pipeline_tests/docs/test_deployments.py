"""What `deploy/` names exists: settings, and keys of Dagster's own configuration."""

import re
import shutil
from pathlib import Path

import pytest
from dagster._core.instance.config import dagster_instance_config
from ruamel.yaml import YAML

from journeys_pipeline import environment

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SETTING = re.compile(r"\b(?:JOURNEYS|DAGSTER)_[A-Z_]+\b")
OF_CELERY = {"JOURNEYS_CELERY_BROKER", "JOURNEYS_CELERY_BACKEND"}  # read by deploy/celery alone
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".pyc")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_a_deployment_sets_what_operators_can_read_about(path: Path) -> None:
    told = set(SETTING.findall((ROOT / "docs" / "operations.md").read_text()))

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
    assert YAML(typ="safe").load(path.read_text())


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
