"""Each recipient gets a report once, whatever fails, is retried or is killed (F35, F71)."""

import email
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.adapters.outbox import LONGEST_ATTEMPT, Outbox
from journeys_pipeline_tests import dying_mail
from journeys_pipeline_tests.mailing_worlds import MailingWorld
from journeys_pipeline_tests.smtp_servers import TroubledInbox, answers, hangs_up, serving

ANN, BOB = "ann@acme.example", "bob@acme.example"


@pytest.fixture
def inbox() -> TroubledInbox:
    return TroubledInbox()


@pytest.fixture
def world(inbox: TroubledInbox, tmp_path: Path) -> Iterator[MailingWorld]:
    with serving(inbox) as port:
        yield MailingWorld(tmp_path, port)


def mails(inbox: TroubledInbox) -> list[EmailMessage]:
    return [email.message_from_bytes(envelope.content, policy=default) for envelope in inbox.taken]  # type: ignore[misc]


def text_of(inbox: TroubledInbox) -> str:
    [mail] = mails(inbox)
    body = mail.get_body()
    assert body is not None
    return body.get_content()


def later(by: timedelta) -> dict[str, Any]:
    return {"clock": lambda: datetime.now(UTC) + by}


@pytest.mark.usefixtures("each_database")
def test_each_recipient_gets_a_mail_of_their_own_once(world: MailingWorld, inbox: TroubledInbox) -> None:
    world.make(ANN, BOB)

    sent = world.send()
    again = world.send()

    assert (sent, again) == ({"sent": 2}, {})
    assert sorted(envelope.rcpt_tos for envelope in inbox.taken) == [[ANN], [BOB]]
    assert [mail["To"] for mail in mails(inbox)] == [envelope.rcpt_tos[0] for envelope in inbox.taken]


@pytest.mark.usefixtures("each_database")
def test_one_refused_recipient_is_recorded_and_the_other_gets_the_mail(
    world: MailingWorld, inbox: TroubledInbox
) -> None:
    inbox.troubles["RCPT"] = answers("550 no such user")
    world.make(ANN)
    refused = world.send()
    inbox.troubles.clear()
    world.make(ANN, BOB)

    sent = world.send()

    assert (refused, sent) == ({"refused": 1}, {"sent": 1})
    assert world.states("attempts") == [(ANN, "refused", 1), (BOB, "sent", 1)]


@pytest.mark.usefixtures("each_database")
def test_a_server_that_does_not_take_it_now_gets_it_when_it_is_due_again(
    world: MailingWorld, inbox: TroubledInbox
) -> None:
    world.make(ANN)
    inbox.troubles["RCPT"] = answers("450 greylisted")

    first, too_early = world.send(), world.send()
    inbox.troubles.clear()
    in_time = world.send(**later(timedelta(minutes=6)))

    assert (first, too_early, in_time) == ({"failed": 1}, {}, {"sent": 1})
    assert len(inbox.taken) == 1


@pytest.mark.usefixtures("each_database")
def test_a_connection_lost_after_the_mail_was_taken_sends_no_second_one(
    world: MailingWorld, inbox: TroubledInbox
) -> None:
    world.make(ANN)
    inbox.troubles["DATA"] = hangs_up

    first = world.send()
    inbox.troubles.clear()
    again = world.send(**later(timedelta(days=30)))

    assert (first, again) == ({"unknown": 1}, {})
    assert len(inbox.taken) == 1


