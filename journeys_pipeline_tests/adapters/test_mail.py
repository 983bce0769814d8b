"""Mail: whole and once, to real SMTP servers on loopback or into a folder, and never with a header injected."""

import email
import socket
import stat
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

import pytest

from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed, MailRefused, OutboxFolderSender, SmtpSender
from journeys_pipeline_tests.certificates import make_certificate
from journeys_pipeline_tests.smtp_servers import serving

RECIPIENT = "secret.person@acme.example"
CONTENT = bytes(range(256)) * 300
LETTER = Letter(
    sender="Journeys <reports@journeys.example>",
    recipient=RECIPIENT,
    subject="MEP consumption: Zoë & Söhne, 2026-01",
    body="Month: 2026-01 (UTC).\n.\nRows: 2.\n",
    message_id="<0123abcd@journeys-pipeline>",
    date=datetime(2026, 2, 4, 3, 0, tzinfo=UTC),
    attachment=Attachment("mep-consumption.xlsx", CONTENT, "application/octet-stream"),
)
INJECTIONS = [
    "x\r\nBcc: thief@evil.example",
    "x\nBcc: thief@evil.example",
    "x\rBcc: thief@evil.example",
    "x\x00",
    "x\x7f",
    "x\x85Bcc: thief@evil.example",
    "x\u2028Bcc: thief@evil.example",
    "=?utf-8?q?x=0ABcc:_thief@evil.example?=",
    "=?utf-8?b?eApCY2M6IHRoaWVmQGV2aWwuZXhhbXBsZQ==?=",
]


class Inbox:
    """Keeps what the server takes; answers as told."""

    def __init__(self, at_recipient: str = "250 OK", at_data: str = "250 OK") -> None:
        self.taken: list[Any] = []
        self._at_recipient = at_recipient
        self._at_data = at_data

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self._at_recipient

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self._at_data.startswith("250"):
            self.taken.append(envelope)
        return self._at_data


def self_signed(folder: Path) -> SSLContext:
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*make_certificate(folder))
    return context


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=default)  # type: ignore[return-value]


def test_a_mail_arrives_whole_with_its_attachment_and_fixed_message_id() -> None:
    inbox = Inbox()

    with serving(inbox) as port:
        SmtpSender("127.0.0.1", port, "none").send(LETTER.compose())

    [envelope] = inbox.taken
    mail = read(envelope.content)
    [attachment] = mail.iter_attachments()
    assert (envelope.mail_from, envelope.rcpt_tos) == ("reports@journeys.example", [RECIPIENT])
    assert (mail["Message-ID"], mail["Subject"], mail["To"]) == (LETTER.message_id, LETTER.subject, RECIPIENT)
    assert mail["Date"].datetime == LETTER.date
    assert mail.get_body().get_content().replace("\r\n", "\n") == LETTER.body  # type: ignore[union-attr]
    assert (attachment.get_filename(), attachment.get_content()) == ("mep-consumption.xlsx", CONTENT)


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize("field", ["sender", "recipient", "subject", "message_id"])
def test_a_header_that_could_start_another_is_refused(field: str, injection: str) -> None:
    with pytest.raises(ValueError, match="control character or an encoded word") as refusal:
        replace(LETTER, **{field: injection}).compose()

    assert "evil.example" not in str(refusal.value)


@pytest.mark.parametrize("injection", INJECTIONS)
def test_an_attachments_name_that_could_start_a_header_is_refused(injection: str) -> None:
    attachment = replace(LETTER.attachment, name=injection)

    with pytest.raises(ValueError, match="control character or an encoded word"):
        replace(LETTER, attachment=attachment).compose()


@pytest.mark.parametrize("recipient", ["", "a@acme.example, b@acme.example"])
def test_a_letter_has_exactly_one_recipient(recipient: str) -> None:
    with pytest.raises(ValueError, match="not exactly one address"):
        replace(LETTER, recipient=recipient).compose()


def test_a_refused_recipient_is_reported_without_the_address() -> None:
    inbox = Inbox(at_recipient=f"550 5.1.1 <{RECIPIENT}> is unknown here")

    with serving(inbox) as port, pytest.raises(MailRefused, match=r"refused 1 recipient\(s\) \(550\)") as failure:
        SmtpSender("127.0.0.1", port, "none").send(LETTER.compose())

    assert "secret.person" not in f"{failure.value!r} {failure.value}"
    assert failure.value.__suppress_context__
    assert inbox.taken == []


