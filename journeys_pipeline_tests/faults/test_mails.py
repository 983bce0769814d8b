"""Whatever a mail server does, each recipient gets a report once, or an operator is told that it is in doubt."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from journeys_pipeline.schemas.reports import FAILED, REFUSED, SENT, UNKNOWN, MailOutbox
from journeys_pipeline_tests.faults.driving import Driver
from journeys_pipeline_tests.faults.invariants import Invariants, as_of, noted
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, World
from journeys_pipeline_tests.smtp_servers import Trouble, TroubledInbox, answers, hangs_up, serving, stalls

FAULT, NEXT = as_of("2026-03-10T12:00"), as_of("2026-03-11T12:00")
SENDING = ("mail", "send")


@dataclass
class Inbox(TroubledInbox):
    """Keeps the bytes of what it took, also of what it took before it broke off."""

    mails: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        reply = await super().handle_DATA(server, session, envelope)
        if envelope in self.taken:
            self.mails.append(envelope.content)
        return reply


@contextmanager
def delivering(world: World, verb: str, trouble: Trouble) -> Iterator[Inbox]:
    """A mail server that has this trouble; mails from before lie in the outbox folder."""
    before = [path.read_bytes() for path in (world.home / "outbox").glob("*.eml")]
    inbox = Inbox({verb: trouble}, mails=before)
    with serving(inbox) as port:
        world.variables |= {
            "JOURNEYS_SMTP_HOST": "127.0.0.1", "JOURNEYS_SMTP_PORT": str(port), "JOURNEYS_SMTP_SECURITY": "none",
        }  # fmt: skip
        yield inbox


def one_in_two() -> Trouble:
    """Every second recipient is not there."""
    asked: list[None] = []

    async def trouble(_server: Any) -> str:
        asked.append(None)
        return "550 no such user" if len(asked) % 2 else "250 OK"

    return trouble


@pytest.mark.parametrize(
    ("verb", "trouble", "state"),
    [
        ("DATA", answers("451 not now"), FAILED),
        pytest.param("RCPT", answers("450 not now"), FAILED, marks=pytest.mark.thorough),
        pytest.param("EHLO", answers("421 closing"), FAILED, marks=pytest.mark.thorough),
        pytest.param("MAIL", hangs_up, FAILED, marks=pytest.mark.thorough),
        pytest.param("DATA", answers("554 never"), REFUSED, marks=pytest.mark.thorough),
        pytest.param("RCPT", one_in_two(), REFUSED, marks=pytest.mark.thorough),
        pytest.param("DATA", hangs_up, UNKNOWN, marks=pytest.mark.thorough),
        pytest.param("DATA", stalls, UNKNOWN, marks=pytest.mark.thorough),
    ],
    ids=["451", "450 for recipients", "421", "drop before", "554", "partial", "drop after accept", "stall"],
)
def test_mail_server(world: World, driver: Driver, held: Any, verb: str, trouble: Trouble, state: str) -> None:
    reports = [
        ("report", "--account", account_id, "--kind", "channels", "--month", "2026-03", "--format", "csv",
         "--as-of", FAULT.isoformat())
        for account_id in ACCOUNTS
    ]  # fmt: skip

    with delivering(world, verb, trouble) as inbox:
        troubled = driver.tick(world, FAULT, [*reports, SENDING])
        after = {found for (found,) in noted(world, MailOutbox, "state")}
        inbox.troubles.clear()
        healed = driver.tick(world, NEXT, [SENDING], clock_h=1)

    states = {found for (found,) in noted(world, MailOutbox, "state")}
    assert (troubled.code, healed.code) == (0, 0), troubled.said + healed.said
    assert after == {SENT, state}
    assert states == ({SENT} if state == FAILED else {SENT, state})
    held(Invariants.before(world, mailed=inbox.mails).hold())
