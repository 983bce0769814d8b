"""Tables as CSV that no spreadsheet program takes for formulas."""

import polars as pl
from polars import selectors as cs

FORMULA_START = r"^[=+\-@\t\r\n\x00]"
HARMLESS = r"^(\+[0-9]{5,15}|-?[0-9]+(\.[0-9]+)?)$"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S%.fZ"
TEXTS = cs.string() | cs.categorical() | cs.enum()


def render_csv(table: pl.DataFrame) -> bytes:
    """RFC 4180: CRLF, UTF-8, a header; times as ISO 8601 in UTC, their fraction only if there is one.

    Text that a spreadsheet would run as a formula gets a leading quote; E.164 and plain numbers do not.
    A time without a zone is taken for UTC, as everywhere here.
    """
    safe = table.with_columns(
        _without_formulas(TEXTS.cast(pl.String)), cs.datetime(time_zone="*").dt.convert_time_zone("UTC")
    )
    header = pl.DataFrame({"name": table.columns}, schema={"name": pl.String})
    safe.columns = header.select(_without_formulas(pl.col("name"))).to_series().to_list()
    return safe.write_csv(line_terminator="\r\n", datetime_format=TIME_FORMAT).encode()


def _without_formulas(text: pl.Expr) -> pl.Expr:
    is_risky = text.str.contains(FORMULA_START) & ~text.str.contains(HARMLESS)
    return pl.when(is_risky).then("'" + text).otherwise(text).name.keep()
