"""Mail out: composed so that no header can be injected, sent over verified connections or into a folder."""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote

from journeys_pipeline.adapters.whole_files import write_whole

Security = Literal["none", "starttls", "tls"]
UNSAFE_IN_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\\?")
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
TIMEOUT_S = 60.0
PERMANENT = 500


class MailFailed(Exception):
    """A mail was not accepted; the message says what to do and names no address."""


class MailRefused(MailFailed):
    """The server took the mail for some recipients or none; the message counts them."""


@dataclass(frozen=True)
class Attachment:
    """A file to attach."""

    name: str
    content: bytes
    media_type: str


class Sender(Protocol):
    """Takes a message, or raises MailFailed."""

    def send(self, message: EmailMessage) -> None: ...


@dataclass(frozen=True)
class Letter:
    """What a report's mail says, to one recipient."""

    sender: str
    recipient: str
    subject: str
    body: str
    message_id: str
    date: datetime
    attachment: Attachment

    def compose(self) -> EmailMessage:
        """The message, with a fixed Message-ID so that a second delivery can be told.

        Raises:
            ValueError: a header holds a control character or an encoded word (Python would let either start
                another header), the recipient is not one address, or the date has no zone.
        """
        if self.date.tzinfo is None:
            raise ValueError("The mail's date has no time zone; pass it in UTC.")
        if not MEDIA_TYPE.fullmatch(self.attachment.media_type):
            raise ValueError("The attachment's media type is not of the form type/subtype.")
        _refuse_unsafe("attachment's name", self.attachment.name)
        headers = {
            "From": self.sender,
            "To": self.recipient,
            "Subject": self.subject,
            "Message-ID": self.message_id,
        }
        message = EmailMessage(policy=SMTP)
        for name, value in headers.items():
            _refuse_unsafe(f"header {name}", value)
            message[name] = value
        if len(message["To"].addresses) != 1:
            raise ValueError("The mail's recipient is not exactly one address.")
        message["Date"] = self.date.astimezone(UTC)
        message.set_content(self.body)
        main, _, sub = self.attachment.media_type.partition("/")
        message.add_attachment(self.attachment.content, maintype=main, subtype=sub, filename=self.attachment.name)
        return message


@dataclass(frozen=True)
class OutboxFolderSender:
    """Writes each mail as an .eml file, for where no SMTP server is configured."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write the mail under its Message-ID (mode 0600, whole or not at all); a second time it replaces itself.

        Raises:
            MailFailed: the file could not be written.
        """
        name = quote(str(message["Message-ID"]).strip("<>"), safe="@")
        try:
            write_whole(self.folder / f"{name}.eml", message.as_bytes())
        except OSError as error:
            problem = error.strerror or type(error).__name__
            raise MailFailed(f"The outbox folder {self.folder} takes no mail ({problem}); mend it.") from error


@dataclass(frozen=True)
class SmtpSender:
    """Hands each mail to an SMTP server; certificates are verified, plain text is for loopback only."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(f"Mail to {self.host} without TLS is refused; set the security to starttls or tls.")

    def send(self, message: EmailMessage) -> None:
        """Send to whom the message names.

        Raises:
            MailRefused: not accepted for at least one recipient.
            MailFailed: not accepted; trying again later is safe.
        """
        with _explained(self.host), self._connected() as server:
            refused = server.send_message(message)
            if refused:
                raise smtplib.SMTPRecipientsRefused(refused)

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self.security == "tls":
            server = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            if self.security == "starttls":
                server.starttls(context=context)
            self._log_in(server)
            yield server
        finally:
            with suppress(smtplib.SMTPException, OSError):  # a failed farewell does not undo what was accepted
                server.quit()
            server.close()

    def _log_in(self, server: smtplib.SMTP) -> None:
        if not self.user:
            return
        try:
            server.login(self.user, self.password or "")
        except UnicodeEncodeError:
            raise MailFailed("The SMTP user or password is not plain ASCII, which SMTP needs; change it.") from None


@contextmanager
def _explained(host: str) -> Generator[None]:
    """Server replies may quote addresses, so only their codes are passed on."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        count = len(error.recipients)
        raise MailRefused(f"{host} refused {count} recipient(s) ({codes}); check the account's recipients.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"{host} {_explain(error)}") from None


def _explain(error: Exception) -> str:
    """What the server did, and what to do about it."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"refused the SMTP user or password ({error.smtp_code}); check both."
        case smtplib.SMTPResponseException():
            advice = "try again later" if error.smtp_code < PERMANENT else "ask whoever runs that server"
            return f"did not take the mail ({error.smtp_code}); {advice}."
        case smtplib.SMTPNotSupportedError():
            return "lacks STARTTLS, a login or SMTPUTF8 that this mail needs; check the SMTP security and user."
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that is not trusted: {error.verify_message}. Use the name that it is made for."
        case ssl.SSLError():
            return "does not speak TLS on this port; check port and security (465 is tls, 587 is starttls)."
        case _:
            return f"cannot be reached or broke off ({type(error).__name__}); check host, port and security."


def _refuse_unsafe(what: str, value: str) -> None:
    if UNSAFE_IN_HEADER.search(value):
        raise ValueError(f"The {what} holds a control character or an encoded word; remove it.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
