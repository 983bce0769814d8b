"""Tables as Excel workbooks in which text stays text and times are real times."""

import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
from polars import selectors as cs

LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_575  # a sheet's rows, less the header
NARROWEST, WIDEST = 10, 60  # of columns, in characters
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
ERROR_START = "#"  # openpyxl makes "#N/A" an error
UNPRINTABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
FORBIDDEN_IN_TITLE = re.compile("[\\[\\]:*?/\\\\\x00-\x1f\ufffe\uffff]")
TEXTS = cs.string() | cs.categorical() | cs.enum()
FIXED_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks hold times without zone
AUTHOR = "journeys_pipeline"
HEADER_FILL, HEADER_INK, HEADER_FONT, HEADER_HEIGHT = "FF24435C", "FFFFFFFF", "Calibri", 20

TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
IN_UTC = '@" (UTC)"'  # the header's text stays what it is, and is shown with the zone behind it
FORMATS: list[tuple[Callable[[pl.DataType], bool], str]] = [
    (lambda dtype: isinstance(dtype, pl.Datetime), TIME_FORMAT),
    (lambda dtype: isinstance(dtype, pl.Date), "yyyy-mm-dd"),
    (lambda dtype: isinstance(dtype, pl.Decimal), "#,##0.00????"),
    (lambda dtype: dtype.is_integer(), "#,##0"),
    (lambda dtype: dtype.is_float(), "0.0%"),  # every float of ours is a share
]
SHOWN: dict[type[pl.DataType], int] = {pl.Datetime: 19, pl.Date: 10, pl.Decimal: 16}
"""Characters that a value of the type needs at most, where its own text does not tell."""


def render_xlsx(table: pl.DataFrame, *, title: str) -> bytes:
    """One sheet, named `<title> (UTC)`: frozen header, filter, widths; the same table gives the same bytes.

    Times are in UTC, and their headers are shown with it. Characters that XML cannot hold become U+FFFD.

    Raises:
        ValueError: a text, the rows or a column's type are more than a sheet holds; make the report as .csv.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - a second of import time that only reports need

    _refuse_unfit(table)
    fit = table.with_columns(
        TEXTS.cast(pl.String).str.replace_all(UNPRINTABLE, "\ufffd"),
        cs.datetime(time_zone="*").dt.convert_time_zone("UTC").dt.replace_time_zone(None),
    )
    workbook = Workbook(write_only=True)
    workbook.properties.creator, workbook.properties.title = AUTHOR, _printable(title)
    sheet = workbook.create_sheet(sheet_name(title))
    _lay_out(sheet, fit)
    sheet.append(_header(sheet, table))
    cells = [_column_cell(sheet, dtype) for dtype in fit.dtypes]
    risky = _RiskyText(sheet)
    for row in fit.iter_rows():
        sheet.append(_row(row, cells, risky))
    return save_workbook(workbook)


def save_workbook(workbook: Any) -> bytes:
    """The workbook's file; the same workbook gives the same bytes, whenever it is saved."""
    from openpyxl.writer.excel import ExcelWriter  # noqa: PLC0415 - as above

    workbook.properties.created = workbook.properties.modified = FIXED_TIME
    buffer = BytesIO()
    ExcelWriter(workbook, _TimelessArchive(buffer, "w", zipfile.ZIP_DEFLATED)).save()
    return buffer.getvalue()


def _refuse_unfit(table: pl.DataFrame) -> None:
    unfit = [
        name for name, dtype in table.schema.items() if dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Object)
    ]
    if unfit:
        raise ValueError(f"No cell holds lists, structures or bytes: turn {', '.join(unfit)} into text first.")
    if table.height > MOST_ROWS:
        raise ValueError(f"The table has {table.height:,} rows, a sheet holds {MOST_ROWS:,}: make the report as .csv.")
    texts = pl.concat([pl.Series(table.columns, dtype=pl.String), *table.select(TEXTS.cast(pl.String))])
    lengths = texts.str.len_chars()
    if (lengths > LONGEST_TEXT).any():
        raise ValueError(
            f"A text has {lengths.max():,} characters, a cell holds {LONGEST_TEXT:,}: make the report as .csv."
        )


