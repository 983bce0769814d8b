"""The catalog: what it accepts, and how it says what to mend."""

import base64
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from journeys_pipeline import catalog as models
from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog
from journeys_pipeline.tiers import Tier

PAGE = Path(__file__).parents[1] / "docs" / "catalog.md"
ED25519, RSA = b"ssh-ed25519", b"ssh-rsa"
SECRET = "hunter2"
EVENTS, CONTACTS = "connections[0].feeds[0]", "connections[0].feeds[1]"


def key_line(kind: bytes, *fields: bytes) -> str:
    blob = b"".join(len(field).to_bytes(4, "big") + field for field in (kind, *fields))
    return f"{kind.decode()} {base64.b64encode(blob).decode()}"


HOST_KEY = key_line(ED25519, bytes(range(32)))
GOOD = f"""\
accounts:
  - id: acme
    name: Acme
    tiers:
      - tier: grow
        valid_from: 2026-07-01
      - tier: start
        valid_from: 2026-01-01
    subscriptions:
      - plan: Plus
        allowance: 50000
        price: 0.10
        currency: EUR
        valid_from: 2026-01-01
    sub_accounts:
      - id: north
        name: North
    recipients: [ops@acme.example]
connections:
  - id: acme-sftp
    account_id: acme
    host: sftp.acme.example
    user: journeys
    key_file: keys/acme
    host_key: {HOST_KEY}
    feeds:
      - kind: events
        id: events
        glob: "*.ndjson"
      - kind: contacts
        id: newcomers
        glob: "*.csv"
        journey_id: welcome
        sub_account_id: north
        contact_type: both
        phone_column: Mobile
        email_column: E-mail
        default_region: NL
"""
SECOND_ACCOUNT = "  - id: beta\n    name: Beta\n    tiers: [{tier: scale, valid_from: 2026-01-01}]\nconnections:\n"

Load = Callable[[str | bytes], Catalog]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write_and_load(content: str | bytes) -> Catalog:
        path = tmp_path / "journeys.yaml"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_catalog(path)

    return write_and_load


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def mistakes(load: Load, content: str | bytes) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load(content)
    return str(caught.value).split("\n")


def test_a_good_catalog_is_read_whole(load: Load, tmp_path: Path) -> None:
    content = GOOD

    catalog = load(content)

    connection = catalog.connections[0]
    assert catalog.account("acme").name == "Acme"
    assert (connection.port, connection.folder, connection.host_keys) == (22, ".", [HOST_KEY])
    assert connection.key_file == tmp_path / "keys" / "acme"
    assert catalog.feed("acme-sftp", "events").kind == "events"
    assert catalog.contacts_feed("acme-sftp", "newcomers").invalid_share_warning == 0.2
    assert catalog.settings.month_close_grace_hours == 72


def test_the_documented_example_is_a_good_catalog(load: Load) -> None:
    example = PAGE.read_text().split("```yaml\n")[1].split("```")[0]

    catalog = load(example)

    assert [feed.kind for feed in catalog.connections[0].feeds] == ["events", "journeys", "people", "contacts"]
    assert catalog.contacts_feed("acme-sftp", "newcomers").delimiter == ";"


@pytest.mark.parametrize(
    "model",
    [
        *["Account", "TierPeriod", "Subscription", "SubAccount", "Reader", "Terms", "Connection"],
        *["StoreConnection", "EventsFeed", "ContactsFeed", "Settings"],
        *["DeclaredMeps", "DeclaredChannels", "DeclaredImports", "DeclaredTable", "Filter"],
    ],
)
def test_every_key_is_documented(model: str) -> None:
    documented = set(re.findall(r"^\| `(?:\w+(?:\[\])?\.)?(\w+)` \|", PAGE.read_text(), flags=re.MULTILINE))

    keys = {field.alias or name for name, field in getattr(models, model).model_fields.items()}

    assert keys <= documented


