"""The text of rows of a landed contact file, as its sender wrote them."""

import codecs
import io
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from journeys_pipeline.adapters.packed_lines import line_blocks

LONGEST_TEXT = 10_000  # characters of one row
MARKS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def original_rows(path: Path, *, encoding: str, spans: Iterable[tuple[int, int | None]]) -> Iterator[str]:
    """Each row's text, in order; what cannot be decoded is U+FFFD, and what is too long is cut.

    Args:
        path: The landed bytes; may be packed.
        encoding: Of files without byte-order mark.
        spans: Per row the line that it begins on (the first is 1) and the line that the next row begins on, if any.
    """
    lines = _lines(path, encoding)
    at = 1
    for begin, end in spans:
        for _ in islice(lines, begin - at):
            pass
        taken = list(islice(lines, None if end is None else end - begin))
        at = begin + len(taken)
        yield "\n".join(taken).rstrip()[:LONGEST_TEXT]


def _lines(path: Path, encoding: str) -> Iterator[str]:
    """The lines between CR, LF or CRLF, without them."""
    rest = ""
    for text in _texts(path, encoding):
        *lines, rest = (rest + text).split("\n")
        yield from lines
    if rest:
        yield rest


def _texts(path: Path, encoding: str) -> Iterator[str]:
    decoder: io.IncrementalNewlineDecoder | None = None
    for block in line_blocks(path):
        if decoder is None:
            by_mark = next((name for mark, name in MARKS.items() if block.startswith(mark)), None)
            bytes_to_text = codecs.getincrementaldecoder(by_mark or encoding)(errors="replace")
            decoder = io.IncrementalNewlineDecoder(bytes_to_text, translate=True)
        yield decoder.decode(block)
    if decoder is not None:
        yield decoder.decode(b"", final=True)