def sheet_name(title: str) -> str:
    """At most 31 characters, without those that Excel forbids; a quote may not come first."""
    return (FORBIDDEN_IN_TITLE.sub(" ", title)[:25].strip(" '") + " (UTC)").strip()


def _printable(text: str) -> str:
    return re.sub(UNPRINTABLE, "\ufffd", text)


def _lay_out(sheet: Any, table: pl.DataFrame) -> None:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(table.width)}{table.height + 1}"
    sheet.row_dimensions[1].height = HEADER_HEIGHT
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for number, column in enumerate(table.iter_columns(), start=1):
        sheet.column_dimensions[get_column_letter(number)].width = _width(column)


def _width(column: pl.Series) -> int:
    """Room for the longest value and for the header with its filter button, within reason."""
    longest = SHOWN.get(column.dtype.base_type()) or int(str(column.cast(pl.String).str.len_chars().max() or 0))
    separators = longest // 3 if column.dtype.is_integer() else 0
    zone = len(" (UTC)") if isinstance(column.dtype, pl.Datetime) else 0
    return min(max(NARROWEST, longest + separators + 2, len(column.name) + zone + 4), WIDEST)


def _header(sheet: Any, table: pl.DataFrame) -> list[Any]:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
    from openpyxl.styles import Alignment, Font, PatternFill  # noqa: PLC0415 - as above

    fill, font = PatternFill("solid", fgColor=HEADER_FILL), Font(HEADER_FONT, 11, bold=True, color=HEADER_INK)
    cells: list[Any] = []
    for name, dtype in table.schema.items():
        cell = WriteOnlyCell(sheet, _printable(name))
        cell.data_type = "s"
        cell.font, cell.fill = font, fill
        cell.alignment = Alignment(horizontal="right" if dtype.is_numeric() else "left", vertical="center")
        cell.number_format = IN_UTC if isinstance(dtype, pl.Datetime) else "General"
        cells.append(cell)
    return cells


def _column_cell(sheet: Any, dtype: pl.DataType) -> Any:
    """The one cell that a column's values pass through, with the column's format; None for text and flags."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
    from openpyxl.styles import Alignment  # noqa: PLC0415 - as above

    for is_of, number_format in FORMATS:
        if is_of(dtype):
            cell = WriteOnlyCell(sheet)
            cell.number_format = number_format
            if dtype.is_temporal():
                cell.alignment = Alignment(horizontal="left")  # on the right it would touch the next column's text
            return cell
    return None


class _RiskyText:
    """The cell that texts pass through which openpyxl or a spreadsheet would take for a formula or an error."""

    def __init__(self, sheet: Any) -> None:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above

        self._error, self._formula = WriteOnlyCell(sheet), WriteOnlyCell(sheet)
        self._formula.quotePrefix = True  # else Excel makes it a formula when someone edits the cell

    def hold(self, text: str) -> Any:
        cell = self._formula if text.startswith(FORMULA_START) else self._error
        cell.value = text
        cell.data_type = "s"
        return cell


def _row(row: tuple[Any, ...], cells: list[Any], risky: _RiskyText) -> Iterator[Any]:
    """The row's values one by one: each is written before the next is asked for, so that a cell can serve again."""
    for value, cell in zip(row, cells, strict=True):
        if cell is not None and value is not None:
            cell.value = value
            yield cell
        elif isinstance(value, str) and value.startswith((*FORMULA_START, ERROR_START)):
            yield risky.hold(value)
        else:
            yield value


class _TimelessArchive(zipfile.ZipFile):
    """An archive whose entries all have the same time stamp."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:
        entry = zipfile.ZipInfo(str(zinfo_or_arcname), (2000, 1, 1, 0, 0, 0))
        super().writestr(entry, data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        self.writestr(arcname, Path(filename).read_bytes())
