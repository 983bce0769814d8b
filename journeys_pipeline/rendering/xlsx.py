"""Tables as Excel workbooks in which text stays text and times are real times."""

import re
import zipfile
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import polars as pl
from polars import selectors as cs

LONGEST_TEXT = 32_767
MOST_ROWS = 1_048_575  # a sheet's rows, less the header
TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
WIDTHS: dict[type[pl.DataType], int] = {pl.Datetime: 21, pl.Date: 12, pl.String: 34}
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
FORBIDDEN_IN_TITLE = re.compile("[\\[\\]:*?/\\\\\x00-\x1f\ufffe\uffff]")
TEXTS = cs.string() | cs.categorical() | cs.enum()
FIXED_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 - workbooks hold times without zone


def render_xlsx(table: pl.DataFrame, *, title: str) -> bytes:
    """One sheet, named `<title> (UTC)`: frozen header, filter, widths; the same table gives the same bytes.

    Characters that XML cannot hold become U+FFFD.

    Raises:
        ValueError: a text, the rows or a column's type are more than a sheet holds; make the report as .csv.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - a second of import time that only reports need
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - as above

    _refuse_unfit(table)
    workbook = Workbook(write_only=True)
    workbook.properties.created = workbook.properties.modified = FIXED_TIME
    sheet = workbook.create_sheet(_sheet_name(title))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(table.width)}{table.height + 1}"
    for number, dtype in enumerate(table.dtypes, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(dtype.base_type(), 14)
    sheet.append([_cell(sheet, name, bold=True) for name in table.columns])
    for row in table.iter_rows():
        sheet.append([_cell(sheet, value) for value in row])
    buffer = BytesIO()
    workbook.save(buffer)
    return _without_times(buffer.getvalue())


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


def _sheet_name(title: str) -> str:
    """At most 31 characters, without those that Excel forbids; a quote may not come first."""
    return (FORBIDDEN_IN_TITLE.sub(" ", title)[:25].strip(" '") + " (UTC)").strip()


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above
    from openpyxl.styles import Font  # noqa: PLC0415 - as above

    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value)
        cell.number_format = TIME_FORMAT
        return cell
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, UNPRINTABLE.sub("\ufffd", value))
    cell.data_type = "s"  # openpyxl makes "=…" a formula and "#N/A" an error
    if value.startswith(FORMULA_START):
        cell.quotePrefix = True  # else Excel makes it a formula when someone edits the cell
    if bold:
        cell.font = Font(bold=True)
    return cell


def _without_times(workbook: bytes) -> bytes:
    """The same archive with all of its time stamps fixed."""
    result = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return result.getvalue()
