"""Compressed contact files, damaged ones, and files that would burst: read, or refused in good time."""

import bz2
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import zstandard

from journeys_pipeline.adapters.contact_files import Limits, UnreadableFile, read_contact_rows

Read = Callable[..., pl.DataFrame]

HEADER = b"phone,email,name\n"
PLAIN = HEADER + b"1,ann@acme.com,Ann\n2,bob@acme.com,Bob\n"
MEBIBYTE = 1024 * 1024


def with_checksum(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def zipped(content: bytes, *more: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression=method) as archive:
        archive.writestr("contacts.csv", content)
        for name in more:
            archive.writestr(name, b"")
    return file.getvalue()


PACKERS = [gzip.compress, zstandard.compress, zipped]


@pytest.mark.parametrize("pack", PACKERS)
def test_compressed_files_are_recognised_by_their_bytes(read: Read, pack: Callable[[bytes], bytes]) -> None:
    rows = read(pack(PLAIN))

    assert rows["raw_phone"].to_list() == ["1", "2"]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_parts_compressed_apart_are_one_file(read: Read, pack: Callable[[bytes], bytes]) -> None:
    rows = read(pack(HEADER) + pack(PLAIN.removeprefix(HEADER)))

    assert rows["raw_phone"].to_list() == ["1", "2"]


def test_folders_and_icons_in_a_zip_file_are_no_members(read: Read) -> None:
    rows = read(zipped(PLAIN, "folder/", "__MACOSX/._contacts.csv"))

    assert rows["raw_phone"].to_list() == ["1", "2"]


@pytest.mark.parametrize("cut", [3, 6, 30])
@pytest.mark.parametrize("pack", PACKERS)
def test_a_compressed_file_that_was_cut_off_is_refused_whole(
    read: Read, pack: Callable[[bytes], bytes], cut: int
) -> None:
    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        read(pack(PLAIN)[:-cut])


@pytest.mark.parametrize(("pack", "at"), [(gzip.compress, 20), (with_checksum, -2), (zipped, 50)])
def test_a_compressed_file_with_a_flipped_bit_is_refused_whole(
    read: Read, pack: Callable[[bytes], bytes], at: int
) -> None:
    content = bytearray(pack(PLAIN))
    content[at] ^= 0x10

    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        read(bytes(content))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (zipped(PLAIN, "more.csv"), "holds 2 files. Send one zip file per CSV"),
        (b"PK\x05\x06" + bytes(18), "holds 0 files"),
        (zipped(PLAIN, method=zipfile.ZIP_LZMA), "unusual way"),
        (zipped(PLAIN).replace(b"\x14\x00\x00\x00\x08", b"\x14\x00\x01\x00\x08"), "password"),
        (zipped(b"", "[Content_Types].xml"), "workbook"),
        (zipped(b"", "mimetype"), "workbook"),
        (gzip.compress(gzip.compress(PLAIN)), r"holds another archive \(gzip\)"),
        (gzip.compress(zipped(PLAIN)), r"holds another archive \(zip\)"),
        (zstandard.compress(bytes(257) + b"ustar"), r"holds another archive \(tar\)"),
        (zipped(bz2.compress(PLAIN)), r"holds another archive \(bzip2\)"),
        (gzip.compress(b""), "empty"),
        (gzip.compress(b"\x01\x02\xff\xfe"), "not readable text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",  # a gzip file holds the time when it was made
)
def test_an_archive_that_is_not_one_csv_file_is_refused_with_advice(read: Read, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(content)


@pytest.mark.parametrize("pack", PACKERS)
def test_a_file_that_would_burst_is_refused_before_it_does(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "content"
    path.write_bytes(pack(HEADER + b"1,a@b.c,Ann\n" * (4 * MEBIBYTE)))
    chunks = read_contact_rows(path, phone_column="phone", email_column="email", limits=Limits(max_expansion=50))

    with pytest.raises(UnreadableFile, match=r"more than 50 times its size \(max_expansion\)"):
        pl.concat(chunks)


def test_a_small_file_may_shrink_as_much_as_it_likes(read: Read) -> None:
    rows = read(gzip.compress(HEADER + b"1,a@b.c,Ann\n" * 100_000), limits=Limits(max_expansion=2))

    assert rows.height == 100_000


@pytest.mark.parametrize("pack", [bytes, *PACKERS])
def test_a_file_over_the_size_limit_is_refused(read: Read, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UnreadableFile, match=r"more than 1 MiB of text \(max_bytes\)"):
        read(pack(HEADER + b"1,a@b.c,Ann\n" * 100_000), limits=Limits(max_bytes=MEBIBYTE))


@pytest.mark.parametrize(
    "content", [b"x" * 101, HEADER + b"1,a,b\n" + b"x" * 101 + b"\n", HEADER + b"1,a" + bytes(101)]
)
def test_a_line_over_the_length_limit_is_refused(read: Read, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"longer than 100 bytes \(max_row_bytes\)"):
        read(content, limits=Limits(max_row_bytes=100))


def test_lines_that_a_quote_joins_beyond_the_length_limit_are_rows_of_their_own(read: Read) -> None:
    content = HEADER + b'1,a,"' + b"2,b,c\n" * 20 + b'"\n'

    rows = read(content, limits=Limits(max_row_bytes=100))

    assert rows["is_readable"].to_list() == [False, *[True] * 19, False]
