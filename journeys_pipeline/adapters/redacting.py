"""Landed files without some of what they say: their text is rewritten, whatever they are packed in."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

import polars as pl

from journeys_pipeline.adapters.event_files import PARQUET_MAGIC
from journeys_pipeline.adapters.original_rows import lines_of
from journeys_pipeline.adapters.packed_lines import line_blocks

Mask = Callable[[str], str]
Span = tuple[int, int | None]
UTF8_MARK = b"\xef\xbb\xbf"  # makes the result UTF-8 for readers that were told of another encoding


def redact_records(source: Path, target: Path, *, mask: Mask) -> bool:
    """Whether a file of records (NDJSON, CSV or Parquet) was changed; the target has its bytes, unpacked.

    Raises:
        UnreadableFile: the compressed file is cut short or damaged.
    """
    with source.open("rb") as file:
        is_parquet = file.read(4) == PARQUET_MAGIC
    if is_parquet:
        return _redact_parquet(source, target, mask)
    with target.open("wb") as out:
        texts = (block.decode(errors="surrogateescape") for block in line_blocks(source))
        return _write(out, ((text, mask(text)) for text in texts))


def redact_rows(source: Path, target: Path, *, mask: Mask, shape: Mask, encoding: str, spans: Iterable[Span]) -> bool:
    """Whether a contact file was changed; the target has its bytes, unpacked, in UTF-8, with the same lines.

    Args:
        source: The landed bytes.
        target: The file to write.
        mask: What becomes of each line.
        shape: What becomes of lines within a span.
        encoding: Of files without byte-order mark.
        spans: In order; the line that each begins on (the first is 1), and the line after it if there is one.

    Raises:
        UnreadableFile: the file cannot be unpacked or is no text.
    """
    within = iter(spans)
    begin, end = next(within, (None, None))
    with target.open("wb") as out:
        out.write(UTF8_MARK)
        is_changed = False
        for number, line in enumerate(lines_of(source, encoding), start=1):
            while end is not None and number >= end:
                begin, end = next(within, (None, None))
            new = shape(line) if begin is not None and number >= begin else mask(line)
            is_changed |= _write(out, [(line + "\n", new + "\n")])
    return is_changed


def _write(out: BinaryIO, texts: Iterable[tuple[str, str]]) -> bool:
    is_changed = False
    for before, after in texts:
        is_changed |= before != after
        out.write(after.encode(errors="surrogateescape"))
    return is_changed


def _redact_parquet(source: Path, target: Path, mask: Mask) -> bool:
    rows = pl.read_parquet(source)
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    masked = rows.with_columns(pl.col(texts).map_elements(mask, return_dtype=pl.String))
    masked.write_parquet(target)
    return not rows.equals(masked)
