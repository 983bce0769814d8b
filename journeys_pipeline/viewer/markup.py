"""The viewer's own few pages: plain HTML without scripts, whose style is the only one that the browser may apply."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

_STYLE = (files("journeys_pipeline.viewer") / "templates" / "style.css").read_text("utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
OWN_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_ENVIRONMENT = Environment(
    loader=PackageLoader("journeys_pipeline.viewer"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(template: str, /, *, status: int = 200, **values: Any) -> HTMLResponse:
    """One of our own pages, every value escaped."""
    html = _ENVIRONMENT.get_template(f"{template}.html.j2").render(style=_STYLE, **values)
    return HTMLResponse(html, status_code=status)
