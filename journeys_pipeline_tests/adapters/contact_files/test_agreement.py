"""The fast reader against the careful one, and both against what was written: row for row, at any block size."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.contact_files import Limits
from journeys_pipeline.adapters.contact_files.header import Wanted
from journeys_pipeline.adapters.contact_files.judging import Judged
from journeys_pipeline.adapters.contact_files.layout import Layout
from journeys_pipeline.adapters.contact_files.reading import read_chunks

HEADERS = [["email"], ["phone", "email"], ["phone", "email", "name"], ["x", "name {}", "email", 'a\\""b', "phone"]]
FIELDS = ["1", "", "a b", "é", "😀", '""', '"x"', '"a ""b"" c"', '"1,;2"', '"\\"']
BLANKS = [" ", "\t", "\x0b", "\x0c", "\x1c", "\x85", "\xa0", "\u2028"]
POLLUTION = [
    *(text.encode() for text in [*BLANKS, *',;|"\r\n\\\x00\x1a\x1f', '""', '",', ',"', '"\n', '\n"', "\r\n", "\ufeff"]),
    *(b"\xff", b"\xc3", b"\xe2\x82", b"\xed\xbf\xbf"),
]
BLOCK_SIZES = [1, 7, 30, 200, 2**20]
QUICKLY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def each_line_carefully(text: bytes, _: Layout) -> Judged:
    lines = [""] * len(text.splitlines())
    table = pl.DataFrame({"line": lines}, schema={"line": pl.String}).with_columns(is_regular=False)
    return Judged(text, text, table)


def read(folder: Path, content: bytes, **options: Any) -> pl.DataFrame:
    path = folder / "content"
    path.write_bytes(content)
    wanted = Wanted(("phone",) if b"phone" in content else (), ("email",))
    return pl.concat(read_chunks(path, wanted, **{"limits": Limits(), **options}))


@st.composite
def polluted_files(draw: st.DrawFn) -> bytes:
    names = draw(st.sampled_from(HEADERS))
    delimiter, end = draw(st.sampled_from(",;\t|^")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    row = st.lists(st.sampled_from(FIELDS), min_size=len(names), max_size=len(names)).map(delimiter.join)
    start = ["sep=^"] if delimiter == "^" else []
    quoted = [f'"{name}"' for name in names]
    content = end.join([*start, delimiter.join(quoted), *draw(st.lists(row, max_size=12)), ""]).encode()
    header_end = len(end.join([*start, delimiter.join(quoted), ""]).encode())
    for place, scrap in draw(st.lists(st.tuples(st.integers(0, 200), st.sampled_from(POLLUTION)), max_size=3)):
        at = header_end + place
        content = content[:at] + scrap + content[at:]
    return content


def test_a_file_without_line_feeds_is_cut_too(tmp_path: Path) -> None:
    content = b"phone\temail\r" + b"1\ta\r" * 500

    table = read(tmp_path, content, block_bytes=64, limits=Limits(max_row_bytes=200))

    assert table["row_number"].to_list() == list(range(2, 502))


def written(rows: list[tuple[str, str, str]], dialect: dict[str, Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([("phone", "email", "name"), *rows])
    return text.getvalue().encode()


@settings(QUICKLY, max_examples=500)
@given(content=polluted_files(), block_bytes=st.sampled_from(BLOCK_SIZES))
def test_polars_reads_what_the_careful_reader_reads(tmp_path: Path, content: bytes, block_bytes: int) -> None:
    careful = read(tmp_path, content, judge=each_line_carefully)

    fast = read(tmp_path, content, block_bytes=block_bytes)

    assert fast.rows() == careful.rows()


@settings(QUICKLY, max_examples=200)
@given(content=polluted_files(), block_bytes=st.sampled_from(BLOCK_SIZES))
def test_rows_do_not_depend_on_where_blocks_are_cut(tmp_path: Path, content: bytes, block_bytes: int) -> None:
    whole = read(tmp_path, content)

    parts = read(tmp_path, content, block_bytes=block_bytes)

    assert parts.rows() == whole.rows()


any_field = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1a"), max_size=8)
quoted_field = any_field | st.sampled_from(["a\nb", "a\r\nb", 'a"b', "a,b", '"', "\n"])
# Python's writer leaves a bare CR unquoted where lines end in LF: then all fields are quoted.
DIALECTS = [{"lineterminator": "\r\n"}, {"lineterminator": "\n", "quoting": csv.QUOTE_ALL}]


@settings(QUICKLY, max_examples=200)
@given(
    rows=st.lists(st.tuples(quoted_field, quoted_field, quoted_field)),
    dialect=st.sampled_from(DIALECTS),
    block_bytes=st.sampled_from(BLOCK_SIZES),
)
def test_every_row_of_a_sound_file_is_read_as_it_was_written(
    tmp_path: Path, rows: list[tuple[str, str, str]], dialect: dict[str, Any], block_bytes: int
) -> None:
    content = written(rows, dialect)

    table = read(tmp_path, content, block_bytes=block_bytes)

    names = [json.loads(attributes)["name"] for attributes in table["attributes"]]
    assert list(zip(table["raw_phone"], table["raw_email"], names, strict=True)) == rows
    assert table["is_readable"].all()


@settings(QUICKLY, max_examples=200)
@given(body=st.lists(st.sampled_from([b"1", b",", b"\n", b"\r", b"\r\n", b" ", b"\xff", b"\xc3", "é".encode()])))
def test_every_line_that_is_not_blank_is_an_entry_f43(tmp_path: Path, body: list[bytes]) -> None:
    content = b"phone,email,name\n" + b"".join(body)
    lines = re.split(rb"\r\n|\r|\n", content)
    expected = [number for number, line in enumerate(lines, start=1) if number > 1 and line.strip()]

    table = read(tmp_path, content, block_bytes=5)

    assert table["row_number"].to_list() == expected
