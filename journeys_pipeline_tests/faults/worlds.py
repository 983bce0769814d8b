"""Two small customers on a real OpenSSH server, whose files come in waves; all that each sends is remembered."""

import json
import os
import random
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from journeys_pipeline_tests.openssh import OpenSshServer

ACCOUNTS = {"acme": "acmecanary", "zeta": "zetacanary"}
"""Account to the word that all its ids, addresses and names hold, and nothing of anybody else."""

GIVEN_BACK = (".rejects.csv", ".receipt.json")
"""How the names of files end that we write to the server."""

SECRETS = {
    "JOURNEYS_SMTP_PASSWORD": "smtp-secret-4e1b",
    "JOURNEYS_DELETION_KEY": "deletion-secret-77ac",
    "ACME_PASSWORD": "sftp-secret-90d3",
}
CATALOG = """\
settings: {{month_close_grace_hours: 72, operator: operator@journeys.example}}
accounts:
{accounts}
connections:
{connections}
"""
ACCOUNT = """\
  - id: {id}
    name: {word}
    tiers: [{{tier: scale, valid_from: 2026-01-01}}]
    subscriptions: [{{plan: small, allowance: 2, price: "10", currency: EUR, valid_from: 2026-01-01}}]
    recipients: [finance@{word}.example, boss@{word}.example]
"""
CONNECTION = """\
  - id: {id}-sftp
    account_id: {id}
    host: 127.0.0.1
    port: {port}
    user: {user}
    key_file: {key_file}
    password_env: ACME_PASSWORD
    host_key: {host_key}
    folder: {folder}
    fetch_deadline_s: 20
    feeds:
      - {{kind: events, id: events, glob: "events-*", complete_when: {complete_when}}}
      - {{kind: journeys, id: journeys, glob: "journeys-*", complete_when: {complete_when}}}
      - {{kind: people, id: people, glob: "people-*", complete_when: {complete_when}, default_region: NL}}
      - kind: contacts
        id: welcome
        glob: "contacts-*"
        complete_when: {complete_when}
        journey_id: welcome
        contact_type: both
        phone_column: Phone
        email_column: E-mail
        default_region: NL
        return_rejects: true
        max_bytes: 50000000
"""


@dataclass(frozen=True)
class Sent:
    """Bytes that a customer sent, and that must count once."""

    account_id: str
    name: str
    content: bytes
    says_nothing: bool = False  # it holds no record

    @property
    def kind(self) -> str:
        """events, contacts, journeys or people, by the name."""
        return self.name.partition("-")[0]


@dataclass
class World:
    """A home, the customers' folders on the server, and what they sent."""

    root: Path
    server: OpenSshServer
    sent: list[Sent] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)  # of connections: name, or account and name, to value
    variables: dict[str, str] = field(default_factory=dict)  # of the environment

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def warehouse_url(self) -> str:
        return self.variables.get("JOURNEYS_WAREHOUSE_URL", f"sqlite:///{self.home / 'warehouse.sqlite'}")

    @property
    def environment(self) -> dict[str, str]:
        """What the product is told by variables."""
        folder = {"JOURNEYS_HOME": str(self.home), "DAGSTER_HOME": str(self.home / "dagster")}
        return folder | SECRETS | self.variables

    def folder(self, account_id: str) -> Path:
        """The customer's folder on the server."""
        return self.root / "server" / account_id

    def copy(self, root: Path) -> "World":
        """The same somewhere else."""
        shutil.copytree(self.root, root, symlinks=True, dirs_exist_ok=True)
        copied = replace(self, root=root, sent=list(self.sent), settings=dict(self.settings), variables={})
        copied.declare()
        return copied

    def declare(self, **settings: Any) -> None:
        """Write the catalog; settings of connections are `port=` for all, or `acme_port=` for one."""
        self.settings |= settings
        self.home.mkdir(parents=True, exist_ok=True)
        for account_id in ACCOUNTS:
            self.folder(account_id).mkdir(parents=True, exist_ok=True)
        text = CATALOG.format(
            accounts="".join(ACCOUNT.format(id=account_id, word=word) for account_id, word in ACCOUNTS.items()),
            connections="".join(CONNECTION.format_map(self._connection(account_id)) for account_id in ACCOUNTS),
        )
        (self.home / "journeys.yaml").write_text(text)

    def send(self, account_id: str, name: str, content: bytes, *, counts: bool = True) -> Path:
        """A file appears whole on the server; it is remembered if it is one that must count."""
        path = self.folder(account_id) / name
        unfinished = path.with_name(f".{name}.uploading")
        unfinished.write_bytes(content)
        unfinished.replace(path)
        if counts:
            self.count(account_id, name, content)
        return path

    def count(self, account_id: str, name: str, content: bytes, *, says_nothing: bool = False) -> None:
        """These bytes must count once."""
        self.sent.append(Sent(account_id, name, content, says_nothing))

    def send_wave(self, number: int, day: datetime, *, seed: int = 0) -> None:
        """Both customers send events of the days up to `day`, and contacts."""
        for account_id in ACCOUNTS:
            chance = random.Random(f"{seed} {number} {account_id}")
            self.send(account_id, f"events-{number}.ndjson", events(account_id, number, day, chance))
            self.send(account_id, f"contacts-{number}.csv", contacts(account_id, chance))

    def remember(self) -> "World":
        """The same, which knows again what lies on the server; what was given back apart."""
        for account_id in ACCOUNTS:
            for path in sorted(self.folder(account_id).iterdir()):
                if not path.name.endswith(GIVEN_BACK):
                    self.count(account_id, path.name, path.read_bytes())
        return self

    def begin(self) -> None:
        """Both customers send who they are: journeys and people."""
        for account_id in ACCOUNTS:
            self.send(account_id, "journeys-1.ndjson", journeys(account_id))
            self.send(account_id, "people-1.ndjson", people(account_id))

    def _connection(self, account_id: str) -> dict[str, Any]:
        usual = {
            "id": account_id, "port": self.server.port, "user": self.server.user, "key_file": self.server.key_file,
            "host_key": self.server.host_key, "folder": self.folder(account_id), "complete_when": "renamed",
        }  # fmt: skip
        return {name: self.settings.get(f"{account_id}_{name}", self.settings.get(name, usual[name])) for name in usual}


