"""Reports that were made, without some of what they say; whatever else they say stays as it is."""

import re
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

from journeys_pipeline.rendering.xlsx import save_workbook, sheet_name

PERSON_COLUMNS = {"Person ID", "person_id"}
GUARD = "'"  # before what a spreadsheet would run as a formula
ARCHIVE = b"PK\x03\x04"
CELL = re.compile(r'("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)')
NEEDS_QUOTES = re.compile(r'[",\r\n]')

Mask = Callable[[str], str]


def redact_report(content: bytes, *, mask: Mask, hashes: Mapping[str, str]) -> bytes:
    """The file of a report, .xlsx or .csv; the same bytes if there is nothing to take out.

    Args:
        content: What was written by `render_csv` or `render_xlsx`.
        mask: What becomes of each text.
        hashes: What becomes of ids in the columns that hold persons.
    """
    if content.startswith(ARCHIVE):
        return _redact_xlsx(content, mask, hashes)
    text = content.decode()
    if mask(text) == text and not any(name in text for name in hashes):
        return content
    return "".join(_redact_csv(text, mask, hashes)).encode()


def _redact_csv(text: str, mask: Mask, hashes: Mapping[str, str]) -> Iterator[str]:
    persons: set[int] = set()
    column, is_header = 0, True
    for found in CELL.finditer(text):
        written, end = found.groups()
        value = written[1:-1].replace('""', '"') if written.startswith('"') else written
        if is_header and value in PERSON_COLUMNS:
            persons.add(column)
        new = hashes.get(value.removeprefix(GUARD), value) if column in persons else value
        new = mask(new)
        yield (written if new == value else _quoted(new)) + end
        column = column + 1 if end == "," else 0
        is_header &= end == ","


def _quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if NEEDS_QUOTES.search(value) else value


def _redact_xlsx(content: bytes, mask: Mask, hashes: Mapping[str, str]) -> bytes:
    from openpyxl import load_workbook  # noqa: PLC0415 - a second of import time that only erasures need

    workbook: Any = load_workbook(BytesIO(content))
    changed = [_change(cell, mask, hashes) for sheet in workbook for column in sheet.iter_cols() for cell in column]
    title = workbook.properties.title or ""
    if mask(title) != title:
        workbook.properties.title = mask(title)
        workbook.active.title = sheet_name(mask(title))  # it may hold a part of what the title held
    elif not any(changed):
        return content
    return save_workbook(workbook)


def _change(cell: Any, mask: Mask, hashes: Mapping[str, str]) -> bool:
    """Whether the cell has another text now."""
    if not isinstance(cell.value, str):
        return False
    is_person = cell.row > 1 and cell.parent.cell(1, cell.column).value in PERSON_COLUMNS
    before = cell.value
    after = mask(hashes.get(before, before) if is_person else before)
    if after != before:
        cell.value = after
        cell.data_type = "s"  # text stays text, whatever it begins with
    return after != before
