"""Which blocks and lines of a file Polars may read: those on which it provably agrees with the careful reader.

A *clean* block has no quotes and no control characters, and the header's number of delimiters on every line: what is
left of it without ordinary bytes is one and the same line, over and over. To part it at delimiters is all that
reading it can mean. A *regular* line is a whole row: as many fields as the header has, each without quotes, or in
quotes with those inside doubled. If a row begins there, the careful reader takes exactly this line and these fields.
"""

import codecs
import re
import sys
from dataclasses import dataclass
from typing import cast

import polars as pl

from journeys_pipeline.adapters.contact_files.layout import Layout

_BYTE_ORDER_MARK = "\ufeff"  # Polars drops it from the start of what it reads, where the careful reader keeps it
_BLANKS = "".join(character for character in map(chr, range(sys.maxunicode + 1)) if character.isspace())
_ESCAPED_IN_JSON = bytes({*range(32), *b'"\\'})
_MARK_IRREGULAR = "journeys_pipeline.mark_irregular"

# No regular line has a NUL, so a line that cannot be decoded is left to the careful reader.
codecs.register_error(_MARK_IRREGULAR, lambda error: ("\x00", cast("UnicodeDecodeError", error).end))


@dataclass(frozen=True)
class Judged:
    """A block; its text with all line ends alike; its lines (None: it is clean), as columns line and is_regular."""

    text: bytes
    plain: bytes
    lines: pl.DataFrame | None


def judge_block(text: bytes, layout: Layout) -> Judged:
    """The block, judged as a whole if that will do, else by its lines."""
    if _is_clean(text, layout):
        return Judged(text, text, None)
    plain = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text
    return Judged(text, plain, _judged_lines(plain, layout))


def _is_clean(text: bytes, layout: Layout) -> bool:
    width, delimiter = len(layout.names), layout.delimiter.encode()
    if width == 1 or not _has_simple_delimiter(layout) or text.startswith(_BYTE_ORDER_MARK.encode()):
        return False
    has_bare_returns = b"\r" in text and text.count(b"\r") != text.count(b"\r\n")
    if b'"' in text or has_bare_returns:
        return False
    skeleton = text.translate(None, bytes(set(range(256)) - {*_ESCAPED_IN_JSON, *delimiter}))
    line = delimiter * (width - 1) + (b"\r\n" if skeleton[width - 1 : width] == b"\r" else b"\n")
    return skeleton == line * (len(skeleton) // len(line)) and _is_utf8(text)


def _judged_lines(text: bytes, layout: Layout) -> pl.DataFrame:
    if not _is_utf8(text):
        text = text.decode("utf-8", _MARK_IRREGULAR).encode()
    lines = pl.read_lines(text, name="line")
    if not _has_simple_delimiter(layout):
        return lines.with_columns(is_regular=False)
    is_regular = pl.col("line").str.contains(_regular_line(layout))
    if len(layout.names) == 1:
        is_regular &= pl.col("line").str.strip_chars(_BLANKS) != ""
    return lines.with_columns(is_regular=is_regular)


def _regular_line(layout: Layout) -> str:
    delimiter = re.escape(layout.delimiter)
    bare, quoted = rf'[^"\x00{delimiter}]', r'"(?:[^"\x00]|"")*"'
    first = rf"(?:{quoted}|[^{_BYTE_ORDER_MARK}\"\x00{delimiter}]{bare}*|)"
    return f"^{first}(?:{delimiter}(?:{quoted}|{bare}*)){{{len(layout.names) - 1}}}$"


def _has_simple_delimiter(layout: Layout) -> bool:
    """Whether Polars can part at it: it takes one byte."""
    return "\x00" < layout.delimiter < "\x80"


def _is_utf8(text: bytes) -> bool:
    """As bytes.decode says, but in a third of the time."""
    try:
        pl.Series([text], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.ComputeError:
        return False
    return True
