"""Tables as CSV: read back whole, and never taken for formulas (F55, F70, F97)."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.rendering.csv import render_csv


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8"), newline=""), strict=True))


@pytest.mark.parametrize(
    "payload",
    [
        "=1+1",
        "=cmd|' /C calc'!A0",
        '=HYPERLINK("http://evil.example","x")',
        "+1+1",
        "+SUM(A1)",
        "-1-1",
        "-cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "\x00=1",
        "+31206241111\n=1",
        "-5\r=1",
        "+31 20 624 1111",
        "=",
    ],
)
def test_a_text_that_a_spreadsheet_would_run_gets_a_leading_quote(payload: str) -> None:
    content = render_csv(pl.DataFrame({"Campaign Name": [payload]}))

    assert read(content)[1] == ["'" + payload]


@pytest.mark.parametrize("text", ["+31206241111", "-5", "-5.25", "12", "Spring = Sale", "a@b.example", "'", "", " "])
def test_phone_numbers_plain_numbers_and_ordinary_texts_stay_as_they_are(text: str) -> None:
    content = render_csv(pl.DataFrame({"Person ID": [text], "n": [1]}))

    assert read(content)[1] == [text, "1"]


def test_a_formula_as_a_columns_name_or_as_a_category_is_disarmed_too() -> None:
    table = pl.DataFrame({"=1": ["=2"]}, schema={"=1": pl.Categorical})

    rows = read(render_csv(table))

    assert rows == [["'=1"], ["'=2"]]


def test_lines_end_with_crlf_in_utf_8_under_a_header_without_bom() -> None:
    table = pl.DataFrame({"Person ID": ["zoë"], "Campaign Name": ["春"]})

    content = render_csv(table)

    assert content == "Person ID,Campaign Name\r\nzoë,春\r\n".encode()


def test_times_are_iso_8601_in_utc_with_a_fraction_only_if_there_is_one() -> None:
    moments = [datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 2, 1, 0, 0, 0, 5, tzinfo=UTC)]

    rows = read(render_csv(pl.DataFrame({"Engaged At": moments})))

    assert rows[1:] == [["2026-01-31T23:59:59Z"], ["2026-02-01T00:00:00.000005Z"]]


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    berlin = datetime(2026, 1, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    table = pl.DataFrame({"at": [berlin]}, schema={"at": pl.Datetime("us", "Europe/Berlin")})

    rows = read(render_csv(table))

    assert rows[1] == ["2025-12-31T23:30:00Z"]


def test_numbers_days_and_nulls_are_plain() -> None:
    table = pl.DataFrame(
        {"count": [-7], "cost": [Decimal("-0.050000")], "day": [date(2026, 1, 1)], "none": [None]},
        schema_overrides={"none": pl.String},
    )

    rows = read(render_csv(table))

    assert rows[1] == ["-7", "-0.050000", "2026-01-01", ""]


def test_a_table_without_rows_is_its_header() -> None:
    assert render_csv(pl.DataFrame(schema={"Person ID": pl.String, "n": pl.Int64})) == b"Person ID,n\r\n"


@settings(deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_is_read_back_but_for_the_leading_quote(texts: list[str]) -> None:
    table = pl.DataFrame({"text": texts, "n": range(len(texts))}, schema_overrides={"text": pl.String})

    rows = read(render_csv(table))

    assert [row[1] for row in rows[1:]] == [str(number) for number in range(len(texts))]
    assert all(row[0] in {text, "'" + text} for row, text in zip(rows[1:], texts, strict=True))


@settings(deadline=None)
@given(tail=st.text(st.characters(exclude_categories=["Cs"])), start=st.sampled_from("=@\t\r\n\x00"))
def test_no_cell_begins_as_a_formula_whatever_follows(start: str, tail: str) -> None:
    content = render_csv(pl.DataFrame({"text": [start + tail]}))

    assert read(content)[1] == ["'" + start + tail]
