"""The catalog says who reads an account's dashboards, under which terms, and whom to ask (F76, F91-F93, F101)."""

from collections.abc import Callable
from pathlib import Path

import pytest

from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog
from journeys_pipeline.roles import Role
from journeys_pipeline_tests.viewer.world import HOST_KEY

HEAD = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: grow, valid_from: 2026-01-01}]
"""
TAIL = f"""\
connections:
  - id: acme-sftp
    account_id: acme
    host: sftp.acme.example
    user: journeys
    key_file: keys/acme
    host_key: {HOST_KEY}
    feeds: [{{kind: events, id: events, glob: "*.ndjson"}}]
"""
READERS = """\
    readers:
      - {user: Ann@acme.example, roles: [viewer]}
      - {group: acme analysts, roles: [analyze_manager, communication_manager]}
"""

Load = Callable[[str], Catalog]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write_and_load(of_account: str, settings: str = "") -> Catalog:
        path = tmp_path / "journeys.yaml"
        path.write_text(HEAD + of_account + TAIL + settings)
        return load_catalog(path)

    return write_and_load


@pytest.mark.parametrize(
    ("user", "groups", "roles"),
    [
        ("ann@acme.example", [], {Role.VIEWER}),
        ("ANN@ACME.EXAMPLE", [], {Role.VIEWER}),
        ("ann@acme.example", ["acme analysts"], set(Role)),
        ("ben@acme.example", ["x", "acme analysts"], {Role.ANALYZE_MANAGER, Role.COMMUNICATION_MANAGER}),
        ("ben@acme.example", ["Acme Analysts", "acme", ""], set()),
        ("acme analysts", [], set()),
        ("", ["ann@acme.example"], set()),
    ],
)
def test_f76_a_users_roles_are_their_own_and_those_of_their_groups(
    load: Load, user: str, groups: list[str], roles: set[Role]
) -> None:
    account = load(READERS).account("acme")

    assert account.roles_of(user, groups) == roles


def test_nobody_reads_an_account_that_names_no_readers(load: Load) -> None:
    account = load("").account("acme")

    assert account.roles_of("ann@acme.example", ["acme analysts"]) == frozenset()


def test_f101_whom_to_ask_is_the_accounts_contact_else_everybodys(load: Load) -> None:
    of_account = load("    contact: Jo, jo@acme.example\n")
    of_all = load("", "settings: {contact: the desk}\n")
    of_nobody = load("")

    asked = [catalog.contact_of(catalog.account("acme")) for catalog in (of_account, of_all, of_nobody)]

    assert asked == ["Jo, jo@acme.example", "the desk", "whoever runs these dashboards"]


def test_f92_terms_are_the_accounts_else_those_of_all(load: Load) -> None:
    text = '    terms: {version: "1", text: "a\\nb\\n"}\n'
    general = "settings: {terms: {version: general, text: c}}\n"

    found = [
        catalog.terms_of(catalog.account("acme")) for catalog in (load(text, general), load("", general), load(""))
    ]

    assert [terms and (terms.version, terms.text) for terms in found] == [("1", "a\nb\n"), ("general", "c"), None]


@pytest.mark.parametrize(
    ("of_account", "mistake"),
    [
        ("    readers: [{roles: [viewer]}]\n", "5: accounts[0].readers[0]: names nobody"),
        ("    readers: [{user: a, group: b, roles: [viewer]}]\n", "5: accounts[0].readers[0].group: is for a reader"),
        ("    readers: [{user: a}]\n", "5: accounts[0].readers[0].roles: is missing"),
        ("    readers: [{user: a, roles: []}]\n", "5: accounts[0].readers[0].roles: is empty"),
        ("    readers: [{user: a, roles: [king]}]\n", "5: accounts[0].readers[0].roles[0]: must be one of"),
        ("    readers: [{user: a b, roles: [viewer]}]\n", "5: accounts[0].readers[0].user: must be the user"),
        ("    readers: [{user: ä, roles: [viewer]}]\n", "5: accounts[0].readers[0].user: must be the user"),
        ('    readers: [{group: "a,b", roles: [viewer]}]\n', "5: accounts[0].readers[0].group: must be one group"),
        ("    readers: [{user: a, role: viewer}]\n", "5: accounts[0].readers[0].role: is not a key here: did you mean"),
        (
            "    readers:\n      - {user: a, roles: [viewer]}\n      - {user: a, roles: [viewer]}\n",
            "7: accounts[0].readers[1].user: is the same as",
        ),
        ("    terms: {version: 1}\n", "5: accounts[0].terms.text: is missing"),
        ('    terms: {version: 1, text: "  "}\n', "5: accounts[0].terms.text: is blank"),
        ('    terms: {version: 1, text: "a\\x07"}\n', "5: accounts[0].terms.text: must be without control"),
        ("    terms: {version: 1, txt: a}\n", "5: accounts[0].terms.txt: is not a key here: did you mean `text`"),
        ("    early_access: heatmap\n", "5: accounts[0].early_access: must be a list"),
    ],
)
def test_a_mistake_is_said_with_its_line(load: Load, of_account: str, mistake: str) -> None:
    with pytest.raises(CatalogError) as caught:
        load(of_account)

    assert f"journeys.yaml:{mistake}" in str(caught.value)
