"""Text cut where lines end, into blocks that fit into memory."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from journeys_pipeline.adapters.contact_files.refusal import Limits, overlong_row

T = TypeVar("T")


@dataclass(frozen=True)
class Block:
    """Lines of the text, each with its end."""

    text: bytes
    is_last: bool


def cut_blocks(pieces: Iterator[bytes], *, limits: Limits) -> Iterator[Block]:
    """The pieces' text in blocks of whole lines; the last one has is_last, and may be empty.

    No piece may end with (half of) a line end.

    Raises:
        UnreadableFile: a line is longer than the limit.
    """
    rest = b""
    for piece in pieces:
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        block = b"".join((rest, memoryview(piece)[:end])) if end else b""
        rest = piece[end:] if end else rest + piece
        if len(rest) > limits.max_row_bytes or _has_overlong_line(block, limits):
            raise overlong_row(limits)
        if block:
            yield Block(block, is_last=False)
    yield Block(rest + b"\n" if rest else b"", is_last=True)


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, each made while the one before is used."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        upcoming = maker.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = maker.submit(next, items, None)
            yield item


def _has_overlong_line(text: bytes, limits: Limits) -> bool:
    return len(text) > limits.max_row_bytes and max(map(len, text.splitlines())) > limits.max_row_bytes