@pytest.mark.parametrize(("code", "advice"), [(451, "try again later"), (554, "ask whoever runs that server")])
def test_a_refused_mail_is_reported_by_code_without_the_servers_words(code: int, advice: str) -> None:
    inbox = Inbox(at_data=f"{code} no mail for {RECIPIENT}")

    with serving(inbox) as port, pytest.raises(MailFailed, match=f"{code}.*{advice}") as failure:
        SmtpSender("127.0.0.1", port, "none").send(LETTER.compose())

    assert "secret.person" not in str(failure.value)


def test_a_server_that_nobody_runs_is_reported_with_what_to_do() -> None:
    with socket.socket() as unheard:  # bound, so that nobody else takes the port; not listening
        unheard.bind(("127.0.0.1", 0))

        with pytest.raises(MailFailed, match=r"cannot be reached.*check host, port"):
            SmtpSender("127.0.0.1", unheard.getsockname()[1], "none").send(LETTER.compose())


def test_a_silent_server_is_given_up_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(MailFailed, match=r"127\.0\.0\.1"):
            SmtpSender("127.0.0.1", port, "none", timeout_s=0.2).send(LETTER.compose())


@pytest.mark.parametrize("host", ["mail.acme.example", "192.0.2.1", "0.0.0.0", "localhost.evil.example", "127.evil"])
def test_plain_text_to_another_host_is_refused_before_anything_is_sent(host: str) -> None:
    with pytest.raises(ValueError, match="without TLS is refused"):
        SmtpSender(host, 25, "none")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_plain_text_is_for_loopback(host: str) -> None:
    assert SmtpSender(host, 25, "none").security == "none"


def test_starttls_never_falls_back_to_plain_text() -> None:
    inbox = Inbox()

    with serving(inbox) as port, pytest.raises(MailFailed, match="lacks STARTTLS"):
        SmtpSender("127.0.0.1", port, "starttls").send(LETTER.compose())

    assert inbox.taken == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    inbox = Inbox()

    with serving(inbox, tls_context=self_signed(tmp_path)) as port, pytest.raises(MailFailed, match="not trusted"):
        SmtpSender("localhost", port, "starttls").send(LETTER.compose())

    assert inbox.taken == []


def test_a_trusted_server_gets_the_mail_over_starttls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox()
    context = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))

    with serving(inbox, tls_context=context, require_starttls=True) as port:
        SmtpSender("127.0.0.1", port, "starttls").send(LETTER.compose())

    assert len(inbox.taken) == 1


def test_the_outbox_folder_holds_one_private_file_per_message_id(tmp_path: Path) -> None:
    outbox = OutboxFolderSender(tmp_path / "outbox")
    other = replace(LETTER, message_id="<4567@journeys-pipeline>")

    for letter in (LETTER, LETTER, other):
        outbox.send(letter.compose())

    files = sorted((tmp_path / "outbox").iterdir())
    assert [file.name for file in files] == ["0123abcd@journeys-pipeline.eml", "4567@journeys-pipeline.eml"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "outbox").stat().st_mode) == 0o700


def test_a_mail_in_the_outbox_folder_is_whole(tmp_path: Path) -> None:
    OutboxFolderSender(tmp_path).send(LETTER.compose())

    mail = read(next(tmp_path.glob("*.eml")).read_bytes())
    [attachment] = mail.iter_attachments()
    assert (mail["To"], mail["Message-ID"]) == (RECIPIENT, LETTER.message_id)
    assert (attachment.get_filename(), attachment.get_content()) == ("mep-consumption.xlsx", CONTENT)


def test_a_message_id_never_leads_out_of_the_outbox_folder(tmp_path: Path) -> None:
    letter = replace(LETTER, message_id="<../../escaped@journeys-pipeline>")

    OutboxFolderSender(tmp_path / "a" / "outbox").send(letter.compose())

    assert [path.parent for path in tmp_path.rglob("*.eml")] == [tmp_path / "a" / "outbox"]


def test_an_outbox_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file in the way")

    with pytest.raises(MailFailed, match="takes no mail") as failure:
        OutboxFolderSender(tmp_path / "outbox").send(LETTER.compose())

    assert "secret.person" not in str(failure.value)
