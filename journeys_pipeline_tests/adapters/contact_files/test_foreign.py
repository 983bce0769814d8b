"""Files that are no CSV at all are refused as a whole, and say what they are."""

from collections.abc import Callable

import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import UnreadableFile

Read = Callable[..., pl.DataFrame]


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (b"%PDF-1.7\n", "a PDF document, not CSV. Send it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook"),
        (b"{\\rtf1\\ansi", "a rich-text document"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\xff\xd8\xff\xe0", "an image"),
        (b"GIF89a", "an image"),
        (b"PAR1", "a Parquet file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07\x01", "a rar archive"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        (b"\xfd7zXZ\x00", "a xz archive"),
        (b"contacts.csv".ljust(257, b"\x00") + b"ustar", "a tar archive"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQEMA", "encrypted or signed"),
        (b"\x85\x01\x0c\x03", "encrypted or signed"),
        (b"\xc1\xc1\x4e\x03", "encrypted or signed"),
        (b"\x8c\x0d\x04\x09", "encrypted or signed"),
        (b"<!DOCTYPE html>\n<html>", "a web page or XML"),
        (b"\xef\xbb\xbf\n <html lang='en'>", "a web page or XML"),
        (b"<?xml version='1.0'?>", "a web page or XML"),
        ("<table>\n".encode("utf-16"), "a web page or XML"),
        (b'{"phone": "1", "email": "a"}\n', "JSON"),
        (b'[\n{"phone": "1"}]', "JSON"),
        (b"\x7fELF\x02\x01\x01\x00", "not readable text"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_with_what_it_is(read: Read, start: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(start + b"\n" * 600)


@pytest.mark.parametrize("name", ["<b>", "{id}", "[x", "BM", "MM", "II", "PK", "%PDF"])
def test_a_header_that_only_looks_like_another_kind_is_read(read: Read, name: str) -> None:
    rows = read(f"{name},phone,email\nx,1,a\n".encode())

    assert rows["raw_phone"].to_list() == ["1"]
