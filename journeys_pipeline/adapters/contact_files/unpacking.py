"""The bytes of a contact file: plain, or out of gzip, zstd or a zip with one member; its bytes say which."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import zstandard

from journeys_pipeline.adapters.contact_files.foreign import refuse_foreign
from journeys_pipeline.adapters.contact_files.refusal import Limits, UnreadableFile, damaged_file, readable_size

GZIP_MAGIC = b"\x1f\x8b"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")  # the second: a zip file without members

_START_BYTES = 512  # the mark of a tar archive stands 257 bytes in
_RATIO_COUNTS_FROM = 10 * 1024 * 1024  # small files of much the same rows are no bombs
_STEP_BYTES = 128 * 1024  # a zip member is read ahead by as much as is asked for, which hides how little was needed
_ZSTD_INPUT_BYTES = 1024  # 4 bytes can become 128 KiB, so this bounds what one step unpacks
_ENCRYPTED = 0x1
_Peekable = io.BufferedReader | gzip.GzipFile | zipfile.ZipExtFile
_DAMAGED = (EOFError, gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, zstandard.ZstdError)


def unpacked(path: Path, *, piece_bytes: int, limits: Limits) -> Iterator[bytes]:
    """A file's bytes, unpacked, in pieces of `piece_bytes` (the last may be shorter).

    Raises:
        UnreadableFile: no CSV file by its first bytes, damaged, or over the limits; it may come after some pieces.
    """
    with ExitStack() as stack:
        file = stack.enter_context(path.open("rb"))
        try:
            source = _opened(file, stack)
            yield from _limited(file, source, piece_bytes=piece_bytes, limits=limits)
        except _DAMAGED as error:
            raise damaged_file() from error


def _opened(file: io.BufferedReader, stack: ExitStack) -> _Peekable:
    start = file.peek(_START_BYTES)
    if start.startswith(GZIP_MAGIC):
        return stack.enter_context(gzip.GzipFile(fileobj=file))
    if start.startswith(ZSTD_MAGIC):
        return io.BufferedReader(_ZstdFile(file))
    if start.startswith(ZIP_MAGICS):
        return _only_member(stack.enter_context(zipfile.ZipFile(file)), stack)
    return file


def _only_member(archive: zipfile.ZipFile, stack: ExitStack) -> _Peekable:
    names = archive.namelist()
    if "[Content_Types].xml" in names or "mimetype" in names:
        raise UnreadableFile("The file is a workbook (Excel or OpenDocument), not CSV. Save it as CSV and send that.")
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")  # the icons that macOS adds
    ]
    if len(members) != 1:
        raise UnreadableFile(f"The zip file holds {len(members)} files. Send one zip file per CSV file.")
    if members[0].flag_bits & _ENCRYPTED:
        raise UnreadableFile("The zip file asks for a password. Send it without one.")
    if members[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise UnreadableFile("The zip file is compressed in an unusual way. Use the usual one (Deflate), or gzip.")
    return cast("zipfile.ZipExtFile", stack.enter_context(archive.open(members[0])))


def _limited(file: _Peekable, source: _Peekable, *, piece_bytes: int, limits: Limits) -> Iterator[bytes]:
    is_packed = source is not file
    refuse_foreign(source.peek(_START_BYTES), is_packed=is_packed)
    total = 0
    step = _STEP_BYTES if is_packed else piece_bytes
    while piece := _piece(source, piece_bytes, step):
        total += len(piece)
        if total > limits.max_bytes:
            raise UnreadableFile(
                f"The file holds more than {readable_size(limits.max_bytes)} of text (max_bytes). Send it in parts."
            )
        if is_packed and total > _RATIO_COUNTS_FROM and total > limits.max_expansion * file.tell():
            raise UnreadableFile(
                f"The compressed file grows to more than {limits.max_expansion} times its size "
                "(max_expansion). Send it uncompressed."
            )
        yield piece


def _piece(source: _Peekable, size: int, step: int) -> bytes:
    parts: list[bytes] = []
    while size and (part := source.read(min(size, step))):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


class _ZstdFile(io.RawIOBase):
    """A zstd file that notices when it is cut off, which the library's own stream reader does not."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file = file
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # pyright: ignore[reportIncompatibleMethodOverride] # always this
        while not self._ready:
            if self._frame.eof:
                compressed = self._frame.unused_data or self._file.read(_ZSTD_INPUT_BYTES)
                if not compressed:
                    return 0
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            elif not (compressed := self._file.read(_ZSTD_INPUT_BYTES)):
                raise EOFError
            self._ready = memoryview(self._frame.decompress(compressed))
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count
