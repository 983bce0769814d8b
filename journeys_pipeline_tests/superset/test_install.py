"""Installing says what is wrong, and grants exactly what it should."""

import socket
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pytest
from typer.testing import CliRunner

from journeys_pipeline.adapters.superset import Permission, Superset, SupersetRefused
from journeys_pipeline.cli import app
from journeys_pipeline.superset.access import EXPLORE, EXPORT, LOOK, grant
from journeys_pipeline.superset.datasets import MEP, STANDARD
from journeys_pipeline_tests.viewer.world import CATALOG

PASSWORD = "hunter2-hunter2"
TABLES = [*STANDARD, *MEP]


class FakeSuperset(Superset):
    """Remembers what it was asked to make."""

    def __init__(self, tables: Collection[str], permissions: Collection[Permission]) -> None:
        self._tables = {table: number for number, table in enumerate(tables, start=1)}
        reads = [("datasource_access", f"[journeys].[{table}](id:{id_})") for table, id_ in self._tables.items()]
        self._known = {permission: number for number, permission in enumerate([*permissions, *reads])}
        self.roles: dict[str, set[Permission]] = {}
        self.rules: dict[str, Mapping[str, Any]] = {"journeys: gone": {}, "somebody else's": {}}

    def datasets(self, database: str) -> dict[str, int]:  # noqa: ARG002 - a fake has but one database
        return self._tables

    def permissions(self) -> dict[Permission, int]:
        return self._known

    def make_role(self, name: str, permissions: Iterable[int] | None) -> int:
        names = {id_: permission for permission, id_ in self._known.items()}
        self.roles[name] = {names[id_] for id_ in permissions or []}
        return len(self.roles)

    def make_rule(self, rule: Mapping[str, Any]) -> None:
        self.rules[rule["name"]] = rule

    def remove_rules(self, prefix: str, *, keep: Iterable[str]) -> None:
        kept = set(keep)
        self.rules = {name: rule for name, rule in self.rules.items() if not name.startswith(prefix) or name in kept}


def tables_read_by(permissions: set[Permission]) -> set[str]:
    return {view.split("[")[2].split("]")[0] for name, view in permissions if name == "datasource_access"}


@pytest.fixture
def superset() -> FakeSuperset:
    return FakeSuperset(TABLES, [*LOOK, *EXPORT, *EXPLORE, ("all_datasource_access", "all_datasource_access")])


def test_f85_each_package_may_what_it_comes_with(superset: FakeSuperset) -> None:
    grant(superset, ["acme"])

    abilities = {
        role: {each for each in permissions if each[0] != "datasource_access"}
        for role, permissions in superset.roles.items()
    }
    assert abilities == {
        "journeys_start": set(LOOK),
        "journeys_grow": {*LOOK, *EXPORT},
        "journeys_scale": {*LOOK, *EXPORT, *EXPLORE},
        "Analyze manager": set(),
        "Communication manager": set(),
        "journeys_account_acme": set(),
    }


def test_f76_mep_is_read_by_the_two_managers_alone(superset: FakeSuperset) -> None:
    grant(superset, ["acme"])

    read = {role: tables_read_by(permissions) for role, permissions in superset.roles.items()}
    assert read["journeys_start"] == read["journeys_grow"] == read["journeys_scale"] == set(STANDARD)
    assert read["Analyze manager"] == read["Communication manager"] == set(MEP)
    assert read["journeys_account_acme"] == set()


def test_rows_are_for_those_of_the_account_and_no_dataset_is_left_out(superset: FakeSuperset) -> None:
    grant(superset, ["acme", "zeta"])

    deny = superset.rules["journeys: nothing without an account"]
    allow = superset.rules["journeys: acme"]
    assert superset.rules.keys() == {deny["name"], "journeys: acme", "journeys: zeta", "somebody else's"}
    assert (deny["filter_type"], deny["clause"], len(deny["roles"])) == ("Base", "1 = 0", 2)
    assert (allow["filter_type"], allow["clause"], len(allow["roles"])) == ("Regular", "account_id = 'acme'", 1)
    assert sorted(deny["tables"]) == sorted(allow["tables"]) == list(range(1, len(TABLES) + 1))


def test_nothing_is_granted_before_the_assets_are_there() -> None:
    superset = FakeSuperset([*STANDARD], [*LOOK, *EXPORT, *EXPLORE])

    with pytest.raises(SupersetRefused, match="Import the bundle first"):
        grant(superset, ["acme"])

    assert superset.roles == {}


def test_a_permission_that_this_superset_does_not_know_is_named() -> None:
    superset = FakeSuperset(TABLES, [*LOOK, *EXPLORE])

    with pytest.raises(SupersetRefused, match="no permission can_csv on Superset"):
        grant(superset, ["acme"])


@pytest.mark.parametrize(
    ("url", "message"), [("superset.example.com", "no web address"), ("http://127.0.0.1:{port}", "does not answer")]
)
def test_a_superset_that_cannot_be_reached_is_said_without_the_password(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, url: str, message: str
) -> None:
    (tmp_path / "journeys.yaml").write_text(CATALOG)
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    monkeypatch.setenv("JOURNEYS_SUPERSET_PASSWORD", PASSWORD)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    result = CliRunner().invoke(app, ["superset", "install", "--url", url.format(port=port), "--user", "admin"])

    assert result.exit_code == 1
    assert message in result.output.replace("\n", " ")
    assert PASSWORD not in result.output
