"""Mail to a real Postfix: into mailboxes, refused, put off, and too large."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed, MailRefused, SmtpSender
from journeys_pipeline_tests.postfix import DOMAIN, LARGEST_MAIL, PostfixServer, find_postfix, serve_by_postfix

CONTENT = b"Person ID,Engaged At\r\nzo\xc3\xab,2026-10-01T00:00:00Z\r\n.\r\n..\r\n" * 50
LETTER = Letter(
    sender="reports@journeys.example",
    recipient=f"ann@{DOMAIN}",
    subject="MEP consumption: Zoë & Söhne, 2026-10",
    body="Period: 2026-10 (UTC), closed: the month is final.\n.\nRows: 2.\n",
    message_id="<0123abcd@journeys-pipeline>",
    date=datetime(2026, 11, 4, 6, 0, tzinfo=UTC),
    attachment=Attachment("mep-consumption.csv", CONTENT, "text/csv"),
)


@pytest.fixture(scope="module")
def postfix() -> Iterator[PostfixServer]:
    reason = find_postfix()
    if reason:
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    with serve_by_postfix("ann", "bob", "cem") as server:
        yield server


@pytest.fixture
def sender(postfix: PostfixServer, monkeypatch: pytest.MonkeyPatch) -> SmtpSender:
    monkeypatch.setenv("SSL_CERT_FILE", str(postfix.certificate))
    return SmtpSender("localhost", postfix.port, "starttls")


def test_a_mail_lies_in_the_mailbox_as_it_was_written(sender: SmtpSender, postfix: PostfixServer) -> None:
    sender.send(LETTER.compose())

    [mail] = postfix.mails("ann")
    [attachment] = mail.iter_attachments()
    assert (mail["Message-ID"], mail["Subject"], mail["To"]) == (LETTER.message_id, LETTER.subject, LETTER.recipient)
    assert mail.get_body().get_content().replace("\r\n", "\n") == LETTER.body  # type: ignore[union-attr]
    assert (attachment.get_filename(), attachment.get_payload(decode=True)) == ("mep-consumption.csv", CONTENT)


def test_a_mail_sent_again_has_the_message_id_by_which_a_mailbox_can_tell(
    sender: SmtpSender, postfix: PostfixServer
) -> None:
    letter = replace(LETTER, recipient=f"bob@{DOMAIN}")

    sender.send(letter.compose())
    sender.send(letter.compose())

    assert [mail["Message-ID"] for mail in postfix.mails("bob", 2)] == [LETTER.message_id] * 2


@pytest.mark.parametrize(
    ("user", "kind", "code"), [("nobody", MailRefused, "550"), ("later", MailFailed, "450")], ids=["never", "not now"]
)
def test_a_recipient_that_is_not_there_is_told_from_one_that_is_put_off(
    sender: SmtpSender, postfix: PostfixServer, user: str, kind: type[MailFailed], code: str
) -> None:
    with pytest.raises(MailFailed, match=code) as failure:
        sender.send(replace(LETTER, recipient=f"{user}@{DOMAIN}").compose())

    assert type(failure.value) is kind
    assert postfix.mails(user, 0) == []


def test_a_mail_that_is_too_large_is_refused_before_it_is_sent(sender: SmtpSender, postfix: PostfixServer) -> None:
    large = Attachment("large.csv", b"x" * LARGEST_MAIL, "text/csv")

    with pytest.raises(MailRefused, match=r"552.*largest_attachment_mb"):
        sender.send(replace(LETTER, recipient=f"cem@{DOMAIN}", attachment=large).compose())

    assert postfix.mails("cem", 0) == []


def test_a_server_whose_certificate_nobody_vouches_for_gets_nothing(
    postfix: PostfixServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    with pytest.raises(MailFailed, match="not trusted"):
        SmtpSender("localhost", postfix.port, "starttls").send(replace(LETTER, recipient=f"cem@{DOMAIN}").compose())

    assert postfix.mails("cem", 0) == []


def test_a_server_that_wants_tls_gets_nothing_in_plain_text(postfix: PostfixServer) -> None:
    with pytest.raises(MailFailed, match="530"):
        SmtpSender("localhost", postfix.port, "none").send(replace(LETTER, recipient=f"cem@{DOMAIN}").compose())

    assert postfix.mails("cem", 0) == []
