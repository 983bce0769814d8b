"""Mails that lie in the outbox folder, without some of what they say."""

from collections.abc import Callable
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import cast
from urllib.parse import quote


def mail_file(folder: Path, message_id: str) -> Path:
    """Where the mail of a Message-ID lies, or would lie."""
    return folder / f"{quote(message_id.strip('<>'), safe='@')}.eml"


def redact_mail(content: bytes, *, mask: Callable[[str], str], redact: Callable[[bytes], bytes]) -> bytes:
    """The file of a mail; the same bytes if there is nothing to take out.

    Args:
        content: What OutboxFolderSender wrote.
        mask: What becomes of its subject and text.
        redact: What becomes of each attachment.
    """
    message = message_from_bytes(content, policy=SMTP)
    is_changed = False
    subject, body = str(message["Subject"]), message.get_body(("plain",))
    if mask(subject) != subject:
        message.replace_header("Subject", mask(subject))
        is_changed = True
    if body is not None and mask(body.get_content()) != body.get_content():
        body.set_content(mask(body.get_content()))
        is_changed = True
    for part in message.iter_attachments():
        before = cast("bytes", part.get_payload(decode=True))
        after = redact(before)
        if after != before:
            main, sub, name = part.get_content_maintype(), part.get_content_subtype(), part.get_filename()
            part.set_content(after, maintype=main, subtype=sub, filename=name)
            is_changed = True
    return message.as_bytes() if is_changed else content
