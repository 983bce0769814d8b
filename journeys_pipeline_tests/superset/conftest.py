"""A Superset for the whole session, with the bundle installed as an operator does."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from journeys_pipeline.cli import app
from journeys_pipeline_tests.superset.served import ADMIN, Served, fill, served
from journeys_pipeline_tests.viewer.world import make_home


@pytest.fixture(scope="session")
def superset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A real Superset over a real warehouse."""
    if "SUPERSET_PYTHON" not in os.environ:
        pytest.skip("a Superset takes minutes to install: make superset-test does, and runs this")
    home = make_home(tmp_path_factory.mktemp("home"))
    fill(home)
    with served(Path(os.environ["SUPERSET_PYTHON"]), home) as found:
        install(found)
        yield found


def install(superset: Served) -> None:
    """Run `journeys superset install`."""
    variables = {"JOURNEYS_HOME": str(superset.home.path), "JOURNEYS_SUPERSET_PASSWORD": ADMIN}
    command = ["superset", "install", "--url", superset.url, "--user", ADMIN]
    result = CliRunner().invoke(app, command, env=variables)
    assert result.exit_code == 0, result.output
