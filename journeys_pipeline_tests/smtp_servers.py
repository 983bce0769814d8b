"""SMTP servers on loopback that fail as they are told, for tests."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller

Trouble = Callable[[Any], Awaitable[str]]


def answers(reply: str) -> Trouble:
    """The server says this."""

    async def trouble(_server: Any) -> str:
        return reply

    return trouble


async def hangs_up(server: Any) -> str:
    """The server breaks the connection off."""
    server.transport.abort()
    return "250 OK"


async def stalls(_server: Any) -> str:
    """The server says nothing, for longer than anybody waits."""
    await asyncio.sleep(90)
    return "250 OK"


@dataclass
class TroubledInbox:
    """Keeps what the server takes; at a verb it has the trouble that it was given."""

    troubles: dict[str, Trouble] = field(default_factory=dict)
    taken: list[Any] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [await self.troubles["EHLO"](server)] if "EHLO" in self.troubles else responses

    async def handle_HELO(self, server: Any, session: Any, _envelope: Any, hostname: str) -> str:  # noqa: N802 - likewise
        session.host_name = hostname
        return await self._meet("EHLO", server)

    async def handle_MAIL(self, server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - likewise
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._meet("MAIL", server)

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - likewise
        reply = await self._meet("RCPT", server)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - likewise
        self.taken.append(envelope)
        reply = await self._meet("DATA", server)
        if not reply.startswith("250"):
            self.taken.remove(envelope)
        return reply

    async def _meet(self, verb: str, server: Any) -> str:
        return await self.troubles[verb](server) if verb in self.troubles else "250 OK"


class AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(inbox: Any, **options: Any) -> Iterator[int]:
    """The port of a running SMTP server."""
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
