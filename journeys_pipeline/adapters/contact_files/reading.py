"""A contact file from its bytes to chunks of rows."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.contact_files.blocks import Block, cut_blocks, read_ahead
from journeys_pipeline.adapters.contact_files.decoding import utf8_pieces
from journeys_pipeline.adapters.contact_files.fast import read_block
from journeys_pipeline.adapters.contact_files.header import Wanted, read_header
from journeys_pipeline.adapters.contact_files.judging import Judged, judge_block
from journeys_pipeline.adapters.contact_files.layout import Layout
from journeys_pipeline.adapters.contact_files.refusal import Limits
from journeys_pipeline.adapters.contact_files.unpacking import unpacked

BLOCK_BYTES = 8 * 1024 * 1024


def read_chunks(
    path: Path,
    wanted: Wanted,
    *,
    limits: Limits,
    block_bytes: int = BLOCK_BYTES,
    judge: Callable[[bytes, Layout], Judged] = judge_block,
) -> Iterator[pl.DataFrame]:
    """The rows of a file in order, in one chunk at least; rows do not depend on `block_bytes`, nor on `judge`."""
    pieces = unpacked(path, piece_bytes=block_bytes, limits=limits)
    blocks = cut_blocks(utf8_pieces(pieces, encoding=wanted.encoding, limits=limits), limits=limits)
    layout, first_line, first = _headed(blocks, wanted, limits=limits)
    rest = b""
    for block, ahead in read_ahead((block, judge(block.text, layout)) for block in chain([first], blocks)):
        judged = judge(rest + block.text, layout) if rest else ahead
        rows = read_block(judged, layout, first_line=first_line, is_last=block.is_last, limits=limits)
        rest = rows.rest
        first_line += rows.lines
        if block.is_last or not rows.table.is_empty():
            yield rows.table


def _headed(blocks: Iterator[Block], wanted: Wanted, *, limits: Limits) -> tuple[Layout, int, Block]:
    """The layout, the number of the first line after the header, and a block that begins there."""
    text = b""
    while True:
        block = next(blocks)
        text += block.text
        is_enough = block.is_last or len(text) > limits.max_row_bytes
        header = read_header(text, wanted, is_last=is_enough, limits=limits)
        if header:
            layout, lines = header
            rest = text[sum(map(len, lines)) :]
            return layout, len(lines) + 1, Block(rest, is_last=block.is_last)
