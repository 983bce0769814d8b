"""The header of a contact file: its delimiter, and which columns are wanted (F52)."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

from journeys_pipeline.adapters.contact_files.careful import split_row
from journeys_pipeline.adapters.contact_files.foreign import named_text
from journeys_pipeline.adapters.contact_files.layout import Layout
from journeys_pipeline.adapters.contact_files.refusal import Limits, UnreadableFile

_DELIMITERS = ",;\t|"
_TEXT = re.compile(r"[^\s,;|\ufeff]")  # a spreadsheet's empty rows have delimiters alone
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w"\r\n])"?\s*', re.IGNORECASE)
_NAMES_IN_MESSAGE = 30
_NAME_LENGTH_IN_MESSAGE = 40
_CONTACT_LIKE = re.compile(r"@|(?:\d\D{0,2}){7}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
_AROUND_NAMES = " \ufeff\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb"


@dataclass(frozen=True)
class Wanted:
    """The names that the wanted columns may have, none for a contact type that is not wanted; what is known else."""

    phone: tuple[str, ...]
    email: tuple[str, ...]
    delimiter: str | None = None
    encoding: str = "utf-8"


def read_header(text: bytes, wanted: Wanted, *, is_last: bool, limits: Limits) -> tuple[Layout, list[bytes]] | None:
    """What the header says, and the lines up to its end; None if the text must go on (unless `is_last`).

    Lines without any text before the header are skipped. A `sep=` line names the delimiter, unless `wanted` does;
    without both that delimiter is taken which finds the wanted columns, else the most columns.

    Raises:
        UnreadableFile: no header; a wanted column is missing, or there twice; too many columns.
    """
    lines = text.splitlines(keepends=True)
    at = _next_with_text(lines, 0)
    separator = _SEPARATOR_LINE.fullmatch(_decoded(lines[at])) if at < len(lines) else None
    if separator:
        at = _next_with_text(lines, at + 1)
    if at == len(lines):
        if is_last:
            raise UnreadableFile("The file is empty. Send it with a header line that names the columns.")
        return None
    delimiter = wanted.delimiter or (separator[1] if separator else None)
    headers: list[tuple[_Header, int]] = []
    for candidate in delimiter or _DELIMITERS:
        row = split_row(lines, at, candidate, is_last=is_last, limits=limits)
        if row is None:
            return None
        if row.fields is not None:
            headers.append((_Header(row.fields, candidate), at + row.lines))
    if not headers:
        raise UnreadableFile("The header line has a quote that is not closed. Correct the header and send it again.")
    header, end = max(headers, key=lambda found: (found[0].has(wanted), len(found[0].names)))
    return header.layout(wanted, limits=limits), lines[:end]


def _next_with_text(lines: list[bytes], start: int) -> int:
    texts = (at for at in range(start, len(lines)) if _TEXT.search(_decoded(lines[at])))
    return next(texts, len(lines))


def _decoded(line: bytes) -> str:
    return line.decode(errors="replace")


def _key(name: str) -> str:
    """A column's name as it is compared: without case, quotes, and differences between kinds of blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).strip(_AROUND_NAMES).split()).casefold().strip(_AROUND_NAMES)


@dataclass(frozen=True)
class _Header:
    fields: list[str]
    delimiter: str

    @cached_property
    def names(self) -> list[str]:
        readable = [field.encode(errors="replace").decode() for field in self.fields]
        return [" ".join(_CONTROL.sub(" ", field).split()) for field in readable]

    @cached_property
    def keys(self) -> list[str]:
        return [_key(name) for name in self.names]

    def has(self, wanted: Wanted) -> bool:
        return all(any(_key(name) in self.keys for name in names) for names in (wanted.phone, wanted.email) if names)

    def layout(self, wanted: Wanted, *, limits: Limits) -> Layout:
        phone_at, email_at = self._position(wanted.phone), self._position(wanted.email)
        if len(self.fields) > limits.max_columns:
            raise UnreadableFile(
                f"The header has {len(self.fields):,} columns; {limits.max_columns:,} are allowed (max_columns). "
                "Leave out those that are not needed."
            )
        return Layout(_distinct(self.names), self.delimiter, phone_at, email_at)

    def _position(self, names: tuple[str, ...]) -> int | None:
        """Where a wanted column stands; None if none is wanted."""
        if not names:
            return None
        keys = {_key(name): name for name in reversed(names)}
        found = [position for position, key in enumerate(self.keys) if key in keys]
        called = sorted({keys[self.keys[position]] for position in found}, key=names.index)
        if len(called) > 1:
            raise UnreadableFile(
                f"The header has {' and '.join(map(repr, called))}, and only one of them can be read. "
                "Leave one, or name one alone in the feed."
            )
        if len(found) > 1:
            raise UnreadableFile(
                f"The header has the column {called[0]!r} {len(found)} times. Leave one and send it again."
            )
        if not found:
            raise UnreadableFile(self._missing(names))
        return found[0]

    def _missing(self, names: tuple[str, ...]) -> str:
        """Why a column is not there; a first line of data is not repeated, for it holds contacts."""
        first_line = self.delimiter.join(self.fields)
        kind = named_text(first_line)
        if kind:
            return f"The file is {kind}, not CSV. Send it as CSV, with a header line that names the columns."
        if _NOT_TEXT.search(self.delimiter.join(self.names)) or _NOT_TEXT.search(first_line):
            return "The first line is not readable text. Send the file as CSV, in the encoding that the feed names."
        wanted = f"no column {names[0]!r}" if len(names) == 1 else f"none of the columns {', '.join(map(repr, names))}"
        return (
            f"The header has {wanted}; {self._described()} "
            "Correct the header, or the feed's column names, delimiter or encoding."
        )

    def _described(self) -> str:
        if any(_CONTACT_LIKE.search(name) for name in self.names):
            return "the first line looks like data, not like column names."
        shown = [repr(name[:_NAME_LENGTH_IN_MESSAGE]) for name in self.names[:_NAMES_IN_MESSAGE]]
        rest = len(self.names) - len(shown)
        return f"it has {', '.join(shown)}{f' and {rest} more' if rest else ''}."


def _distinct(names: list[str]) -> list[str]:
    """Column names without blanks and repetitions, so that no attribute hides another."""
    distinct: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        candidate = name or f"column {position}"
        while candidate in distinct:
            candidate = f"{candidate} ({position})"
        distinct[candidate] = None
    return list(distinct)
