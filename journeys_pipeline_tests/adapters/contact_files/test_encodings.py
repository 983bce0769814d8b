"""Contact files in the encodings that customers send."""

import codecs
import json
from collections.abc import Callable

import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import UnreadableFile

Read = Callable[..., pl.DataFrame]

TEXT = "phone,email,name\n+31206241111,ann@acme.com,Zoë\n"


@pytest.mark.parametrize(
    "encoded",
    [
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + TEXT.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + TEXT.encode("utf-32-be"),
    ],
)
def test_a_byte_order_mark_decides_the_encoding_and_is_no_text(read: Read, encoded: bytes) -> None:
    rows = read(encoded, encoding="cp1252")

    assert rows.rows() == [(2, "+31206241111", "ann@acme.com", '{"name":"Zoë"}', True)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_zeros_in_the_first_characters_decide_the_encoding(read: Read, encoding: str) -> None:
    rows = read(TEXT.encode(encoding))

    assert rows.rows() == [(2, "+31206241111", "ann@acme.com", '{"name":"Zoë"}', True)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "mac-roman", "utf-16", "utf-32"])
def test_a_named_encoding_is_obeyed(read: Read, encoding: str) -> None:
    rows = read(TEXT.encode(encoding), encoding=encoding)

    assert json.loads(rows["attributes"].item()) == {"name": "Zoë"}


def test_text_that_the_named_encoding_does_not_fit_costs_its_rows_alone_d11(read: Read) -> None:
    content = "phone,email\n1,zoë@acme.com\n2,ann@acme.com\n".encode("cp1252")

    rows = read(content)

    assert rows.rows() == [(2, None, None, "{}", False), (3, "2", "ann@acme.com", "{}", True)]


def test_a_byte_that_the_code_page_lacks_costs_its_row_alone_d11(read: Read) -> None:
    rows = read(b"phone,email\n1,\x81\n2,b\n", encoding="cp1252")

    assert rows["is_readable"].to_list() == [False, True]


def test_half_a_surrogate_pair_costs_its_row_alone_d11(read: Read) -> None:
    content = "phone,email\n1,a".encode("utf-16") + b"\x3d\xd8" + "\n2,b\n".encode("utf-16-le")

    rows = read(content)

    assert rows.rows() == [(2, None, None, "{}", False), (3, "2", "b", "{}", True)]


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13"])
def test_an_unknown_encoding_is_refused_with_advice(read: Read, encoding: str) -> None:
    with pytest.raises(UnreadableFile, match=f"encoding '{encoding}' is not known"):
        read(TEXT.encode(), encoding=encoding)
