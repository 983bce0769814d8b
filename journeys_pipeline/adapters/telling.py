"""What may be told outside of the books: texts without contacts and secrets, errors without others' words."""

import re
from collections.abc import Iterable

OURS = ("journeys_pipeline.", "dagster._core.definitions.events.Failure: ")
"""How an error's text begins, as Dagster writes it, if its words are ours: others' may hold contacts or secrets."""

CONTACT = re.compile(
    r"[^\s'\"<>(),;:/]+@[^\s'\"<>(),;:/]*[^\s'\"<>(),;:/.]"  # an address
    r"|\+\d[\d ()/.-]{5,}\d"  # a phone with its calling code
    r"|(?<![\w.,:/-])0\d[\d ()/-]{6,}\d(?![\w.:-])"  # a phone without
)
CREDENTIALS = re.compile(r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)")


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with … in the place of contacts, credentials in URLs, and these secrets."""
    for secret in secrets:
        text = text.replace(secret, "…")
    return CONTACT.sub("…", CREDENTIALS.sub("…", text))


def words_of(error_text: str) -> str | None:
    """What an error says, if its words are ours; `error_text` is the name of its class, a colon, and what it says."""
    text = error_text.strip()
    return text.partition(": ")[2] if text.startswith(OURS) else None
