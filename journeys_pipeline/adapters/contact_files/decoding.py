"""Bytes in any encoding become UTF-8, in which what cannot be decoded stays undecodable."""

import codecs
from collections.abc import Iterator
from typing import cast

from journeys_pipeline.adapters.contact_files.refusal import Limits, UnreadableFile, overlong_row

_BOMS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Which of the first four bytes are zero if the text begins with ASCII characters.
_ZEROS = {
    "x000": "utf-32-le",
    "000x": "utf-32-be",
    "x0x0": "utf-16-le",
    "0x0x": "utf-16-be",
}
_UNMARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
_TAIL = b"\x00\x1a\r\n"  # padding of old transfer programs and of disks that lost power

_KEEP_UNDECODABLE = "journeys_pipeline.keep_undecodable"
_LONE_SURROGATE = "\udfff"  # cannot come out of a sound decoding, and is no UTF-8

codecs.register_error(_KEEP_UNDECODABLE, lambda error: (_LONE_SURROGATE, cast("UnicodeDecodeError", error).end))


def utf8_pieces(pieces: Iterator[bytes], *, encoding: str, limits: Limits) -> Iterator[bytes]:
    """The file's text as UTF-8, without byte order mark and without padding or line ends after its last row.

    A byte order mark goes before `encoding`, and so do zeros in the first four bytes, which only UTF-16 and
    UTF-32 have there. Bytes that cannot be decoded become, or stay, bytes that are no UTF-8.

    Raises:
        UnreadableFile: the encoding is not known.
    """
    return _without_tail(_decoded(pieces, encoding), limits)


def _decoded(pieces: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    first = next(pieces, b"")
    mark = next((mark for mark in _BOMS if first.startswith(mark)), b"")
    seen = _ZEROS.get("".join("x" if byte else "0" for byte in first[:4]))
    codec = _BOMS.get(mark) or seen or _codec(encoding)
    decode = None if codec == "utf-8" else codecs.getincrementaldecoder(codec)(_KEEP_UNDECODABLE).decode
    for piece in _chain(first.removeprefix(mark), pieces):
        yield decode(piece).encode("utf-8", "surrogatepass") if decode else piece
    if decode:
        yield decode(b"", final=True).encode("utf-8", "surrogatepass")


def _codec(encoding: str) -> str:
    try:
        "a".encode(encoding)  # codecs.lookup would also take base64 and the like
        name = codecs.lookup(encoding).name
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError) as error:
        raise UnreadableFile(f"The encoding {encoding!r} is not known. Name a Python codec, e.g. cp1252.") from error
    return _UNMARKED.get(name, name)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _without_tail(pieces: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        whole = held + piece
        body = whole.rstrip(_TAIL)
        held = whole[len(body) :]
        if len(held) > limits.max_row_bytes:
            raise overlong_row(limits)
        if body:
            yield body
