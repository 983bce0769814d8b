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

    Raises:
        UnreadableFile: a line is longer than the limit.
    """
    rest = b""
    for piece in pieces:
        text = rest + piece
        end = _end_of_lines(text)
        rest = text[end:]
        if len(rest) > limits.row_bytes or _has_overlong_line(text[:end], limits):
            raise overlong_row(limits)
        if end:
            yield Block(text[:end], is_last=False)
    yield Block(rest + b"\n" if rest else b"", is_last=True)


def read_ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, each made while the one before is used."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        upcoming = maker.submit(next, items, None)
        while (item := upcoming.result()) is not None:
            upcoming = maker.submit(next, items, None)
            yield item


def _end_of_lines(text: bytes) -> int:
    """Where the last whole line ends; a CR at the very end may be half of a CRLF."""
    return max(text.rfind(b"\n"), text.rfind(b"\r", 0, -1)) + 1


def _has_overlong_line(text: bytes, limits: Limits) -> bool:
    return len(text) > limits.row_bytes and max(map(len, text.splitlines())) > limits.row_bytes
