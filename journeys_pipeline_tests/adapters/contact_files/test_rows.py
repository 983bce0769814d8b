"""Rows of contact files, whatever shape they are in: every one accounted for (F43, D11)."""

import json
from collections.abc import Callable

import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import SCHEMA

Read = Callable[..., pl.DataFrame]

HEADER = b"phone,email,name\n"
PLAIN = HEADER + b"+31206241111,ann@acme.com,Ann\n+31206241112,bob@acme.com,Bob\n"
PHONES = ["+31206241111", "+31206241112"]


def summary(rows: pl.DataFrame) -> list[tuple[int, str | None, bool]]:
    return rows.select("row_number", "raw_phone", "is_readable").rows()


def test_a_row_keeps_its_line_its_contacts_and_its_other_columns(read: Read) -> None:
    content = b'City, PHONE ,e,Email\n"Den Haag, NL",+31206241111,,ann@acme.com\n'

    rows = read(content)

    assert rows.schema == pl.Schema(SCHEMA)
    assert rows.rows() == [(2, "+31206241111", "ann@acme.com", '{"City":"Den Haag, NL","e":""}', True)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_parts_rows_and_nothing_else_does(read: Read, end: str) -> None:
    content = PLAIN.replace(b"Ann", "A\u2028n\x85\x0b\x0cn".encode()).replace(b"\n", end.encode())

    rows = read(content)

    assert summary(rows) == [(2, PHONES[0], True), (3, PHONES[1], True)]


def test_line_ends_may_be_mixed(read: Read) -> None:
    content = HEADER + b"1,a,b\r\n2,a,b\r3,a,b\n4,a,b\r\r\n5,a,b"

    rows = read(content)

    assert summary(rows) == [(2, "1", True), (3, "2", True), (4, "3", True), (5, "4", True), (7, "5", True)]


def test_a_bare_carriage_return_parts_rows_in_a_file_of_crlf(read: Read) -> None:
    content = HEADER.replace(b"\n", b"\r\n") + b"1,a,b\r\n2,c,d\r \n3,e,f\r\n"

    rows = read(content)

    assert summary(rows) == [(2, "1", True), (3, "2", True), (5, "3", True)]


def test_blank_lines_are_no_entries_but_count_as_lines(read: Read) -> None:
    content = b"\n \r\n" + HEADER + b"\n1,a,b\n \t\xc2\xa0 \n\n2,c,d\n\n"

    rows = read(content)

    assert summary(rows) == [(5, "1", True), (8, "2", True)]


def test_blank_lines_of_a_file_with_one_column_are_no_entries(read: Read) -> None:
    content = b'phone\n1\n\n \n""\n2\n'

    rows = read(content, email_column=None)

    assert summary(rows) == [(2, "1", True), (5, "", True), (6, "2", True)]


def test_a_row_of_empty_fields_is_an_entry(read: Read) -> None:
    content = b"phone\temail\n\t\n"

    rows = read(content)

    assert summary(rows) == [(2, "", True)]


@pytest.mark.parametrize("row", [b"1,a", b"1,a,b,c", b"1,a,b,", b'1,"a"x,b', b"1,\xff\xfe,b", b'1,a,"b\xff"'])
def test_a_ragged_or_undecodable_row_costs_itself_alone_d11(read: Read, row: bytes) -> None:
    content = HEADER + b"0,a,b\n" + row + b"\n2,c,d\n"

    rows = read(content)

    assert summary(rows) == [(2, "0", True), (3, None, False), (4, "2", True)]


def test_a_sequence_cut_by_the_line_end_does_not_take_the_next_row(read: Read) -> None:
    content = HEADER + b"0,a,b\xe2\x82\n2,c,d\n"

    rows = read(content)

    assert summary(rows) == [(2, None, False), (3, "2", True)]


@pytest.mark.parametrize(
    "field",
    [
        "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
        "line\nof\r\ntext\r.",
        'a ""quoted"" word',
        "x" * 200_000,
        "\x00\x01\t\\ ",
        "lines\n" * 90,
    ],
)
def test_a_quoted_field_may_hold_what_it_likes(read: Read, field: str) -> None:
    content = f'phone,email,name\n1,a,"{field}"\n2,c,d\n'.encode()

    rows = read(content)

    assert rows["raw_phone"].to_list() == ["1", "2"]
    assert json.loads(rows["attributes"][0]) == {"name": field.replace('""', '"')}


@pytest.mark.parametrize("field", ['5" pipe', 'O"Neil "', "a\x00b\x1ac", "\\", "x" * 3_000_000])
def test_a_bare_field_is_kept_as_it_is(read: Read, field: str) -> None:
    content = f"phone,email,name\n1,a,{field}\n2,c,d\n".encode()

    rows = read(content)

    assert json.loads(rows["attributes"][0]) == {"name": field}
    assert rows["raw_phone"].to_list() == ["1", "2"]


def test_a_line_within_a_quoted_field_is_no_row_though_it_looks_like_one(read: Read) -> None:
    content = HEADER + b'1,a,"x\n2,b,c\ny"\n3,d,e\n'

    rows = read(content)

    assert summary(rows) == [(2, "1", True), (5, "3", True)]
    assert json.loads(rows["attributes"][0]) == {"name": "x\n2,b,c\ny"}


def test_a_byte_order_mark_within_the_file_is_text(read: Read) -> None:
    content = HEADER + "\ufeff1,a,b\n2,c,d\n".encode()

    rows = read(content)

    assert rows["raw_phone"].to_list() == ["\ufeff1", "2"]


def test_a_row_after_a_quoted_line_end_has_the_number_of_its_own_line(read: Read) -> None:
    content = HEADER + b'1,a,"two\nlines"\n2,c,d\n3,"three\r\n\r\n",x\n4,e,f\n'

    rows = read(content)

    assert summary(rows) == [(2, "1", True), (4, "2", True), (5, "3", True), (8, "4", True)]


@pytest.mark.parametrize("rows_after", [1, 3, 500])
def test_an_unclosed_quote_swallows_no_rows_d11(read: Read, rows_after: int) -> None:
    content = HEADER + b'1,"a,b\n' + b"2,c,d\n" * rows_after

    rows = read(content)

    assert summary(rows) == [(2, None, False), *[(3 + number, "2", True) for number in range(rows_after)]]


def test_two_stray_quotes_far_apart_swallow_no_rows_d11(read: Read) -> None:
    content = HEADER + b'1,a,"b\n' + b"2,c,d\n" * 200 + b'3,e,6"\n'

    rows = read(content)

    assert rows["raw_phone"].to_list() == [None, *["2"] * 200, "3"]


def test_stray_quotes_that_make_a_ragged_row_swallow_no_rows_d11(read: Read) -> None:
    content = HEADER + b'"1,a,b\n2,c,d\n3,e,f"\n'

    rows = read(content)

    assert summary(rows) == [(2, None, False), (3, "2", True), (4, "3", True)]


@pytest.mark.parametrize("tail", [b"\x1a", b"\x00\x00\x00", b"\n\x1a\n", b"\x1a\x00", b"\r\n\x1a" + b"\x00" * 5000])
def test_padding_at_the_end_is_no_entry(read: Read, tail: bytes) -> None:
    content = PLAIN.removesuffix(b"\n") + tail

    rows = read(content)

    assert summary(rows) == [(2, PHONES[0], True), (3, PHONES[1], True)]
    assert json.loads(rows["attributes"][1]) == {"name": "Bob"}


def test_a_contact_type_that_is_not_wanted_stays_null(read: Read) -> None:
    rows = read(PLAIN, phone_column=None, email_column="EMAIL")

    assert rows["raw_phone"].to_list() == [None, None]
    assert rows["raw_email"].to_list() == ["ann@acme.com", "bob@acme.com"]


def test_a_header_alone_gives_no_entries(read: Read) -> None:
    rows = read(HEADER)

    assert rows.is_empty()
    assert rows.schema == pl.Schema(SCHEMA)
