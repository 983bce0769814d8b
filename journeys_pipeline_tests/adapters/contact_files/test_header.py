"""The header of a contact file: delimiters, names, and what is wrong with it (F52)."""

import json
import re
from collections.abc import Callable

import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import Limits, UnreadableFile

Read = Callable[..., pl.DataFrame]

PLAIN = b"phone,email,name\n+31206241111,ann@acme.com,Ann\n+31206241112,bob@acme.com,Bob\n"
PHONES = ["+31206241111", "+31206241112"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(read: Read, delimiter: str) -> None:
    content = PLAIN.replace(b",", delimiter.encode()).replace(b"name", b'"name, ; | of person"')

    rows = read(content)

    assert rows["raw_phone"].to_list() == PHONES
    assert rows["is_readable"].all()


def test_the_delimiter_that_finds_the_wanted_columns_goes_before_one_that_finds_more(read: Read) -> None:
    rows = read(b"phone;email;a,b,c,d,e\n1;x;y\n")

    assert rows["raw_phone"].to_list() == ["1"]


@pytest.mark.parametrize("delimiter", ["^", "\\", " ", "\x1f", "]", "-", "§"])
def test_a_named_delimiter_is_obeyed(read: Read, delimiter: str) -> None:
    content = PLAIN.replace(b",", delimiter.encode())

    rows = read(content, delimiter=delimiter)

    assert rows["raw_phone"].to_list() == PHONES


@pytest.mark.parametrize("first", [b"sep=^\r\n", b'"sep=^"\n', b"SEP=^\n", b"\xef\xbb\xbfsep=^\n"])
def test_a_sep_line_names_the_delimiter_and_is_no_entry(read: Read, first: bytes) -> None:
    content = first + PLAIN.replace(b",", b"^")

    rows = read(content)

    assert rows["raw_phone"].to_list() == PHONES
    assert rows["row_number"].to_list() == [3, 4]


@pytest.mark.parametrize(
    "name", ["Phone", " phone ", "'phone'", '"""phone"""', "“phone”", "\ufeffphone", "phone\xa0", "\uff50hone"]
)
def test_a_column_is_found_in_spite_of_case_blanks_and_quotes(read: Read, name: str) -> None:
    content = f"email,{name}\na,1\n".encode()

    rows = read(content)

    assert rows["raw_phone"].to_list() == ["1"]


@pytest.mark.parametrize("name", ["Numéro de  téléphone", "Nume\u0301ro de\xa0te\u0301le\u0301phone", "GSM"])
def test_any_of_the_accepted_names_is_found(read: Read, name: str) -> None:
    content = f"email;{name}\na;1\n".encode()

    rows = read(content, phone_column=["phone", "numéro de téléphone", "gsm"])

    assert rows["raw_phone"].to_list() == ["1"]
    assert rows["attributes"].to_list() == ["{}"]


def test_columns_of_one_name_or_none_are_all_kept(read: Read) -> None:
    content = b"phone,email,tag,tag,\n1,a,x,y,z\n"

    rows = read(content)

    assert json.loads(rows["attributes"].item()) == {"tag": "x", "tag (4)": "y", "column 5": "z"}


def test_a_header_may_have_line_ends_braces_and_quotes(read: Read) -> None:
    content = b'phone,"two\nlines {} ""x""",email\n1,z,a\n2,"q",b\n'

    rows = read(content)

    assert rows["row_number"].to_list() == [3, 4]
    assert [json.loads(row) for row in rows["attributes"]] == [{'two lines {} "x"': "z"}, {'two lines {} "x"': "q"}]


def test_empty_rows_before_the_header_are_skipped(read: Read) -> None:
    content = b";;\n;;\nphone;email;name\n1;a;b\n"

    rows = read(content)

    assert rows["row_number"].to_list() == [4]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty.*header line"),
        (b"\xef\xbb\xbf\r\n \n\x00\x1a", "empty.*header line"),
        (b"sep=;\n", "empty.*header line"),
        (b"telephone;email;name\n1;a;b\n", "no column 'phone'; it has 'telephone', 'email', 'name'.*delimiter"),
        (b"phone,Phone ,email\n1,2,3\n", "column 'phone' 2 times"),
        (b'"phone,email\n1,2\n', "quote that is not closed"),
        (b",".join([b"phone,email", *[b"x"] * 999]), r"1,001 columns; 1,000 are allowed \(max_columns\)"),
        (b"\x00\x01 \x02x,email\n", "first line is not readable text"),
    ],
)
def test_a_header_that_cannot_be_understood_is_refused_with_advice(read: Read, content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read(content)


def test_a_header_is_not_looked_for_without_end(read: Read) -> None:
    blank_line = b" " * 999 + b"\n"

    with pytest.raises(UnreadableFile, match="empty"):
        read(blank_line * 9000 + PLAIN, limits=Limits(max_row_bytes=1_000_000))


def test_two_accepted_names_in_one_header_are_refused(read: Read) -> None:
    with pytest.raises(UnreadableFile, match=r"'mobile' and 'phone', and only one of them can be read.*name one"):
        read(PLAIN.replace(b"name", b"Mobile"), phone_column=["mobile", "phone"])


def test_none_of_the_accepted_names_is_refused_and_all_are_told(read: Read) -> None:
    with pytest.raises(UnreadableFile, match="none of the columns 'tel', 'gsm'; it has 'phone'"):
        read(PLAIN, phone_column=["tel", "gsm"])


def test_a_refusal_never_repeats_a_contact(read: Read) -> None:
    content = b"+31 20 624 1111,ann@acme.com,Ann\n"

    with pytest.raises(UnreadableFile, match="looks like data") as refusal:
        read(content)

    assert not re.search("624|ann|Ann", str(refusal.value))
