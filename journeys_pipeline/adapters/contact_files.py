"""Rows of a customer's contact file, read with care: every row is accounted for, readable or not (F43, F52, D11)."""

import codecs
import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
import zstandard

SCHEMA = {
    "row_number": pl.Int64,
    "raw_phone": pl.String,
    "raw_email": pl.String,
    "attributes": pl.String,
    "is_readable": pl.Boolean,
}

_DELIMITERS = [",", ";", "\t", "|"]
_QUOTE = '"'
_ENDS = "\r\n"
_TAIL = "\x00\x1a"  # padding of old transfer programs and of disks that lost power
_LINES_PER_ROW = 100  # beyond it a quote was forgotten; the limit also keeps hostile files from quadratic time
_ROWS_PER_CHUNK = 65_536
_NAMES_IN_MESSAGE = 30
_NAME_LENGTH_IN_MESSAGE = 40
_CONTACT_LIKE = re.compile(r"@|(?:\d\D{0,2}){7}")
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_BOMS = {  # UTF-32 first: its little-endian mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UNDECODABLE = re.compile("[\ud800-\udfff]")
_MARK_UNDECODABLE = "journeys_pipeline.mark_undecodable"

# A lone surrogate cannot come out of a sound decoding, so it marks what could not be decoded, and only there.
codecs.register_error(_MARK_UNDECODABLE, lambda error: ("\udfff", cast("UnicodeDecodeError", error).end))


class UnreadableFile(ValueError):  # it says what the file is, as the manifest does
    """A file that is refused as a whole; the message says what to do about it."""


def read_contact_rows(
    path: Path,
    *,
    phone_column: str | None,
    email_column: str | None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
) -> pl.DataFrame:
    """One row per entry of a contact file: row_number, raw_phone, raw_email, attributes (JSON), is_readable.

    row_number is the line on which the row begins, the file's first line being 1. Blank lines are no entries.
    A row that is ragged, undecodable or has an unclosed quote is not readable; it costs its own first line only,
    and reading goes on from the next (D11). gzip, zstd and byte order marks are recognised by the bytes; a
    mark goes before `encoding`. Without `delimiter` a `sep=` line decides, else the header.

    Raises:
        UnreadableFile: no header, a wanted column is missing or there twice, unknown encoding, damaged compression.
    """
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 refuses long notes
    wanted = [name for name in (phone_column, email_column) if name is not None]
    try:
        with path.open("rb") as file, _open_text(file, encoding) as text:
            lines = _PhysicalLines(text)
            header = _read_header(lines, wanted=wanted, delimiter=delimiter)
            return _collect(lines, header, phone_column=phone_column, email_column=email_column)
    except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
        raise UnreadableFile("The compressed file is damaged or cut off. Compress it and send it again.") from error


def _open_text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file's text: decompressed, byte order mark removed, line ends kept as they are."""
    source = io.BufferedReader(cast("io.RawIOBase", _decompressed(cast("io.BufferedReader", file))))
    start = source.peek(4)
    by_mark = next((name for mark, name in _BOMS.items() if start.startswith(mark)), None)
    try:
        return io.TextIOWrapper(source, encoding=by_mark or encoding, errors=_MARK_UNDECODABLE, newline="")
    except LookupError as error:
        raise UnreadableFile(f"The encoding {encoding!r} is not known. Name a Python codec, e.g. cp1252.") from error


def _decompressed(file: io.BufferedReader) -> io.IOBase:
    start = file.peek(4)
    if start.startswith(_GZIP_MAGIC):
        return gzip.GzipFile(fileobj=file)
    return _ZstdFile(file) if start.startswith(_ZSTD_MAGIC) else file


class _ZstdFile(io.RawIOBase):
    """A zstd file that notices when it is cut off, which the library's own stream reader does not."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] # always this
        while not self._ready:
            if self._frame.eof:
                compressed = self._frame.unused_data or self._file.read(io.DEFAULT_BUFFER_SIZE)
                if not compressed:
                    return 0
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            elif not (compressed := self._file.read(io.DEFAULT_BUFFER_SIZE)):
                raise EOFError
            self._ready = self._frame.decompress(compressed)
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


class _PhysicalLines(Iterator[str]):
    """The lines between CR, LF or CRLF (never U+2028), counted, without padding after the last."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.number = 0
        self._fresh = _without_tail(text)
        self._returned: list[str] = []

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else next(self._fresh)
        self.number += 1
        return line

    def put_back(self, lines: list[str]) -> None:
        self._returned.extend(reversed(lines))
        self.number -= len(lines)


def _without_tail(text: io.TextIOWrapper) -> Iterator[str]:
    held = ""
    for line in text:
        if held:
            yield held
        held = line
    yield held.rstrip(_TAIL + _ENDS)


def _split(line: str, lines: _PhysicalLines, delimiter: str) -> tuple[list[str] | None, list[str]]:
    """The fields of the row that begins with `line` (None: broken quoting), and the further lines that it took."""
    if _QUOTE not in line:
        return line.rstrip(_ENDS).split(delimiter), []
    taken: list[str] = []

    def of_row() -> Iterator[str]:
        yield line
        while len(taken) < _LINES_PER_ROW and (following := next(lines, None)) is not None:
            taken.append(following)
            yield following

    try:
        return next(csv.reader(of_row(), delimiter=delimiter, strict=True)), taken
    except csv.Error:
        return None, taken


@dataclass(frozen=True)
class _Header:
    names: list[str]
    delimiter: str
    keys: list[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", [_key(name) for name in self.names])

    def position(self, wanted: str | None) -> int | None:
        """Where a wanted column stands; None if none is wanted."""
        return None if wanted is None else self.keys.index(_key(wanted))

    def has(self, wanted: list[str]) -> bool:
        return all(_key(name) in self.keys for name in wanted)


def _key(name: str) -> str:
    return name.strip().strip("\ufeff").strip().casefold()


def _read_header(lines: _PhysicalLines, *, wanted: list[str], delimiter: str | None) -> _Header:
    line = next((line for line in lines if line.strip()), None)
    separator = re.fullmatch(r'"?sep=([^\w"\r\n])"?', line.rstrip(_ENDS), re.IGNORECASE) if line else None
    if separator:
        line = next((line for line in lines if line.strip()), None)
        delimiter = delimiter or separator[1]
    if line is None:
        raise UnreadableFile("The file is empty. Send it with a header line that names the columns.")
    headers: list[_Header] = []
    for candidate in [delimiter] if delimiter else _DELIMITERS:
        fields, taken = _split(line, lines, candidate)
        lines.put_back(taken)
        if fields is not None:
            headers.append(_Header([_UNDECODABLE.sub("\ufffd", name).strip() for name in fields], candidate))
    if not headers:
        raise UnreadableFile("The header line has a quote that is not closed. Correct the header and send it again.")
    header = max(headers, key=lambda header: (header.has(wanted), len(header.names)))
    _refuse_wrong_columns(header, wanted)
    _split(line, lines, header.delimiter)  # takes the lines of a header that has a quoted line end
    return header


def _refuse_wrong_columns(header: _Header, wanted: list[str]) -> None:
    for name in wanted:
        count = header.keys.count(_key(name))
        if count > 1:
            raise UnreadableFile(f"The header has the column {name!r} {count} times. Leave one and send it again.")
        if count == 0:
            raise UnreadableFile(
                f"The header has no column {name!r}; {_described(header)} "
                "Correct the header, or the feed's column names, delimiter or encoding."
            )


def _described(header: _Header) -> str:
    """What the header holds; a first line of data is not repeated, for it holds contacts."""
    if any(_CONTACT_LIKE.search(name) for name in header.names):
        return "the first line looks like data, not like column names."
    shown = [repr(name[:_NAME_LENGTH_IN_MESSAGE]) for name in header.names[:_NAMES_IN_MESSAGE]]
    rest = len(header.names) - len(shown)
    return f"it has {', '.join(shown)}{f' and {rest} more' if rest else ''}."


def _collect(
    lines: _PhysicalLines, header: _Header, *, phone_column: str | None, email_column: str | None
) -> pl.DataFrame:
    phone_at, email_at = header.position(phone_column), header.position(email_column)
    others = {
        name: position for position, name in enumerate(_distinct(header.names)) if position not in (phone_at, email_at)
    }
    to_json = json.JSONEncoder(ensure_ascii=False).encode
    chunks: list[pl.DataFrame] = []
    rows: list[tuple[int, str | None, str | None, str, bool]] = []
    for number, fields in _rows(lines, header):
        if fields is None:
            rows.append((number, None, None, "{}", False))
        else:
            phone = None if phone_at is None else fields[phone_at]
            email = None if email_at is None else fields[email_at]
            attributes = to_json({name: fields[position] for name, position in others.items()})
            rows.append((number, phone, email, attributes, True))
        if len(rows) == _ROWS_PER_CHUNK:
            chunks.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
            rows = []
    return pl.concat([*chunks, pl.DataFrame(rows, schema=SCHEMA, orient="row")])


def _distinct(names: list[str]) -> list[str]:
    """Column names without blanks and repetitions, so that no attribute hides another."""
    distinct: list[str] = []
    for position, name in enumerate(names, start=1):
        candidate = name or f"column {position}"
        while candidate in distinct:
            candidate = f"{candidate} ({position})"
        distinct.append(candidate)
    return distinct


def _rows(lines: _PhysicalLines, header: _Header) -> Iterator[tuple[int, list[str] | None]]:
    """The line number and fields of each entry; None for fields that cannot be read."""
    delimiter, width = header.delimiter, len(header.names)
    for line in lines:
        if not line.strip() and delimiter not in line:
            continue
        number = lines.number
        fields, taken = _split(line, lines, delimiter)
        if fields is None or len(fields) != width:
            # A forgotten quote would hide the rows that follow: they are read again, each for itself.
            lines.put_back(taken)
            fields = None
        elif not all(part.isascii() or not _UNDECODABLE.search(part) for part in (line, *taken)):
            fields = None
        yield number, fields
