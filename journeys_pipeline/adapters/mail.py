"""Mail out: composed so that no header can be injected, sent over verified connections or into a folder."""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Literal, Protocol

from journeys_pipeline.adapters.whole_files import write_whole

Security = Literal["none", "starttls", "tls"]
UNSAFE_IN_HEADER = re.compile(r"[\x00-\x1f\x7f]|=\?")
TIMEOUT_S = 60


class MailFailed(Exception):
    """A mail was not accepted; the message says what to do and names no address."""


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
            ValueError: a header holds a control character or an encoded word.
        """
        message = EmailMessage(policy=SMTP)
        headers = {
            "From": self.sender,
            "To": self.recipient,
            "Subject": self.subject,
            "Message-ID": self.message_id,
            "Date": self.date.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        }
        for name, value in headers.items():
            if UNSAFE_IN_HEADER.search(value):
                raise ValueError(f"The header {name} holds a control character or an encoded word; remove it.")
            message[name] = value
        message.set_content(self.body)
        main, _, sub = self.attachment.media_type.partition("/")
        message.add_attachment(self.attachment.content, maintype=main, subtype=sub, filename=self.attachment.name)
        return message


@dataclass(frozen=True)
class OutboxFolderSender:
    """Writes each mail as an .eml file, for where no SMTP server is configured."""

    folder: Path

    def send(self, message: EmailMessage) -> None:
        """Write the mail under its Message-ID; a second time it replaces itself."""
        name = re.sub(r"[^A-Za-z0-9.@-]", "", str(message["Message-ID"]))
        write_whole(self.folder / f"{name}.eml", message.as_bytes())


@dataclass(frozen=True)
class SmtpSender:
    """Hands each mail to an SMTP server; certificates are verified, plain text is for loopback only."""

    host: str
    port: int
    security: Security
    user: str | None = None
    password: str | None = None

    def __post_init__(self) -> None:
        if self.security == "none" and not _is_loopback(self.host):
            raise ValueError(f"Mail to {self.host} without TLS is refused; set the security to starttls or tls.")

    def send(self, message: EmailMessage) -> None:
        """Send to the one recipient.

        Raises:
            MailFailed: not accepted; trying again later is safe.
        """
        with _explained(self.host), self._connected() as server:
            if self.user:
                server.login(self.user, self.password or "")
            server.send_message(message)

    @contextmanager
    def _connected(self) -> Generator[smtplib.SMTP]:
        context = ssl.create_default_context()
        if self.security == "tls":
            with smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context) as server:
                yield server
            return
        with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S) as server:
            if self.security == "starttls":
                server.starttls(context=context)
            yield server


@contextmanager
def _explained(host: str) -> Generator[None]:
    """Server replies may quote addresses, so only their codes are passed on."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(
            f"{host} refused user or password ({error.smtp_code}); check the JOURNEYS_SMTP_… variables."
        ) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise MailFailed(f"{host} refused the recipient ({codes}); check the account's recipients.") from None
    except smtplib.SMTPResponseException as error:
        raise MailFailed(f"{host} answered {error.smtp_code}; the mail stays queued.") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"{host} cannot be reached or does not speak TLS ({type(error).__name__}).") from None


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
