"""Rows of a customer's contact file, read with care: every row is accounted for, readable or not (F43, F52, D11)."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.contact_files.header import Wanted
from journeys_pipeline.adapters.contact_files.layout import SCHEMA
from journeys_pipeline.adapters.contact_files.reading import read_chunks
from journeys_pipeline.adapters.contact_files.refusal import Limits, UnreadableFile

__all__ = ["SCHEMA", "Limits", "UnreadableFile", "read_contact_rows"]

_DEFAULTS = Limits()


def read_contact_rows(
    path: Path,
    *,
    phone_column: Sequence[str] | str | None,
    email_column: Sequence[str] | str | None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    limits: Limits = _DEFAULTS,
) -> Iterator[pl.DataFrame]:
    """One row per entry of a contact file, in file order, in chunks of bounded size (at least one).

    Columns: row_number, raw_phone, raw_email, attributes (the other columns as a JSON object), is_readable.
    row_number is the line on which the row begins, the file's first line being 1. Blank lines are no entries.
    A row that is ragged, undecodable or has an unclosed quote is not readable; it costs its own first line only,
    and reading goes on from the next (D11). gzip, zstd, zip (of one file) and byte order marks are recognised by
    the bytes; a mark goes before `encoding`. Without `delimiter` a `sep=` line decides, else the header.

    Args:
        path: The file.
        phone_column: The column's name in the header, or the names that it may have; None if it is not wanted.
        email_column: Likewise. Names are compared without case, surrounding quotes and extra blanks.
        delimiter: The character between fields, if it is known.
        encoding: A Python codec, for files that do not say themselves.
        limits: What a file may hold at most.

    Raises:
        UnreadableFile: the file is refused as a whole, and says why. It may come after some chunks, which the
            caller then must not use: no CSV file, no header, a wanted column missing or there twice, unknown
            encoding, damaged compression, a limit passed.
    """
    wanted = Wanted(_names(phone_column), _names(email_column), delimiter=delimiter, encoding=encoding)
    return read_chunks(path, wanted, limits=limits)


def _names(column: Sequence[str] | str | None) -> tuple[str, ...]:
    return (column,) if isinstance(column, str) else tuple(column or ())
