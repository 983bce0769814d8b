"""Three accounts, one per tier, with pages as the assets publish them; and a viewer that serves them."""

import hashlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from starlette.types import ASGIApp

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.viewer.application import Places, make_application
from journeys_pipeline.viewer.catalog_source import CatalogSource
from journeys_pipeline.viewer.serving import SERVER
from journeys_pipeline.viewer.settings import Settings, settle

PUBLIC = "https://dashboards.example.com"
HOST = "dashboards.example.com"
SECRET = "a secret of the proxy's and ours"
VARIABLES = {
    "url": PUBLIC,
    "user_header": "X-Forwarded-Email",
    "groups_header": "X-Forwarded-Groups",
    "secret": SECRET,
    "trusted_proxies": "",
}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFDYWOCYXsx/YEGKrwzFq1h/QsJXCohAlanozKzQ9lRc"
ACCOUNT = """\
  - id: {id}
    name: {name}
    tiers: [{{tier: {tier}, valid_from: 2020-01-01}}]
    sub_accounts: [{{id: north, name: North}}, {{id: south, name: South}}]
    contact: Jo of {name}, jo@{id}.example
    terms:
      version: "1"
      text: Be nice to the numbers of {name}.
    readers:
      - {{user: Vera@{id}.example, roles: [viewer]}}
      - {{user: ana@{id}.example, roles: [analyze_manager]}}
      - {{user: com@{id}.example, roles: [communication_manager]}}
      - {{group: {id}-analysts, roles: [analyze_manager]}}
      - {{user: agency@all.example, roles: [viewer]}}
"""
CATALOG = (
    "accounts:\n"
    + ACCOUNT.format(id="small", name="Small", tier="start")
    + ACCOUNT.format(id="middle", name="Middle", tier="grow")
    + ACCOUNT.format(id="large", name="Large", tier="scale")
    + "    early_access: [ivr]\n"
    + f"""\
connections:
  - id: large-sftp
    account_id: large
    host: sftp.large.example
    user: journeys
    key_file: keys/large
    host_key: {HOST_KEY}
    feeds: [{{kind: events, id: events, glob: "*.ndjson"}}]
settings:
  contact: the desk, desk@host.example
  early_access: [ivr]
"""
)
MEP_ROLES = ["Analyze manager", "Communication manager"]
PAGES = {
    "index.html": {"section": "overview"},
    "index-mep.html": {"section": "overview", "roles": MEP_ROLES, "instead_of": "index.html"},
    "imports.html": {"section": "imports"},
    "mep.html": {"section": "mep", "roles": MEP_ROLES},
    "custom-spring.html": {"section": "custom"},
    "heatmap.html": {"section": "overview", "early_access": "ivr"},
}
SCRIPT = "document.title += ' drawn';"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Proxy:
    """Asks as the proxy does for whoever has logged in."""

    port: int

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer to exactly this request: nothing in the path is mended."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in ({"Host": HOST} | dict(headers)).items():
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def get(self, path: str, user: str = "", *, groups: str = "") -> Answer:
        return self.ask("GET", path, self._named(user, groups))

    def post(self, path: str, user: str, fields: Mapping[str, str | list[str]], *, origin: str = PUBLIC) -> Answer:
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
        return self.ask("POST", path, self._named(user, "") | kind, urlencode(fields, doseq=True).encode())

    def accept_terms(self, account_id: str, user: str) -> Answer:
        """What follows when somebody reads the terms and agrees."""
        return self.post(f"/{account_id}/terms", user, fields_of(self.get(f"/{account_id}/terms", user)))

    def _named(self, user: str, groups: str) -> dict[str, str]:
        return {
            "X-Journeys-Proxy-Secret": SECRET,
            "X-Forwarded-Email": user,
            "X-Forwarded-Groups": groups,
        }


def fields_of(page: Answer) -> dict[str, str]:
    """The hidden fields of a page's form."""
    hidden = [line for line in page.text.splitlines() if line.startswith('<input type="hidden"')]
    parts = [line.split('"') for line in hidden]
    return {part[3]: part[5] for part in parts}


@dataclass(frozen=True)
class Home:
    """The folder of all that is made."""

    path: Path

    @property
    def catalog(self) -> Path:
        return self.path / "journeys.yaml"

    @property
    def warehouse(self) -> Warehouse:
        return Warehouse(f"sqlite:///{self.path / 'warehouse.sqlite'}")

    def publish(self, account_id: str, html: str = "") -> None:
        """Write the account's pages and their manifest."""
        folder = self.path / "dashboards" / account_id
        folder.mkdir(parents=True, exist_ok=True)
        pages = []
        for file, about in PAGES.items():
            content = (html or page_html(account_id, file)).encode()
            (folder / file).write_bytes(content)
            sha256 = hashlib.sha256(content).hexdigest()
            pages.append({"file": file, "title": file, "sha256": sha256, "size": len(content)} | about)
        manifest = {
            "account_id": account_id,
            "account_name": account_id,
            "tier": "scale",
            "as_of": "2026-11-24T00:00:00Z",
            "pages": pages,
        }
        (folder / "pages.json").write_text(json.dumps(manifest))

    def application(self, settings: Settings | None = None) -> ASGIApp:
        settings = settings or settle(VARIABLES, "127.0.0.1", 8000)
        places = Places(CatalogSource(self.catalog), self.warehouse, self.path / "dashboards", self.path / "reports")
        return make_application(settings, places)


def page_html(account_id: str, file: str) -> str:
    return f"<!doctype html><title>{account_id} {file}</title><p>numbers</p><script>{SCRIPT}</script>"


def make_home(path: Path) -> Home:
    home = Home(path)
    home.catalog.write_text(CATALOG)
    home.warehouse.migrate()
    for account_id in ("small", "middle", "large"):
        home.publish(account_id)
    return home


@contextmanager
def served(application: ASGIApp, *, port: int = 0) -> Iterator[Proxy]:
    """The application behind a real server on loopback, while the block runs; on any port, or this one."""
    config = uvicorn.Config(application, log_level="critical", **SERVER)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield Proxy(listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)
