"""Mail over TLS, with a login, refused in part, or with a bad farewell: real SMTP servers on loopback."""

import ipaddress
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from journeys_pipeline.adapters.mail import Attachment, Letter, MailFailed, MailRefused, SmtpSender

LOOPBACK = "127.0.0.1"
PASSWORD = "correct horse"
LETTER = Letter(
    sender="reports@example.com",
    recipient="ann@example.com",
    subject="MEP consumption",
    body="Rows: 1.\n",
    message_id="<0123@journeys-pipeline>",
    date=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    attachment=Attachment("mep-consumption.csv", b"Person ID\r\np1\r\n", "text/csv"),
)


@dataclass
class Mailbox:
    """What the server took, and how it answers."""

    refused: set[str] = field(default_factory=set)
    quit_reply: str = "221 Bye"
    taken: list[list[str]] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return f"550 no such user: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken.append(envelope.rcpt_tos)
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        return self.quit_reply


class AnyPort(Controller):
    """Listens on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def serve(mailbox: Mailbox) -> Iterator[Callable[..., int]]:
    """Starts servers for the mailbox, stops them afterwards."""
    started: list[Controller] = []

    def start(**options: Any) -> int:
        controller = AnyPort(mailbox, hostname=LOOPBACK, port=0, **options)
        controller.start()
        started.append(controller)
        return controller.port

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def trusted_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's side of TLS, with a certificate for loopback that clients trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, encoding = tmp_path / "certificate.pem", serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(private + made.public_bytes(encoding))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    return context


def accept_password(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=(data.login, data.password) == (b"ann", PASSWORD.encode()), handled=False)


def test_mail_goes_over_starttls_with_a_login(serve: Any, mailbox: Mailbox, trusted_tls: ssl.SSLContext) -> None:
    port = serve(tls_context=trusted_tls, require_starttls=True, auth_required=True, authenticator=accept_password)
    sender = SmtpSender(LOOPBACK, port, "starttls", user="ann", password=PASSWORD)

    sender.send(LETTER.compose())

    assert mailbox.taken == [["ann@example.com"]]


def test_mail_goes_over_tls(serve: Any, mailbox: Mailbox, trusted_tls: ssl.SSLContext) -> None:
    sender = SmtpSender(LOOPBACK, serve(ssl_context=trusted_tls), "tls")

    sender.send(LETTER.compose())

    assert mailbox.taken == [["ann@example.com"]]


def test_a_plain_port_spoken_to_in_tls_is_explained(serve: Any) -> None:
    sender = SmtpSender(LOOPBACK, serve(), "tls", timeout_s=5)

    with pytest.raises(MailFailed, match="does not speak TLS on this port; check port and security"):
        sender.send(LETTER.compose())


@pytest.mark.parametrize(("password", "advice"), [("wrong horse", "refused the SMTP user"), ("hörse", "plain ASCII")])
def test_a_failed_login_names_neither_user_nor_password(serve: Any, password: str, advice: str) -> None:
    port = serve(auth_require_tls=False, authenticator=accept_password)
    sender = SmtpSender(LOOPBACK, port, "none", user="ann", password=password)

    with pytest.raises(MailFailed, match=advice) as failure:
        sender.send(LETTER.compose())

    assert password not in str(failure.value)
    assert "ann" not in str(failure.value)


def test_a_sender_does_not_show_its_password() -> None:
    sender = SmtpSender(LOOPBACK, 25, "none", user="ann", password=PASSWORD)

    shown = repr(sender)

    assert PASSWORD not in shown


def test_a_partial_refusal_counts_who_was_refused(serve: Any, mailbox: Mailbox) -> None:
    mailbox.refused = {"bob@example.com", "eve@example.com"}
    message = EmailMessage()
    message["From"], message["To"] = "reports@example.com", "ann@example.com, bob@example.com, eve@example.com"

    with pytest.raises(MailRefused, match=r"refused 2 recipient\(s\)") as failure:
        SmtpSender(LOOPBACK, serve(), "none").send(message)

    assert "example.com" not in str(failure.value)
    assert mailbox.taken == [["ann@example.com"]]


def test_a_bad_farewell_after_acceptance_is_no_failure(serve: Any, mailbox: Mailbox) -> None:
    mailbox.quit_reply = "421 in a bad mood"
    sender = SmtpSender(LOOPBACK, serve(), "none")

    sender.send(LETTER.compose())

    assert mailbox.taken == [["ann@example.com"]]


@pytest.mark.parametrize("media_type", ["text/csv\r\nX: y", "text/csv; a=b", "text", "=?x?="])
def test_an_attachment_has_a_plain_media_type(media_type: str) -> None:
    letter = replace(LETTER, attachment=Attachment("a.csv", b"", media_type))

    with pytest.raises(ValueError, match="media type"):
        letter.compose()


def test_a_date_without_zone_is_refused() -> None:
    letter = replace(LETTER, date=LETTER.date.replace(tzinfo=None))

    with pytest.raises(ValueError, match="no time zone"):
        letter.compose()
