"""What holds for every answer and every form: headers, and where a form may come from."""

from collections.abc import Collection

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from journeys_pipeline.viewer import refusals
from journeys_pipeline.viewer.markup import OWN_POLICY

_ALWAYS = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # not no-referrer: browsers would then send our own forms with `Origin: null`
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Puts the security headers on every answer, errors included; keeps a page's own policy for content."""

    def __init__(self, app: ASGIApp, *, vary: Collection[str]) -> None:
        self._app = app
        self._headers = _ALWAYS | {"Vary": ", ".join(["Cookie", *vary])}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with headers."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers.setdefault("Content-Security-Policy", OWN_POLICY)
            await send(message)

        await self._app(scope, receive, send_guarded)


def refuse_foreign(request: Request, origins: Collection[str]) -> None:
    """Take a form from our own pages only: browsers name the page's origin with each.

    Raises:
        Refusal: it comes from elsewhere, or from nowhere.
    """
    named = request.headers.getlist("Origin")
    if len(named) != 1 or named[0].lower() not in origins:
        raise refusals.foreign_form()
