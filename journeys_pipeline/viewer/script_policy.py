"""The content policy of a static page: it runs the scripts that it was published with, and reaches nobody."""

import base64
import hashlib
from functools import lru_cache
from html.parser import HTMLParser

_CODE = {None, "", "text/javascript", "application/javascript", "module"}


@lru_cache(maxsize=256)
def policy_for(html: bytes) -> str:
    """The value of Content-Security-Policy for these bytes.

    No `unsafe-eval`: pages have Vega interpret its expressions. No handlers in attributes either, for their hashes are
    not taken. Styles may stand inline, because Vega sets them on what it draws.
    """
    hashes = _hashes_of_scripts(html.decode())
    scripts = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "connect-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _hashes_of_scripts(html: str) -> list[str]:
    parser = _Scripts()
    parser.feed(html)
    parser.close()
    # browsers hash what they parsed, in which every line break is a line feed
    contents = (script.replace("\r\n", "\n").replace("\r", "\n") for script in parser.scripts)
    digests = (hashlib.sha256(content.encode()).digest() for content in contents)
    return list(dict.fromkeys(base64.b64encode(digest).decode() for digest in digests))


class _Scripts(HTMLParser):
    """The inline scripts that a browser would run, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kinds = dict(attrs)
        self._is_inside = tag == "script" and kinds.get("type") in _CODE and "src" not in kinds
        if self._is_inside:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.scripts[-1] += data