@pytest.mark.usefixtures("each_database")
def test_killed_between_the_servers_acceptance_and_our_commit_the_mail_is_not_sent_again_by_itself(
    world: MailingWorld, inbox: TroubledInbox
) -> None:
    async def kill_the_sender(_server: Any) -> str:
        os.kill(sender.pid, signal.SIGKILL)
        return "250 OK"

    world.make(ANN)
    inbox.troubles["DATA"] = kill_the_sender
    command = [sys.executable, dying_mail.__file__, str(world.home), str(world.port)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as sender:
        sender.wait(60)
    inbox.troubles.clear()

    found = world.states()
    meanwhile = world.send()
    given_up = world.send(**later(LONGEST_ATTEMPT))
    Outbox(world.warehouse).send_again("r1")
    asked_for = world.send()

    assert sender.returncode == -signal.SIGKILL
    assert found == [(ANN, "sending")]
    assert (meanwhile, given_up, asked_for) == ({}, {"unknown": 1}, {"sent": 1})
    first, second = (mail["Message-ID"] for mail in mails(inbox))
    assert first == second


def test_who_is_no_recipient_of_the_account_any_more_gets_nothing(world: MailingWorld, inbox: TroubledInbox) -> None:
    world.make(ANN, "eve@acme.example")

    sent = world.send()

    assert sent == {"sent": 1, "refused": 1}
    assert [envelope.rcpt_tos for envelope in inbox.taken] == [[ANN]]
    assert "any more" in world.states("last_error")[1][2]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ({"is_provisional": True}, "provisional: the month is still open"),
        ({"is_provisional": False}, "closed: the month is final"),
    ],
)
def test_a_mail_says_period_rows_and_whether_they_may_still_change(
    world: MailingWorld, inbox: TroubledInbox, state: dict[str, Any], says: str
) -> None:
    world.make(ANN, **state, row_count=1234, sub_accounts="north,south")

    world.send()

    [mail] = mails(inbox)
    assert mail["Subject"] == "Bill: acme, 2026-10"
    assert text_of(inbox).splitlines() == [
        "Bill (MEP consumption), a report for account acme.",
        f"Period: 2026-10 (UTC), {says}.",
        "Sub-accounts: north, south.",
        "Rows: 1,234, one per monthly engaged person.",
    ]


@pytest.mark.parametrize(("asked", "made", "times"), [("xlsx", "csv", 1), ("csv", "csv", 0), ("xlsx", "xlsx", 0)])
def test_a_mail_says_why_it_brings_csv_when_xlsx_was_asked_for_f71(
    world: MailingWorld, inbox: TroubledInbox, asked: str, made: str, times: int
) -> None:
    world.make(ANN, row_count=10_001, format=made, parameters=f'{{"format": "{asked}"}}')

    world.send()

    reason = "It comes as .csv, not as .xlsx, because it has more than 10,000 rows."
    assert text_of(inbox).splitlines().count(reason) == times


def test_a_file_that_is_too_large_to_mail_becomes_a_note_with_path_and_hash(
    world: MailingWorld, inbox: TroubledInbox
) -> None:
    content = b"x" * (1024 * 1024 + 1)
    world.make(ANN, content=content)

    world.send()

    [mail] = mails(inbox)
    assert list(mail.iter_attachments()) == []
    assert text_of(inbox).splitlines()[-3:] == [
        "The file is too large to be sent by mail. It lies in the reports folder:",
        "Path: acme/r1.csv",
        f"SHA-256: {hashlib.sha256(content).hexdigest()}",
    ]


def test_a_file_of_just_the_limit_is_attached(world: MailingWorld, inbox: TroubledInbox) -> None:
    content = b"x" * 1024 * 1024
    world.make(ANN, content=content)

    world.send()

    [attachment] = mails(inbox)[0].iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type()) == ("r1.csv", "text/csv")
    assert attachment.get_payload(decode=True) == content


@pytest.mark.parametrize("content", [None, b"changed"], ids=["gone", "changed"])
def test_a_file_that_is_not_as_it_was_made_is_not_mailed(
    world: MailingWorld, inbox: TroubledInbox, content: bytes | None
) -> None:
    world.make(ANN)
    path = world.home / "reports" / "acme" / "r1.csv"
    path.unlink() if content is None else path.write_bytes(content)

    sent = world.send()

    assert (sent, inbox.taken) == ({"failed": 1}, [])
    assert "make the report again" in world.states("last_error")[0][2]


@pytest.mark.parametrize("name", ["Bill\r\nBcc: thief@evil.example", "=?utf-8?q?x=0ABcc:_thief@evil.example?="])
def test_a_name_that_could_start_a_header_is_never_sent(world: MailingWorld, inbox: TroubledInbox, name: str) -> None:
    world.make(ANN, name=name)

    sent = world.send()

    assert (sent, inbox.taken) == ({"refused": 1}, [])
    assert "evil.example" not in world.states("last_error")[0][2]


@pytest.mark.usefixtures("each_database")
def test_an_error_in_the_outbox_names_no_address(world: MailingWorld, inbox: TroubledInbox) -> None:
    world.make(ANN)
    inbox.troubles["RCPT"] = answers(f"550 <{ANN}> is unknown")

    world.send()

    assert ANN not in world.states("last_error")[0][2]
