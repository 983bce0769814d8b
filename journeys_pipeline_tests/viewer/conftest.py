"""A viewer of the three accounts, served on loopback."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from journeys_pipeline_tests.viewer.world import Home, Proxy, make_home, served


@pytest.fixture(scope="session")
def fresh_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home folder to copy: migrating a database takes longer than most tests."""
    return make_home(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def home(fresh_home: Home, tmp_path: Path) -> Home:
    """A home folder of this test's own."""
    shutil.copytree(fresh_home.path, tmp_path, dirs_exist_ok=True)
    return Home(tmp_path)


@pytest.fixture
def proxy(home: Home) -> Iterator[Proxy]:
    """What stands between readers and a viewer of this test's own."""
    with served(home.application()) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def readers(fresh_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The same for a whole module, where all readers have accepted all terms."""
    home = Home(tmp_path_factory.mktemp("home"))
    shutil.copytree(fresh_home.path, home.path, dirs_exist_ok=True)
    with served(home.application()) as proxy:
        for account_id in ("small", "middle", "large"):
            for user in ("vera", "ana", "com"):
                proxy.accept_terms(account_id, f"{user}@{account_id}.example")
            proxy.accept_terms(account_id, "agency@all.example")
        yield proxy