def test_f85_a_tier_holds_from_its_day_until_the_next_and_the_first_holds_before(load: Load) -> None:
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)]

    account = load(GOOD).account("acme")

    assert [account.tier_on(day) for day in days] == [Tier.START, Tier.START, Tier.START, Tier.GROW, Tier.GROW]


def test_f80_the_latest_subscription_that_began_is_in_force(load: Load) -> None:
    later = "      - {plan: Max, allowance: 9, price: 1, currency: EUR, valid_from: 2026-05-01}\n    sub_accounts:\n"

    account = load(changed("    sub_accounts:\n", later)).account("acme")

    assert account.subscription_on(date(2025, 12, 31)) is None
    plans = [getattr(account.subscription_on(date(2026, month, 1)), "plan", None) for month in (1, 4, 5, 6)]
    assert plans == ["Plus", "Plus", "Max", "Max"]


def test_f90_accounts_are_found_by_the_tier_of_the_day_in_order_of_id(load: Load) -> None:
    catalog = load(changed("connections:\n", SECOND_ACCOUNT.replace("beta", "aaron")))

    spring, autumn = date(2026, 4, 1), date(2026, 10, 1)

    assert catalog.accounts_on([Tier.START], autumn) == []
    assert catalog.accounts_on([Tier.START, Tier.SCALE], spring) == ["aaron", "acme"]
    assert catalog.accounts_on([Tier.GROW], autumn) == ["acme"]


@pytest.mark.parametrize("price", ["0.10", '"0.10"', "12345678901.123456", "0"])
def test_d18_a_price_is_as_exact_as_it_was_typed(load: Load, price: str) -> None:
    content = changed("price: 0.10", f"price: {price}")

    subscription = load(content).account("acme").subscriptions[0]

    assert str(subscription.price) == str(Decimal(price.strip('"')))


@pytest.mark.parametrize("account_id", ["0123", "1e3", "no", "2026-01-01", "0x1F"])
def test_an_id_that_looks_like_a_number_or_date_stays_what_it_is(load: Load, account_id: str) -> None:
    content = GOOD.replace("id: acme\n", f"id: {account_id}\n")

    catalog = load(content)

    assert catalog.account(account_id).id == catalog.connections[0].account_id == account_id


def test_an_absolute_key_file_stays_where_it_is(load: Load) -> None:
    content = changed("keys/acme", "/etc/keys/acme")

    catalog = load(content)

    assert catalog.connections[0].key_file == Path("/etc/keys/acme")


