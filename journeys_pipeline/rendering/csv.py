"""Tables as CSV that no spreadsheet program takes for formulas."""

import polars as pl

FORMULA_START = r"^[=+\-@\t\r\n\x00]"
HARMLESS = r"^(\+[0-9]{5,15}|-?[0-9]+(\.[0-9]+)?)$"


def render_csv(table: pl.DataFrame) -> bytes:
    """RFC 4180: CRLF, UTF-8, a header; times as ISO 8601 in UTC.

    Text that a spreadsheet would run as a formula gets a leading quote; E.164 and plain numbers do not.
    """
    is_risky = pl.col(pl.String).str.contains(FORMULA_START) & ~pl.col(pl.String).str.contains(HARMLESS)
    safe = pl.when(is_risky).then(pl.concat_str(pl.lit("'"), pl.col(pl.String))).otherwise(pl.col(pl.String))
    texts = table.select(safe.name.keep()) if table.select(pl.col(pl.String)).width else None
    with_safe_texts = table.with_columns(texts.iter_columns()) if texts is not None else table
    return with_safe_texts.write_csv(line_terminator="\r\n", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ").encode()
