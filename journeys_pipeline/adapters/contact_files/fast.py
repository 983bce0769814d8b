"""Blocks read by Polars as far as it agrees with the careful reader, who reads the other lines."""

from dataclasses import dataclass
from itertools import chain

import polars as pl

from journeys_pipeline.adapters.contact_files.careful import read_rows, to_json
from journeys_pipeline.adapters.contact_files.judging import Judged
from journeys_pipeline.adapters.contact_files.layout import SCHEMA, Layout
from journeys_pipeline.adapters.contact_files.refusal import Limits


@dataclass(frozen=True)
class BlockRows:
    """Rows with the columns of SCHEMA, the number of lines that they and blank lines take, and the text after these."""

    table: pl.DataFrame
    lines: int
    rest: bytes


def read_block(block: Judged, layout: Layout, *, first_line: int, is_last: bool, limits: Limits) -> BlockRows:
    """The rows of a block, in order; one that may go on after the block, as none does if `is_last`, is left unread.

    A regular line on which an irregular row turns out to go on is no row of its own.
    """
    if block.lines is None:
        table = _parsed(block.text, layout, is_clean=True)
        numbers = pl.int_range(first_line, first_line + table.height, eager=True)
        return BlockRows(_filled(table, numbers), table.height, b"")
    irregular = block.lines.get_column("is_regular").not_().arg_true().to_list()
    lines = block.text.splitlines(keepends=True) if irregular else []
    careful = read_rows(lines, irregular, layout, first_line=first_line, is_last=is_last, limits=limits)
    end = block.lines.height if careful.unfinished_at is None else careful.unfinished_at
    regular = _regular_rows(block.lines.head(end), careful.continuations)
    table = careful.table
    if not regular.is_empty():
        read = _parsed(_joined(regular, block), layout, is_clean=False)
        numbered = _filled(read, regular.get_column("line_index") + first_line)
        table = numbered if table.is_empty() else pl.concat([numbered, table]).sort("row_number")
    return BlockRows(table, end, b"".join(lines[end:]))


def _regular_rows(lines: pl.DataFrame, continuations: list[range]) -> pl.DataFrame:
    """The regular lines and their line_index, less those on which another row goes on."""
    numbered = lines.with_columns(line_index=pl.int_range(pl.len(), dtype=pl.Int64)).filter("is_regular")
    taken = pl.DataFrame({"line_index": [*chain.from_iterable(continuations)]}, schema={"line_index": pl.Int64})
    return numbered if taken.is_empty() else numbered.join(taken, on="line_index", how="anti", maintain_order="left")


def _joined(regular: pl.DataFrame, block: Judged) -> bytes:
    if block.lines is not None and regular.height == block.lines.height:
        return block.plain
    return regular.select(pl.col("line").str.join("\n").cast(pl.Binary)).item() + b"\n"


def _parsed(text: bytes, layout: Layout, *, is_clean: bool) -> pl.DataFrame:
    """raw_phone, raw_email and attributes of text in which each line is a row."""
    fields = [str(position) for position in range(len(layout.names))]
    nothing = pl.lit(None, pl.String)
    return (
        pl.scan_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(fields, pl.String),
            separator=layout.delimiter,
            empty_string_is_null=False,
        )
        .select(
            raw_phone=nothing if layout.phone_at is None else pl.col(fields[layout.phone_at]),
            raw_email=nothing if layout.email_at is None else pl.col(fields[layout.email_at]),
            attributes=_attributes(layout.others, is_clean=is_clean),
        )
        .collect(engine="streaming")
    )


def _attributes(others: dict[str, int], *, is_clean: bool) -> pl.Expr:
    """The careful reader's JSON. Polars escapes as Python does, but filling in a form takes a third of the time."""
    if not others:
        return pl.lit("{}")
    if not is_clean:
        return pl.struct(pl.col(str(position)).alias(name) for name, position in others.items()).struct.json_encode()
    pairs = [to_json(name).replace("{", "{{").replace("}", "}}") + ':"{}"' for name in others]
    return pl.format("{{" + ",".join(pairs) + "}}", *map(str, others.values()))


def _filled(table: pl.DataFrame, row_numbers: pl.Series) -> pl.DataFrame:
    return table.with_columns(row_number=row_numbers, is_readable=True).select(*SCHEMA)