def test_merged_keys_are_read_like_any_other(load: Load) -> None:
    content = "anchors: &north {id: north, name: North}\n" + changed("- id: north\n        name: North", "- <<: *north")

    found = mistakes(load, content)

    known = "there are accounts, connections, reports, settings"
    assert found == [f"journeys.yaml:1: anchors: is not a key here: {known}"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Acme", "nam: Acme", ["3: accounts[0].nam: is not a key here: did you mean `name`?",
                                     "2: accounts[0].name: is missing: add it"]),
        ('*.ndjson"', '*"\n        journey: x', [f"30: {EVENTS}.journey: is not a key here"]),
        ("journey_id: welcome", "journey: welcome", [f"33: {CONTACTS}.journey: is not a key here: did you mean",
                                                     f"30: {CONTACTS}.journey_id: is missing: add it"]),
        ("kind: events", "kind: event", [f"27: {EVENTS}.kind: must be one of"]),
        ("kind: events\n        id", "id", [f"27: {EVENTS}.kind: is missing: add it; it is events"]),
        ("tier: start", "tier: gold", ["7: accounts[0].tiers[1].tier: must be one of 'start', 'grow' or 'scale'"]),
        ("2026-07-01", "2026-13-01", ["6: accounts[0].tiers[0].valid_from: must be a date that exists"]),
        ("2026-07-01", "20260701", ["6: accounts[0].tiers[0].valid_from: must be a date like 2026-01-31"]),
        ("2026-07-01", "2026-01-01", ["8: accounts[0].tiers[1].valid_from: is the same as in accounts[0].tiers[0]"]),
        ("allowance: 50000", "allowance: -1", ["11: accounts[0].subscriptions[0].allowance: must be at least 0"]),
        ("allowance: 50000", "allowance: many", ["11: accounts[0].subscriptions[0].allowance: must be a whole number"]),
        ("allowance: 50000", "allowance:", ["11: accounts[0].subscriptions[0].allowance: is empty: give it a value"]),
        ("price: 0.10", "price: -0.01", ["12: accounts[0].subscriptions[0].price: must be at least 0"]),
        ("price: 0.10", "price: .nan", ["12: accounts[0].subscriptions[0].price: must be a number"]),
        ("price: 0.10", "price: 1,50", ["12: accounts[0].subscriptions[0].price: must be a number, with a point"]),
        ("price: 0.10", "price: 0.1234567", ["12: accounts[0].subscriptions[0].price: must have at most 6 decimals"]),
        ("currency: EUR", "currency: eur", ["13: accounts[0].subscriptions[0].currency: must be an ISO 4217 code"]),
        ("id: north", "id: ../north", ["16: accounts[0].sub_accounts[0].id: must be 1 to 64 letters",
                                       f"34: {CONTACTS}.sub_account_id: is not the id of a sub"]),
        ("[ops@acme.example]", "[a@b.nl, ops]", ["18: accounts[0].recipients[1]: must be one plain e-mail address"]),
        ("[ops@acme.example]", '["a@b.nl\\nBcc: x@y.nl"]', ["18: accounts[0].recipients[0]: must be one plain"]),
        ("[ops@acme.example]", '["=?utf-8?q?=0A?=@b.nl"]', ["18: accounts[0].recipients[0]: must be one plain"]),
        ("[ops@acme.example]", "ops@acme.example", ["18: accounts[0].recipients: must be a list"]),
        ("account_id: acme", "account_id: acne", ["21: connections[0].account_id: is not the id of an account"]),
        ("user: journeys", "user: journeys\n    port: 0", ["24: connections[0].port: must be at least 1"]),
        ("user: journeys", "user: journeys\n    port: 65536", ["24: connections[0].port: must be at most 65535"]),
        ("user: journeys", 'user: " "', ["23: connections[0].user: is blank"]),
        ("    key_file: keys/acme\n", "", ["20: connections[0]: has no way to log in"]),
        ("id: newcomers", "id: events", [f"31: {CONTACTS}.id: is the same as in connections[0].feeds[0]"]),
        ('glob: "*.csv"', 'glob: "in/*.csv"', [f"32: {CONTACTS}.glob: must be a pattern of file names"]),
        ("sub_account_id: north", "sub_account_id: south", [f"34: {CONTACTS}.sub_account_id: is not the id of a sub"]),
        ("contact_type: both", "contact_type: fax", [f"35: {CONTACTS}.contact_type: must be one of 'phone', 'email'"]),
        ("default_region: NL", "default_region: UK", [f"38: {CONTACTS}.default_region: must be a country"]),
        ("default_region: NL", "encoding: base64", [f"38: {CONTACTS}.encoding: must be a text encoding"]),
        ("default_region: NL", "encoding: utf-9", [f"38: {CONTACTS}.encoding: must be a text encoding"]),
        ("default_region: NL", "delimiter: '||'", [f"38: {CONTACTS}.delimiter: must be one character"]),
        ("default_region: NL", "invalid_share_warning: 20", [f"38: {CONTACTS}.invalid_share_warning: must be at most"]),
        ("    feeds:\n", "    feeds: []\n    folders:\n", ["26: connections[0].feeds: is empty: add at least one",
                                                           "27: connections[0].folders: is not a key here: did you"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_to_do(load: Load, old: str, new: str, expected: list[str]) -> None:
    content = changed(old, new)

    found = mistakes(load, content)

    assert len(found) == len(expected)
    for message in expected:
        assert [line for line in found if line.startswith(f"journeys.yaml:{message}")], found


@pytest.mark.parametrize(
    ("contact_type", "given", "missing"),
    [
        ("phone", "email_column", ["phone_column"]),
        ("email", "phone_column", ["email_column"]),
        ("both", "phone_column", ["email_column"]),
        ("both", "email_column", ["phone_column"]),
        ("both", "delimiter", ["email_column", "phone_column"]),
        ("phone", "phone_column", []),
        ("email", "email_column", []),
    ],
)
def test_a_contact_type_needs_its_columns(load: Load, contact_type: str, given: str, missing: list[str]) -> None:
    columns = "contact_type: both\n        phone_column: Mobile\n        email_column: E-mail"
    content = changed(columns, f"contact_type: {contact_type}\n        {given}: X")

    try:
        load(content)
        found = []
    except CatalogError as error:
        found = [mistake.where for mistake in error.mistakes]

    assert found == [f"connections[0].feeds[1].{column}" for column in missing]


@pytest.mark.parametrize(
    ("host_key", "is_good"),
    [
        (HOST_KEY, True),
        (HOST_KEY + " root@server", True),
        (key_line(RSA, b"\1\0\1", bytes(256)), True),
        (key_line(ED25519), False),
        (HOST_KEY[:-4], False),
        (HOST_KEY[:-2] + "!!", False),
        ("ssh-ed25519", False),
        (HOST_KEY.replace("ssh-ed25519", "ssh-rsa"), False),
        ("sftp.acme.example " + HOST_KEY, False),
        ("SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", False),
        ("ssh-ed25519 é", False),
    ],
)
def test_a_host_key_is_a_whole_public_key_whose_two_types_agree(load: Load, host_key: str, *, is_good: bool) -> None:
    content = changed(HOST_KEY, host_key)

    found = [] if is_good else mistakes(load, content)

    assert [line.split(" must")[0] for line in found] == ["journeys.yaml:25: connections[0].host_key:"] * (not is_good)
    assert is_good is False or load(content).connections[0].host_keys == [host_key]


def test_all_mistakes_come_at_once_in_line_order(load: Load) -> None:
    content = changed("name: Acme", "nmae: Acme").replace("EUR", "euro").replace("account_id: acme", "account_id: x")
    content = content.replace("id: newcomers", "id: events") + "settings: {month_close_grace_hours: -1}\n"

    with pytest.raises(CatalogError) as caught:
        load(content)

    assert [(mistake.line, mistake.where) for mistake in caught.value.mistakes] == [
        (2, "accounts[0].name"),
        (3, "accounts[0].nmae"),
        (13, "accounts[0].subscriptions[0].currency"),
        (21, "connections[0].account_id"),
        (31, "connections[0].feeds[1].id"),
        (39, "settings.month_close_grace_hours"),
    ]


@pytest.mark.parametrize("where", ["accounts", "connections"])
def test_ids_of_accounts_and_of_connections_are_unique(load: Load, where: str) -> None:
    accounts, connections = GOOD.removeprefix("accounts:\n").split("connections:\n")
    extra = {"accounts": accounts, "connections": connections}
    content = GOOD.replace(f"{where}:\n", f"{where}:\n{extra[where]}", 1)

    found = mistakes(load, content)

    assert len(found) == 1
    assert f" {where}[1].id: is the same as in {where}[0]: give each its own" in found[0]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "1: the file: is empty: add `accounts` and `connections`"),
        ("# nothing\n", "1: the file: is empty"),
        ("- acme\n", "1: the file: must be a mapping"),
        ("acme", "1: the file: must be a mapping"),
        ("accounts: [\nconnections: }\n", "2: YAML: is not valid YAML"),
        ("accounts: []\nsettings: {}\naccounts: []\n", "3: YAML: `accounts` stands twice: remove one"),
        ("accounts:\n  - glob: *.csv\n", "2: YAML: a value that begins with `*` must be in quotes"),
        ("accounts: []\n---\naccounts: []\n", "2: YAML: a second document begins"),
        ("accounts:\n\tid: x\n", "2: YAML: is not valid YAML"),
        ("accounts: []\nname: a\x07b\n", "2: YAML: a control character"),
        (b"accounts: []\nname: caf\xe9\n", "2: the file: is not UTF-8"),
        ("&a [*a]\n", "1: the file: is nested too deeply"),
        ("[" * 5000, "1: the file: is nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_read_as_yaml_says_where(load: Load, content: str | bytes, expected: str) -> None:
    broken = content

    found = mistakes(load, broken)

    assert len(found) == 1
    assert found[0].startswith(f"journeys.yaml:{expected}")


def test_a_missing_file_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"

    with pytest.raises(CatalogError) as caught:
        load_catalog(path)

    assert str(caught.value) == (
        f"nowhere.yaml:1: the file: cannot be read: No such file or directory; is {path} the right place?"
    )


def test_a_mapping_where_a_list_belongs_is_one_mistake(load: Load) -> None:
    content = re.sub(
        r"    sub_accounts:\n      - id: north\n        name: North\n", "    sub_accounts: {id: north}\n", GOOD
    )

    found = mistakes(load, content.replace("        sub_account_id: north\n", ""))

    assert found == ["journeys.yaml:15: accounts[0].sub_accounts: must be a list: lines that begin with `- `"]


@pytest.mark.parametrize(
    "given",
    [
        f"password_env: {SECRET}",
        f"password: {SECRET}",
        f"password_env: [{SECRET}]",
        f"password_env: *{SECRET}",
        f"password_env: '{SECRET}",
        f"password_env: A\n    password_env: {SECRET}",
        f'key_file: "-----BEGIN KEY-----\\n{SECRET}"',
        f"host_key: {SECRET}",
        f"port: {SECRET}",
    ],
)
def test_a_password_in_the_file_is_refused_and_never_repeated(load: Load, given: str) -> None:
    content = changed("    key_file: keys/acme\n", f"    {given}\n")

    with pytest.raises(CatalogError) as caught:
        load(content)

    assert caught.value.mistakes
    assert SECRET not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_password_in_place_of_a_variables_name_is_told_where_it_does_not_belong(load: Load) -> None:
    content = changed("key_file: keys/acme", f"password_env: {SECRET}")

    found = mistakes(load, content)

    assert len(found) == 1
    assert found[0].startswith("journeys.yaml:24: connections[0].password_env: must be the NAME of an environment var")
    assert found[0].endswith("the password itself does not belong in this file")


def test_the_catalog_cannot_be_changed_once_read(load: Load) -> None:
    account = load(GOOD).account("acme")

    with pytest.raises(ValueError, match="frozen"):
        account.name = "Other"

    assert account.name == "Acme"


@pytest.mark.parametrize(("connection_id", "feed_id"), [("acme-sftp", "gone"), ("gone", "events")])
def test_asking_for_what_is_not_there_names_it(load: Load, connection_id: str, feed_id: str) -> None:
    catalog = load(GOOD)

    with pytest.raises(KeyError, match="gone"):
        catalog.feed(connection_id, feed_id)
    with pytest.raises(KeyError, match="holds events, not contacts"):
        catalog.contacts_feed("acme-sftp", "events")
    with pytest.raises(KeyError, match="No account beta; there are acme"):
        catalog.account("beta")


def test_importing_the_catalog_brings_in_neither_yaml_nor_phone_metadata() -> None:
    program = textwrap.dedent("""
        import sys
        import journeys_pipeline.catalog
        print(sorted({"ruamel.yaml", "phonenumbers", "paramiko", "dagster", "polars"} & set(sys.modules)))
    """)

    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert answer.stdout.strip() == "[]"
