"""Rows read one by one, whatever shape they are in: what a row is, is decided here (D11)."""

import codecs
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import polars as pl

from journeys_pipeline.adapters.contact_files.layout import SCHEMA, Layout
from journeys_pipeline.adapters.contact_files.refusal import Limits

_LINES_PER_ROW = 100  # beyond it a quote was forgotten; the limit also keeps hostile files from quadratic time
_QUOTE = '"'
_ENDS = "\r\n"
_UNDECODABLE = "\udfff"  # a lone surrogate cannot come out of a sound decoding
_MARK_UNDECODABLE = "journeys_pipeline.mark_undecodable"

codecs.register_error(_MARK_UNDECODABLE, lambda error: (_UNDECODABLE, cast("UnicodeDecodeError", error).end))
csv.field_size_limit(min(sys.maxsize, 2**31 - 1))  # the default of 131,072 refuses long notes

to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True)
class Row:
    """The fields of a row (None: it cannot be read), and the number of lines that it takes."""

    fields: list[str] | None
    lines: int


@dataclass(frozen=True)
class Rows:
    """Rows with the columns of SCHEMA, the lines on which they go on, and where reading ended early (None: not)."""

    table: pl.DataFrame
    continuations: list[range]
    unfinished_at: int | None


class _Unfinished(Exception):
    """The row may go on after the lines at hand."""


def read_rows(
    lines: Sequence[bytes], starts: Iterable[int], layout: Layout, *, first_line: int, is_last: bool, limits: Limits
) -> Rows:
    """The rows that begin on the lines `starts`, in order; a start within an earlier row is none.

    Blank lines are no rows. Reading ends before a row that may go on after `lines`, which none does if `is_last`.
    A row that is ragged or has an unclosed quote takes one line only, and the lines after it are read again.
    """
    records: list[tuple[int, str | None, str | None, str, bool]] = []
    continuations: list[range] = []
    end = 0
    for at in starts:
        if at < end or _is_blank(lines[at], layout.delimiter):
            continue
        row = split_row(lines, at, layout.delimiter, is_last=is_last, limits=limits)
        if row is None:
            return Rows(_table(records), continuations, at)
        if row.fields is None or len(row.fields) != len(layout.names):
            row = Row(None, 1)
        end = at + row.lines
        continuations.append(range(at + 1, end))
        records.append((first_line + at, *_record(row, layout)))
    return Rows(_table(records), continuations, None)


def split_row(lines: Sequence[bytes], at: int, delimiter: str, *, is_last: bool, limits: Limits) -> Row | None:
    """The row that begins on line `at`; None if it may go on after `lines`, which it does not if `is_last`."""
    line = _decoded(lines[at])
    if _QUOTE not in line:
        return Row(line.rstrip(_ENDS).split(delimiter), 1)
    row_lines = _RowLines(lines, at, is_last=is_last, limits=limits)
    try:
        fields = next(csv.reader(row_lines, delimiter=delimiter, strict=True))
    except csv.Error:
        return Row(None, 1)
    except _Unfinished:
        return None
    return Row(fields, row_lines.taken)


class _RowLines(Iterator[str]):
    """The lines that one row may take."""

    def __init__(self, lines: Sequence[bytes], at: int, *, is_last: bool, limits: Limits) -> None:
        self.taken = 0
        self._lines = lines
        self._at = at
        self._is_last = is_last
        self._bytes_left = limits.max_row_bytes

    def __next__(self) -> str:
        if self.taken == _LINES_PER_ROW or self._bytes_left < 0:
            raise StopIteration
        position = self._at + self.taken
        if position == len(self._lines):
            raise StopIteration if self._is_last else _Unfinished
        self.taken += 1
        self._bytes_left -= len(self._lines[position])
        return _decoded(self._lines[position])


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", _MARK_UNDECODABLE)


def _is_decodable(text: str) -> bool:
    return _UNDECODABLE not in text


def _is_blank(line: bytes, delimiter: str) -> bool:
    text = _decoded(line)
    return not text.strip() and delimiter not in text


def _record(row: Row, layout: Layout) -> tuple[str | None, str | None, str, bool]:
    fields = row.fields
    if fields is None or not (all(map(str.isascii, fields)) or all(map(_is_decodable, fields))):
        return None, None, "{}", False
    phone = None if layout.phone_at is None else fields[layout.phone_at]
    email = None if layout.email_at is None else fields[layout.email_at]
    return phone, email, to_json({name: fields[position] for name, position in layout.others.items()}), True


def _table(records: list[tuple[int, str | None, str | None, str, bool]]) -> pl.DataFrame:
    return pl.DataFrame(records, schema=SCHEMA, orient="row")
