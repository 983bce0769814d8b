"""The careful reader of contact files: every row accounted for, whatever shape the file is in (F43, F52, D11)."""

import codecs
import csv
import gzip
import io
import json
import re
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.contact_files import SCHEMA, UnreadableFile, read_contact_rows

HEADER = b"phone,email,name\n"
PLAIN = HEADER + b"+31206241111,ann@acme.com,Ann\n+31206241112,bob@acme.com,Bob\n"
PHONES = ["+31206241111", "+31206241112"]


def read(path: Path, content: bytes, **dialect: str) -> pl.DataFrame:
    path = path / "content"
    path.write_bytes(content)
    return read_contact_rows(path, phone_column="phone", email_column="email", **dialect)


def summary(rows: pl.DataFrame) -> list[tuple[int, str | None, bool]]:
    return rows.select("row_number", "raw_phone", "is_readable").rows()


def test_a_row_keeps_its_line_its_contacts_and_its_other_columns(tmp_path: Path) -> None:
    content = b'City, PHONE ,e,Email\n"Den Haag, NL",+31206241111,,ann@acme.com\n'

    rows = read(tmp_path, content)

    assert rows.schema == pl.Schema(SCHEMA)
    assert rows.rows() == [(2, "+31206241111", "ann@acme.com", '{"City": "Den Haag, NL", "e": ""}', True)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_parts_rows_and_nothing_else_does(tmp_path: Path, end: str) -> None:
    content = PLAIN.replace(b"Ann", "A\u2028n\x85n".encode()).replace(b"\n", end.encode())

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, PHONES[0], True), (3, PHONES[1], True)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    content = PLAIN.replace(b",", delimiter.encode()).replace(b"name", b'"name, ; | of person"')

    rows = read(tmp_path, content)

    assert rows["raw_phone"].to_list() == PHONES
    assert rows["is_readable"].all()


def test_a_named_delimiter_is_obeyed(tmp_path: Path) -> None:
    content = PLAIN.replace(b",", b"^")

    rows = read(tmp_path, content, delimiter="^")

    assert rows["raw_phone"].to_list() == PHONES


@pytest.mark.parametrize("first", [b"sep=^\r\n", b'"sep=^"\n', b"SEP=^\n"])
def test_a_sep_line_names_the_delimiter_and_is_no_entry(tmp_path: Path, first: bytes) -> None:
    content = first + PLAIN.replace(b",", b"^")

    rows = read(tmp_path, content)

    assert summary(rows) == [(3, PHONES[0], True), (4, PHONES[1], True)]


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + PLAIN,
        PLAIN.decode().encode("utf-16"),
        codecs.BOM_UTF16_BE + PLAIN.decode().encode("utf-16-be"),
        PLAIN.decode().encode("utf-32"),
        codecs.BOM_UTF32_BE + PLAIN.decode().encode("utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_the_encoding_and_is_no_text(tmp_path: Path, encoded: bytes) -> None:
    rows = read(tmp_path, encoded, encoding="cp1252")

    assert summary(rows) == [(2, PHONES[0], True), (3, PHONES[1], True)]


def test_a_named_encoding_is_obeyed(tmp_path: Path) -> None:
    content = "phone,email,name\n1,a@acme.com,Zoë\n".encode("cp1252")

    rows = read(tmp_path, content, encoding="cp1252")

    assert json.loads(rows["attributes"].item()) == {"name": "Zoë"}


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_compressed_files_are_recognised_by_their_bytes(tmp_path: Path, compress: object) -> None:
    content = compress(PLAIN)

    rows = read(tmp_path, content)

    assert rows["raw_phone"].to_list() == PHONES


def test_parts_compressed_apart_are_one_file(tmp_path: Path) -> None:
    content = zstandard.compress(HEADER) + zstandard.compress(PLAIN.removeprefix(HEADER))

    rows = read(tmp_path, content)

    assert rows["raw_phone"].to_list() == PHONES


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_compressed_file_that_was_cut_off_is_refused_whole(tmp_path: Path, compress: object) -> None:
    content = compress(PLAIN)[:-6]

    with pytest.raises(UnreadableFile, match="damaged or cut off"):
        read(tmp_path, content)


def test_blank_lines_are_no_entries_but_count_as_lines(tmp_path: Path) -> None:
    content = b"\n \r\n" + HEADER + b"\n1,a,b\n \t \n\n2,c,d\n\n"

    rows = read(tmp_path, content)

    assert summary(rows) == [(5, "1", True), (8, "2", True)]


def test_a_row_of_empty_fields_is_an_entry(tmp_path: Path) -> None:
    content = b"phone\temail\n\t\n"

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, "", True)]


@pytest.mark.parametrize("row", [b"1,a", b"1,a,b,c", b"1,a,b,", b'1,"a"x,b', b"1,\xff\xfe,b", b'1,a,"b\xff"'])
def test_a_ragged_or_undecodable_row_costs_itself_alone(tmp_path: Path, row: bytes) -> None:
    content = HEADER + b"0,a,b\n" + row + b"\n2,c,d\n"

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, "0", True), (3, None, False), (4, "2", True)]


def test_a_sequence_cut_by_the_line_end_does_not_take_the_next_row(tmp_path: Path) -> None:
    content = HEADER + b"0,a,b\xe2\x82\n2,c,d\n"

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, None, False), (3, "2", True)]


