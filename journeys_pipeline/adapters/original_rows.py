"""The text of rows of a landed contact file, as its sender wrote them."""

import codecs
import io
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from journeys_pipeline.adapters.contact_files import Limits
from journeys_pipeline.adapters.contact_files.decoding import utf8_pieces
from journeys_pipeline.adapters.contact_files.unpacking import unpacked

LONGEST_TEXT = 10_000  # characters of one row
PIECE_BYTES = 1024 * 1024
READ_BEFORE = Limits(max_bytes=sys.maxsize, max_expansion=sys.maxsize, max_row_bytes=sys.maxsize)


def original_rows(path: Path, *, encoding: str, spans: Iterable[tuple[int, int | None]]) -> Iterator[str]:
    """Each row's text, in order; what cannot be decoded is U+FFFD, and what is too long is cut.

    Args:
        path: The landed bytes; may be packed.
        encoding: Of files without byte-order mark.
        spans: Per row the line that it begins on (the first is 1) and the line that the next row begins on, if any.
    """
    lines = lines_of(path, encoding)
    at = 1
    for begin, end in spans:
        for _ in islice(lines, begin - at):
            pass
        taken = list(islice(lines, None if end is None else end - begin))
        at = begin + len(taken)
        yield "\n".join(taken).rstrip()[:LONGEST_TEXT]


def lines_of(path: Path, encoding: str) -> Iterator[str]:
    """The lines between CR, LF or CRLF, without them."""
    rest = ""
    for text in _texts(path, encoding):
        *lines, rest = (rest + text).split("\n")
        yield from lines
    if rest:
        yield rest


def _texts(path: Path, encoding: str) -> Iterator[str]:
    pieces = unpacked(path, piece_bytes=PIECE_BYTES, limits=READ_BEFORE)
    text = codecs.getincrementaldecoder("utf-8")(errors="replace")
    decoder = io.IncrementalNewlineDecoder(text, translate=True)
    for piece in utf8_pieces(pieces, encoding=encoding, limits=READ_BEFORE):
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)
