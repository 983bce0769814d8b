"""Tables as CSV that no spreadsheet program takes for formulas."""

from io import BytesIO

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
    texts = table.with_columns(TEXTS.cast(pl.String), cs.datetime(time_zone="*").dt.convert_time_zone("UTC"))
    may_be_formulas = texts.select(cs.string().str.contains(FORMULA_START).any())
    risky = [name for name in may_be_formulas.columns if may_be_formulas[name].item()]
    safe = texts.with_columns(_without_formulas(pl.col(risky))) if risky else texts
    header = pl.DataFrame({"name": table.columns}, schema={"name": pl.String})
    safe.columns = header.select(_without_formulas(pl.col("name"))).to_series().to_list()
    content = BytesIO()
    safe.write_csv(content, line_terminator="\r\n", datetime_format=TIME_FORMAT)
    return content.getvalue()


def _without_formulas(text: pl.Expr) -> pl.Expr:
    is_risky = text.str.contains(FORMULA_START) & ~text.str.contains(HARMLESS)
    return pl.when(is_risky).then("'" + text).otherwise(text).name.keep()
