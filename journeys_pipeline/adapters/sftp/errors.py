"""What goes wrong with a whole connection, in words that a customer can act on."""

import unicodedata

UNPRINTABLE = {"Cc", "Cs", "Zl", "Zp"}  # Unicode categories: control, surrogate, line and paragraph separator


class ConnectionFailed(Exception):
    """The connection or its folder cannot be used; the message says why and what to do."""


class Unreachable(ConnectionFailed):
    """The network is at fault: worth another try."""


def is_unprintable(character: str) -> bool:
    """Whether it would break a line of a log or a table, or cannot be encoded."""
    return unicodedata.category(character) in UNPRINTABLE


def printable(text: str) -> str:
    """The text, at most 200 characters, with control characters escaped."""
    return "".join(c.encode("unicode_escape").decode() if is_unprintable(c) else c for c in text[:200])


def in_words(error: Exception) -> str:
    """What a library says of an error, or at least its kind."""
    return printable(str(error)).rstrip(":. ") or type(error).__name__