def journeys(account_id: str) -> bytes:
    """The one journey, whose id both customers use."""
    word = ACCOUNTS[account_id]
    return _lines([{
        "journey_id": "welcome", "version": 1, "account_id": account_id, "name": f"Welcome of {word}",
        "campaign_id": f"{word}-c1", "campaign_name": f"Spring of {word}", "status": "active",
        "valid_from": "2026-02-01T00:00:00Z", "goal": {"event_name": "order", "attribution_days": 7}, "elements": [],
    }])  # fmt: skip


def people(account_id: str) -> bytes:
    """The first five persons of the platform are known by contacts of the customer's files; two of them are one."""
    word, at = ACCOUNTS[account_id], "2026-02-02T00:00:00Z"
    profiles = [
        {"account_id": account_id, "person_id": f"{word}-p{number}", "updated_at": at, **_known(account_id, number)}
        for number in range(5)
    ]
    merge = {"account_id": account_id, "survivor_id": f"{word}-p6", "merged_id": f"{word}-p7", "merged_at": at}
    return _lines([*profiles, merge])


def _known(account_id: str, number: int) -> dict[str, str]:
    return {"phone": phone(account_id, number)} if number % 2 else {"email": email(account_id, number)}


def phone(account_id: str, number: int) -> str:
    """Valid, E.164."""
    return f"+3120624{list(ACCOUNTS).index(account_id) + 1}{number:03}"


def email(account_id: str, number: int) -> str:
    """Valid, lower case."""
    return f"person{number}@{ACCOUNTS[account_id]}.nl"


def events(account_id: str, wave: int, day: datetime, chance: random.Random, *, days: int = 3) -> bytes:
    """Events of the days up to `day`: entries, messages, exits, a duplicate, a conflict, a test, a broken line."""
    word, lines = ACCOUNTS[account_id], list[dict[str, Any]]()
    for number in range(chance.randint(8, 14)):
        person, id_ = f"{word}-p{chance.randrange(10)}", f"{word}-w{wave}-{number}"
        at = day - timedelta(days=chance.randrange(days), minutes=chance.randrange(600))
        common = {
            "event_id": id_, "occurred_at": at.astimezone(UTC).isoformat(), "account_id": account_id,
            "journey_id": "welcome", "journey_version": 1, "person_id": person,
        }  # fmt: skip
        lines += [chance.choice([
            common | {"event_type": "journey_entered", "entry_source": "event"},
            common | {"event_type": "journey_entered", "entry_source": "api", "is_test": chance.random() < 0.2},
            common | {"event_type": "message_sent", "message_id": f"{id_}-m", "channel": "sms", "price": "0.05",
                      "currency": "EUR"},
            common | {"event_type": "journey_exited", "exit_type": chance.choice(["exit_point", "end_of_path"])},
        ])]  # fmt: skip
    again, other = dict(lines[0]), lines[1] | {"occurred_at": (day - timedelta(days=1)).isoformat(), "reason": "x"}
    return _lines([*lines, again, other]) + b"no record at all\n"


def contacts(account_id: str, chance: random.Random, *, rows: int = 12) -> bytes:
    """Valid and invalid contacts in the spellings that people use, some of them twice."""
    lines = ["Name;Phone;E-mail"]
    for _ in range(rows):
        number = chance.randrange(40)
        own, mail = phone(account_id, number), email(account_id, number)
        spelled = chance.choice([own, f"0{own[3:5]} {own[5:8]} {own[8:]}", f"+31 {own[3:5]} {own[5:]}"])
        lines.append(chance.choice([
            f"Ann;{spelled};{mail}", f"Bob;{spelled};", f"Cor;;{mail.upper()}", f"Dee;{spelled};no address", "Eve;;",
            "Fay;123;nobody@", "too;many;fields;here",
        ]))  # fmt: skip
    return "\r\n".join([*lines, ""]).encode()


def _lines(records: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def age(path: Path, *, hours: float) -> None:
    """The file's time stamp lies so far back."""
    at = datetime.now(UTC).timestamp() - hours * 3600
    os.utime(path, (at, at))
