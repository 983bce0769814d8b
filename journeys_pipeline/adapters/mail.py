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
from typing import Any, Literal, Protocol

from journeys_pipeline.adapters.mail_files import mail_file
from journeys_pipeline.adapters.whole_files import write_whole

Security = Literal["none", "starttls", "tls"]
UNSAFE_IN_HEADER = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|=\\?")
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
TIMEOUT_S = 60.0
TEMPORARY, PERMANENT = 400, 500  # from these codes on, a reply says not now, or never
TOO_LARGE = 552


class MailFailed(Exception):
    """A mail was not accepted, and it is safe to try again; the message says what to do and names no address."""


class MailRefused(MailFailed):
    """The server refused the mail, or some of its recipients, for good; trying again changes nothing."""


class MailInDoubt(MailFailed):
    """The whole mail was handed over and no answer came: it may arrive. Sent again, it may arrive twice."""


@dataclass(frozen=True)
class Attachment:
    """A file to attach."""

    name: str
    content: bytes
    media_type: str

    def attach_to(self, message: EmailMessage) -> None:
        """Add the file to a message.

        Raises:
            ValueError: its name or media type could start a header.
        """
        if not MEDIA_TYPE.fullmatch(self.media_type):
            raise ValueError("The attachment's media type is not of the form type/subtype.")
        _refuse_unsafe("attachment's name", self.name)
        main, _, sub = self.media_type.partition("/")
        message.add_attachment(self.content, maintype=main, subtype=sub, filename=self.name)


class Sender(Protocol):
    """Takes a message, or raises MailFailed or one of its kinds."""

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
    attachment: Attachment | None

    def compose(self) -> EmailMessage:
        """The message, with a fixed Message-ID so that a second delivery can be told.

        Raises:
            ValueError: a header holds a control character or an encoded word (Python would let either start
                another header), the recipient is not one address, or the date has no zone.
        """
        if self.date.tzinfo is None:
            raise ValueError("The mail's date has no time zone; pass it in UTC.")
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
        if self.attachment:
            self.attachment.attach_to(message)
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
        try:
            write_whole(mail_file(self.folder, str(message["Message-ID"])), message.as_bytes())
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
            MailRefused: refused for good, or for at least one recipient.
            MailInDoubt: handed over whole, and not answered.
            MailFailed: not accepted; trying again later is safe.
        """
        with _explained(self.host), self._connected() as server:
            try:
                refused = server.send_message(message)
            except smtplib.SMTPDataError as error:
                if error.smtp_code < TEMPORARY:  # neither yes nor no
                    raise _in_doubt(self.host) from None
                raise
            except (smtplib.SMTPException, OSError):
                if server.has_handed_over:
                    raise _in_doubt(self.host) from None
                raise
            if refused:
                raise smtplib.SMTPRecipientsRefused(refused)

    @contextmanager
    def _connected(self) -> Generator["_Watched"]:
        context = ssl.create_default_context()
        if self.security == "tls":
            server = _WatchedTls(self.host, self.port, timeout=self.timeout_s, context=context)
        else:
            server = _Watched(self.host, self.port, timeout=self.timeout_s)
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


class _Watched(smtplib.SMTP):
    """Knows whether the last byte of a mail has left: from then on the server may have accepted it."""

    has_handed_over = False

    def send(self, s: Any) -> None:
        super().send(s)
        self.has_handed_over = self.has_handed_over or (isinstance(s, bytes) and s.endswith(b"\r\n.\r\n"))


class _WatchedTls(_Watched, smtplib.SMTP_SSL):
    """The same over TLS from the first byte."""


def _in_doubt(host: str) -> MailInDoubt:
    return MailInDoubt(
        f"{host} was handed the whole mail and gave no clear answer, so it may have arrived; ask the recipient before "
        "it is sent again."
    )


@contextmanager
def _explained(host: str) -> Generator[None]:
    """Server replies may quote addresses, so only their codes are passed on."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        answers = {code for code, _ in error.recipients.values()}
        codes, count = ", ".join(map(str, sorted(answers))), len(error.recipients)
        if max(answers) < PERMANENT:
            raise MailFailed(f"{host} did not take {count} recipient(s) yet ({codes}); try again later.") from None
        raise MailRefused(f"{host} refused {count} recipient(s) ({codes}); check the account's recipients.") from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        is_final = error.smtp_code >= PERMANENT and isinstance(error, smtplib.SMTPDataError)
        kind = MailRefused if is_final or error.smtp_code == TOO_LARGE else MailFailed
        raise kind(f"{host} {_explain(error)}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(f"{host} {_explain(error)}") from None


def _explain(error: Exception) -> str:
    """What the server did, and what to do about it."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"refused the SMTP user or password ({error.smtp_code}); check both."
        case smtplib.SMTPResponseException():
            return f"did not take the mail ({error.smtp_code}); {_advise(error.smtp_code)}."
        case smtplib.SMTPNotSupportedError():
            return "lacks STARTTLS, a login or SMTPUTF8 that this mail needs; check the SMTP security and user."
        case ssl.SSLCertVerificationError():
            return f"shows a certificate that is not trusted: {error.verify_message}. Use the name that it is made for."
        case ssl.SSLError():
            return "does not speak TLS on this port; check port and security (465 is tls, 587 is starttls)."
        case _:
            return f"cannot be reached or broke off ({type(error).__name__}); check host, port and security."


def _advise(code: int) -> str:
    if code == TOO_LARGE:
        return "lower `largest_attachment_mb` in the catalog"
    return "try again later" if code < PERMANENT else "ask whoever runs that server"


def _refuse_unsafe(what: str, value: str) -> None:
    if UNSAFE_IN_HEADER.search(value):
        raise ValueError(f"The {what} holds a control character or an encoded word; remove it.")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
