"""A Superset's REST interface: what is needed to import assets, and to make roles and row-level rules."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

DEADLINE_S = 300
PAGE_SIZE = 100
MOST_SAID = 2000

Permission = tuple[str, str]
"""What may be done, and to what: ("can_read", "Dashboard")."""


class SupersetRefused(Exception):
    """The Superset did not do what it was asked; the message has its own words, never a password.

    `status` is that of its answer, if it gave one.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Superset:
    """A Superset that somebody has logged in to, with the right to administer it."""

    def __init__(self, url: str, user: str, password: str) -> None:
        """Log in.

        Raises:
            SupersetRefused: the address, the user or the password is wrong.
        """
        if urlsplit(url).scheme not in {"http", "https"}:
            raise SupersetRefused(f"{url} is no web address: write it like https://superset.example.com.")
        self._url = url.rstrip("/")
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))
        self._headers: dict[str, str] = {"Referer": self._url}
        login = {"username": user, "password": password, "provider": "db", "refresh": False}
        self._headers["Authorization"] = f"Bearer {self.send('POST', 'security/login', login)['access_token']}"
        self._headers["X-CSRFToken"] = self.send("GET", "security/csrf_token/")["result"]

    def import_assets(self, bundle: bytes, passwords: Mapping[str, str]) -> None:
        """Put a ZIP of assets in the place of those that have their ids.

        Args:
            bundle: The ZIP.
            passwords: Of databases, by their file in it.
        """
        boundary = uuid.uuid4().hex
        parts = [
            _part(boundary, 'name="passwords"', "application/json", json.dumps(passwords).encode()),
            _part(boundary, 'name="bundle"; filename="bundle.zip"', "application/zip", bundle),
            f"--{boundary}--\r\n".encode(),
        ]
        kind = f"multipart/form-data; boundary={boundary}"
        self.ask("POST", "assets/import/", b"".join(parts), kind)

    def permissions(self) -> dict[Permission, int]:
        """All permissions that there are, with their ids."""
        rows = self.rows("security/permissions-resources/")
        return {(row["permission"]["name"], row["view_menu"]["name"]): row["id"] for row in rows}

    def make_role(self, name: str, permissions: Iterable[int] | None) -> int:
        """The id of the role of that name, made if need be; with exactly these permissions, or those that it has."""
        known = {row["name"]: row["id"] for row in self.rows("security/roles/")}
        role = known[name] if name in known else self.send("POST", "security/roles/", {"name": name})["id"]
        if permissions is not None:
            ids = {"permission_view_menu_ids": sorted(permissions)}
            self.send("POST", f"security/roles/{role}/permissions", ids)
        return role

    def make_rule(self, rule: Mapping[str, Any]) -> None:
        """Put a row-level rule in the place of the one of its name."""
        known = {row["name"]: row["id"] for row in self.rows("rowlevelsecurity/")}
        if rule["name"] in known:
            self.send("PUT", f"rowlevelsecurity/{known[rule['name']]}", rule)
        else:
            self.send("POST", "rowlevelsecurity/", rule)

    def remove_rules(self, prefix: str, *, keep: Iterable[str]) -> None:
        """Remove the row-level rules whose names begin like this, but these."""
        kept = set(keep)
        for row in [*self.rows("rowlevelsecurity/")]:
            if row["name"].startswith(prefix) and row["name"] not in kept:
                self.send("DELETE", f"rowlevelsecurity/{row['id']}")

    def datasets(self, database: str) -> dict[str, int]:
        """The ids of a database's datasets, by table."""
        rows = self.rows("dataset/")
        return {row["table_name"]: row["id"] for row in rows if row["database"]["database_name"] == database}

    def send(self, method: str, path: str, content: Any = None) -> Any:
        """The answer to a request, both as JSON; see `ask`."""
        body = None if content is None else json.dumps(content).encode()
        return json.loads(self.ask(method, path, body, "application/json"))

    def ask(self, method: str, path: str, body: bytes | None, kind: str) -> bytes:
        """The answer to a request, as it came.

        Raises:
            SupersetRefused: it was refused, or nobody answered.
        """
        headers = self._headers | {"Accept": "application/json"} | ({} if body is None else {"Content-Type": kind})
        request = Request(f"{self._url}/api/v1/{path}", data=body, headers=headers, method=method)  # noqa: S310 - http(s) only
        try:
            with self._opener.open(request, timeout=DEADLINE_S) as response:
                return response.read()
        except HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")[:MOST_SAID]
            message = f"{method} {path.partition('?')[0]}: {error.code} {said}"
            raise SupersetRefused(message, status=error.code) from None
        except (URLError, TimeoutError) as error:
            raise SupersetRefused(f"{self._url} does not answer: {type(error).__name__}.") from None

    def rows(self, path: str) -> Iterator[Any]:
        """All rows of a list, page by page."""
        page = 0
        while True:
            query = quote(f"(page:{page},page_size:{PAGE_SIZE})")
            rows = self.send("GET", f"{path}?q={query}")["result"]
            yield from rows
            if len(rows) < PAGE_SIZE:
                return
            page += 1


def _part(boundary: str, name: str, kind: str, content: bytes) -> bytes:
    head = f"--{boundary}\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n"
    return head.encode() + content + b"\r\n"
