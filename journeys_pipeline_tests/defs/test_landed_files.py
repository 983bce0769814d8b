"""The asset fetches every customer's connection, whatever becomes of another's."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from journeys_pipeline.adapters.fetching.visit import Visit
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.assets.landed_files import landed_files
from journeys_pipeline.defs.partitions import AS_OF_TAG
from journeys_pipeline.defs.resources import CatalogFile, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.landed_files import LandedFiles

SECRET = "hunter2"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
ACCOUNT = "  - {{id: {name}, name: {name}, tiers: [{{tier: grow, valid_from: 2026-01-01}}]}}\n"
CONNECTION = """\
  - id: {name}-sftp
    account_id: {name}
    host: {host}
    port: {port}
    user: {user}
    {login}
    host_key: {host_key}
    feeds: [{{kind: events, id: events, glob: "*.ndjson", complete_when: renamed}}]
"""
CUSTOMERS = ["changed", "faulty", "good", "keyless"]
AS_OF = "2026-03-20T12:00:00+00:00"


@pytest.fixture
def resources(openssh_server: Any, tmp_path: Path) -> dict[str, Any]:
    """Four customers on one server: one whose host key changed, one without its password, two that can log in."""
    (openssh_server.folder / "events.ndjson").write_text("{}")
    usual = {name: getattr(openssh_server, name) for name in ("host", "port", "user", "host_key")}
    usual["login"] = f"key_file: {openssh_server.key_file}"
    special = {"changed": {"host_key": OTHER_KEY}, "keyless": {"login": "password_env: JOURNEYS_TEST_NO_PASSWORD"}}
    connections = [CONNECTION.format(**usual | {"name": name} | special.get(name, {})) for name in CUSTOMERS]
    catalog = tmp_path / "journeys.yaml"
    accounts = [ACCOUNT.format(name=name) for name in CUSTOMERS]
    catalog.write_text("".join(["accounts:\n", *accounts, "connections:\n", *connections]))
    return {
        "catalog_file": CatalogFile(path=str(catalog)),
        "landing_folder": LandingFolder(folder=str(tmp_path / "landing")),
        "warehouse_database": WarehouseDatabase(url=f"sqlite:///{tmp_path / 'warehouse.sqlite'}"),
    }


@pytest.fixture
def a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Visit.run

    def stumble(visit: Any, **given: Any) -> None:
        if visit._connection.id == "faulty-sftp":  # noqa: SLF001 - to fail for one customer only
            raise RuntimeError(SECRET)
        run(visit, **given)

    monkeypatch.setattr(Visit, "run", stumble)


@pytest.mark.usefixtures("a_fault_of_ours")
def test_f41_a_customers_failure_is_a_row_and_stops_nobody_elses_fetch(
    resources: dict[str, Any], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    result = dg.materialize([landed_files], resources=resources, tags={AS_OF_TAG: AS_OF}, raise_on_error=False)

    rows = Warehouse(f"sqlite:///{tmp_path / 'warehouse.sqlite'}").read(LandedFiles).sort("account_id")
    assert result.success
    assert rows.select("account_id", "status").rows() == [
        ("changed", "connection_error"),
        ("faulty", "connection_error"),
        ("good", "landed"),
        ("keyless", "connection_error"),
    ]
    changed, faulty, _, keyless = rows["error"].to_list()
    assert "host key" in changed
    assert faulty == "The fetch failed inside this program (RuntimeError); its log says where."
    assert "JOURNEYS_TEST_NO_PASSWORD" in keyless
    assert SECRET not in "".join(capfd.readouterr())


def test_the_materialisation_tells_what_came(resources: dict[str, Any]) -> None:
    result = dg.materialize([landed_files], resources=resources, tags={AS_OF_TAG: AS_OF})

    [materialization] = result.asset_materializations_for_node("landed_files")
    told = materialization.metadata
    assert told["dagster/row_count"].value == told["new files"].value == 4
    assert "| landed | 2 |" in told["by status"].value
    assert "keyless-sftp" in told["troubles"].value
