"""The lines of a text file that may be packed by gzip or zstd, in blocks of bounded size."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from journeys_pipeline.adapters.contact_files.refusal import damaged_file

BLOCK_BYTES = 8 * 1024 * 1024
GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_LINE_BYTES = 16 * 1024 * 1024
NO_TEXT = b"\xff"
DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError)


def line_blocks(path: Path, *, block_bytes: int = BLOCK_BYTES) -> Iterator[bytes]:
    """A text file's bytes, unpacked and without byte order mark, in blocks that end where a line ends.

    A line over LONGEST_LINE_BYTES is not kept, so that no file exhausts memory: in its place stands its first byte and
    one that is no text.

    Raises:
        UnreadableFile: the compressed file is cut short or damaged.
    """
    rest = b""
    is_first, is_overlong = True, False
    for piece in _unpacked(path, block_bytes):
        _, line_end, after = piece.partition(b"\n") if is_overlong else (b"", b"", piece)
        is_overlong = is_overlong and not line_end
        block = rest + line_end + after
        if is_first:
            block = block.removeprefix(BYTE_ORDER_MARK)
        is_first = is_first and not block
        end = block.rfind(b"\n") + 1
        rest = block[end:]
        if end:
            yield block[:end]
        if len(rest) > LONGEST_LINE_BYTES:
            rest, is_overlong = rest[:1] + NO_TEXT, True
    if rest:
        yield rest


def _unpacked(path: Path, block_bytes: int) -> Iterator[bytes]:
    with ExitStack() as stack:
        file: BinaryIO = stack.enter_context(path.open("rb"))
        magic = file.read(4)
        file.seek(0)
        try:
            if magic == ZSTD_MAGIC:
                yield from _unpacked_zstd(file, block_bytes)
                return
            if magic.startswith(GZIP_MAGIC):
                file = cast("BinaryIO", stack.enter_context(gzip.GzipFile(fileobj=file)))
            while piece := file.read(block_bytes):
                yield piece
        except DAMAGED as error:
            raise damaged_file() from error


def _unpacked_zstd(file: BinaryIO, block_bytes: int) -> Iterator[bytes]:
    """Like a stream reader, which however takes a file that was cut short for a whole one."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    packed = b""
    while packed := packed or file.read(block_bytes // 8):
        if frame.eof:
            frame = zstandard.ZstdDecompressor().decompressobj()
        yield frame.decompress(packed)
        packed = frame.unused_data if frame.eof else b""
    if not frame.eof:
        raise EOFError("The zstd file ends before its end-of-stream marker was reached")
