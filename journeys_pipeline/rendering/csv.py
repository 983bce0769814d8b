"""Tables as CSV that no spreadsheet program takes for formulas."""

import polars as pl

FORMULA_START = r"^[=+\-@\t\r\n\x00]"
HARMLESS = r"^(\+[0-9]{5,15}|-?[0-9]+(\.[0-9]+)?)$"


def render_csv(table: pl.DataFrame) -> bytes:
    """RFC 4180: CRLF, UTF-8, a header; times as ISO 8601 in UTC.

    Text that a spreadsheet would run as a formula gets a leading quote; E.164 and plain numbers do not.
    """
    texts = [name for name, dtype in table.schema.items() if dtype == pl.String]
    safe = table.with_columns(_without_formulas(pl.col(name)).alias(name) for name in texts)
    return safe.write_csv(line_terminator="\r\n", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ").encode()


def _without_formulas(text: pl.Expr) -> pl.Expr:
    is_risky = text.str.contains(FORMULA_START) & ~text.str.contains(HARMLESS)
    return pl.when(is_risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text)