@pytest.mark.parametrize(
    "field", ["a\u2028b\u2029c\x85d\x0be\x0cf\x1cg", "line\nof\r\ntext", 'a ""quoted"" word', "x" * 200_000]
)
def test_a_quoted_field_may_hold_what_it_likes(tmp_path: Path, field: str) -> None:
    content = f'phone,email,name\n1,a,"{field}"\n2,c,d\n'.encode()

    rows = read(tmp_path, content)

    assert rows["raw_phone"].to_list() == ["1", "2"]
    assert json.loads(rows["attributes"][0]) == {"name": field.replace('""', '"')}


@pytest.mark.parametrize("rows_after", [1, 3, 500])
def test_an_unclosed_quote_swallows_no_rows(tmp_path: Path, rows_after: int) -> None:
    content = HEADER + b'1,"a,b\n' + b"2,c,d\n" * rows_after

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, None, False), *[(3 + number, "2", True) for number in range(rows_after)]]


def test_two_stray_quotes_far_apart_swallow_no_rows(tmp_path: Path) -> None:
    content = HEADER + b'1,a,"b\n' + b"2,c,d\n" * 200 + b'3,e,6"\n'

    rows = read(tmp_path, content)

    assert rows["raw_phone"].to_list() == [None, *["2"] * 200, "3"]


def test_stray_quotes_that_make_a_ragged_row_swallow_no_rows(tmp_path: Path) -> None:
    content = HEADER + b'"1,a,b\n2,c,d\n3,e,f"\n'

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, None, False), (3, "2", True), (4, "3", True)]


@pytest.mark.parametrize("tail", [b"\x1a", b"\x00\x00\x00", b"\n\x1a\n", b"\x1a\x00"])
def test_padding_at_the_end_is_no_entry(tmp_path: Path, tail: bytes) -> None:
    content = PLAIN.removesuffix(b"\n") + tail

    rows = read(tmp_path, content)

    assert summary(rows) == [(2, PHONES[0], True), (3, PHONES[1], True)]
    assert json.loads(rows["attributes"][1]) == {"name": "Bob"}


def test_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    content = b"phone,email,tag,tag,\n1,a,x,y,z\n"

    rows = read(tmp_path, content)

    assert json.loads(rows["attributes"].item()) == {"tag": "x", "tag (4)": "y", "column 5": "z"}


def test_a_contact_type_that_is_not_wanted_stays_null(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(PLAIN)

    rows = read_contact_rows(path, phone_column=None, email_column="EMAIL")

    assert rows["raw_phone"].to_list() == [None, None]
    assert rows["raw_email"].to_list() == ["ann@acme.com", "bob@acme.com"]


def test_a_header_alone_gives_no_entries(tmp_path: Path) -> None:
    rows = read(tmp_path, HEADER)

    assert rows.is_empty()
    assert rows.schema == pl.Schema(SCHEMA)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty.*header line"),
        (b"\xef\xbb\xbf\r\n \n\x00\x1a", "empty.*header line"),
        (b"sep=;\n", "empty.*header line"),
        (b"telephone;email;name\n1;a;b\n", "no column 'phone'; it has 'telephone', 'email', 'name'.*delimiter"),
        (b"phone,Phone ,email\n1,2,3\n", "column 'phone' 2 times"),
        (b'"phone,email\n1,2\n', "quote that is not closed"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_with_advice(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(tmp_path, content)


def test_a_refusal_never_repeats_a_contact(tmp_path: Path) -> None:
    content = b"+31 20 624 1111,ann@acme.com,Ann\n"

    with pytest.raises(UnreadableFile, match="looks like data") as refusal:
        read(tmp_path, content)

    assert not re.search("624|ann|Ann", str(refusal.value))


def test_an_unknown_encoding_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="encoding 'klingon' is not known"):
        read(tmp_path, PLAIN, encoding="klingon")


def csv_bytes(rows: list[list[str]], dialect: dict[str, object]) -> bytes:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([["phone", "email", "name"], *rows])
    return text.getvalue().encode()


any_field = st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1a"), max_size=8)
quoted_field = any_field | st.sampled_from(["a\nb", "a\r\nb", 'a"b', "a,b", '"', "\n"])


# Python's writer leaves a bare CR unquoted where lines end in LF: then all fields are quoted.
DIALECTS = [{"lineterminator": "\r\n"}, {"lineterminator": "\n", "quoting": csv.QUOTE_ALL}]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(quoted_field, quoted_field, quoted_field)), dialect=st.sampled_from(DIALECTS))
def test_every_row_of_a_sound_file_is_read_as_it_was_written(
    tmp_path: Path, rows: list[tuple[str, str, str]], dialect: dict[str, object]
) -> None:
    content = csv_bytes([list(row) for row in rows], dialect)

    read_rows = read(tmp_path, content)

    names = [json.loads(attributes)["name"] for attributes in read_rows["attributes"]]
    assert list(zip(read_rows["raw_phone"], read_rows["raw_email"], names, strict=True)) == rows
    assert read_rows["is_readable"].all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(body=st.lists(st.sampled_from([b"1", b",", b"\n", b"\r", b"\r\n", b" ", b"\xff", b"\xc3", "é".encode()])))
def test_every_line_that_is_not_blank_is_an_entry(tmp_path: Path, body: list[bytes]) -> None:
    content = HEADER + b"".join(body)
    lines = re.split(rb"\r\n|\r|\n", content)
    expected = [number for number, line in enumerate(lines, start=1) if number > 1 and line.strip()]

    rows = read(tmp_path, content)

    assert rows["row_number"].to_list() == expected
