"""Tables as Excel workbooks: text stays text, times are times, the same table is the same file (F70, F73)."""

import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from openpyxl import load_workbook

from journeys_pipeline.rendering.xlsx import render_xlsx

ENGAGED_AT = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
TABLE = pl.DataFrame(
    {
        "Person ID": ["ann", "bob"],
        "Engaged At": [ENGAGED_AT, None],
        "Campaign Name": ["Spring", None],
    }
)
PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","x")',
    '=WEBSERVICE("http://evil.example")',
    "=",
    "==1",
    "{=1+1}",
    "+1+1",
    "+31206241111",
    "-1-1",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    " =1",
    "#N/A",
    "#REF!",
    "#DIV/0!",
    "12",
    "1e5",
    "007",
    "50%",
    "2026-01-31",
    "12:30",
    "TRUE",
    "'=1",
    "<f>1+1</f>",
    "&equals;1",
    "春 zoë 🎉",
]


def open_sheet(content: bytes) -> Any:
    return load_workbook(BytesIO(content)).worksheets[0]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_text_is_a_text_on_reading_it_back_whatever_it_looks_like(payload: str) -> None:
    content = render_xlsx(pl.DataFrame({"Campaign Name": [payload]}), title="MEP consumption")

    cell = open_sheet(content)["A2"]
    assert (cell.value, cell.data_type) == (payload, "s")


@pytest.mark.parametrize("payload", ["=1+1", "#N/A", "+1", "@a"])
def test_a_columns_name_is_a_text_too(payload: str) -> None:
    content = render_xlsx(pl.DataFrame({payload: ["x"]}), title="MEP consumption")

    cell = open_sheet(content)["A1"]
    assert (cell.value, cell.data_type) == (payload, "s")


def test_no_part_of_the_workbook_holds_a_formula_or_a_link() -> None:
    content = render_xlsx(pl.DataFrame({"Campaign Name": PAYLOADS}), title="MEP consumption")

    with zipfile.ZipFile(BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
        assert not any(mark in sheet for mark in (b"<f>", b"<f ", b"<hyperlink", b't="e"'))
        assert not any("external" in name.lower() or "vba" in name.lower() for name in archive.namelist())


def test_a_formulas_text_stays_text_when_someone_edits_the_cell() -> None:
    content = render_xlsx(pl.DataFrame({"Campaign Name": ["=1+1", "Spring"]}), title="MEP consumption")

    sheet = open_sheet(content)
    assert [bool(sheet[name].quotePrefix) for name in ("A2", "A3")] == [True, False]


def test_times_are_real_times_in_utc_and_nulls_are_empty_f73() -> None:
    content = render_xlsx(TABLE, title="MEP consumption")

    sheet = open_sheet(content)
    assert sheet["B2"].value == datetime(2026, 1, 31, 23, 59, 59)  # noqa: DTZ001 - a workbook's times have no zone
    assert (sheet["B2"].is_date, sheet["B2"].number_format) == (True, "yyyy-mm-dd hh:mm:ss")
    assert (sheet["B3"].value, sheet["C3"].value) == (None, None)


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    berlin = datetime(2026, 1, 1, 0, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    table = pl.DataFrame({"at": [berlin]}, schema={"at": pl.Datetime("us", "Europe/Berlin")})

    content = render_xlsx(table, title="MEP consumption")

    assert open_sheet(content)["A2"].value == datetime(2025, 12, 31, 23, 30)  # noqa: DTZ001 - as above


def test_numbers_and_days_are_numbers_and_days() -> None:
    table = pl.DataFrame({"count": [-7], "cost": [Decimal("0.125000")], "day": [date(2026, 1, 31)]})

    content = render_xlsx(table, title="MEP consumption")

    count, cost, day = open_sheet(content)[2]
    assert (count.value, count.data_type, cost.value, cost.data_type) == (-7, "n", 0.125, "n")
    assert (day.is_date, day.value.date()) == (True, date(2026, 1, 31))


@pytest.mark.parametrize("character", ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1b", "\x1f", "\ufffe", "\uffff"])
def test_a_character_that_no_workbook_can_hold_is_replaced(character: str) -> None:
    content = render_xlsx(pl.DataFrame({"Campaign Name": [f"a{character}=b"]}), title="MEP consumption")

    assert open_sheet(content)["A2"].value == "a\ufffd=b"


def test_the_longest_text_that_a_cell_holds_is_kept_whole() -> None:
    longest = "x" * 32_767

    content = render_xlsx(pl.DataFrame({"Campaign Name": [longest]}), title="MEP consumption")

    assert open_sheet(content)["A2"].value == longest


def test_a_longer_text_is_refused_and_not_cut() -> None:
    too_long = pl.DataFrame({"Campaign Name": ["x" * 32_768]})

    with pytest.raises(ValueError, match=r"32,768 characters, a cell holds 32,767: make the report as \.csv"):
        render_xlsx(too_long, title="MEP consumption")


def test_the_same_table_gives_the_same_bytes_at_any_time() -> None:
    content = render_xlsx(TABLE, title="MEP consumption")

    assert content == render_xlsx(TABLE.clone(), title="MEP consumption")
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        assert f"{datetime.now(UTC):%Y-%m-%d}".encode() not in archive.read("docProps/core.xml")


def test_another_table_gives_other_bytes() -> None:
    other = TABLE.with_columns(pl.lit("Summer").alias("Campaign Name"))

    assert render_xlsx(TABLE, title="MEP consumption") != render_xlsx(other, title="MEP consumption")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("MEP consumption", "MEP consumption (UTC)"),
        ("A title of more than twenty-five characters", "A title of more than twen (UTC)"),
        ("a[b]:c*d?e/f\\g", "a b  c d e f g (UTC)"),
        ("'quoted'", "quoted (UTC)"),
    ],
)
def test_the_sheets_name_names_utc_and_is_one_that_excel_takes(title: str, name: str) -> None:
    sheet = open_sheet(render_xlsx(TABLE, title=title))

    assert sheet.title == name
    assert len(sheet.title) <= 31


def test_the_header_is_bold_frozen_and_filtered_f72() -> None:
    sheet = open_sheet(render_xlsx(TABLE, title="MEP consumption"))

    assert [cell.value for cell in sheet[1]] == ["Person ID", "Engaged At", "Campaign Name"]
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C3")


def test_a_table_without_rows_is_its_header() -> None:
    sheet = open_sheet(render_xlsx(TABLE.clear(), title="MEP consumption"))

    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["Person ID", "Engaged At", "Campaign Name"]]


def test_a_column_of_lists_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="turn reasons into text first"):
        render_xlsx(pl.DataFrame({"reasons": [["a"]]}), title="MEP consumption")


def test_the_header_of_times_is_shown_with_utc_and_reads_back_without_f72() -> None:
    sheet = open_sheet(render_xlsx(TABLE, title="MEP consumption"))

    header = sheet["B1"]
    assert (header.value, header.number_format) == ("Engaged At", '@" (UTC)"')
    assert sheet["A1"].number_format == "General"


def test_money_counts_and_shares_have_their_formats() -> None:
    table = pl.DataFrame({"cost": [Decimal("0.125000")], "count": [1_000_000], "rate": [0.5], "is_test": [True]})

    cells = open_sheet(render_xlsx(table, title="MEP consumption"))[2]

    assert [cell.number_format for cell in cells] == ["#,##0.00????", "#,##0", "0.0%", "General"]
    assert cells[3].value is True


def test_a_column_is_as_wide_as_its_longest_value_or_header_within_reason() -> None:
    table = pl.DataFrame({"a": ["x" * 30, "y"], "a rather long header": [1, 2], "wide": ["z" * 500, ""]})

    sheet = open_sheet(render_xlsx(table, title="MEP consumption"))

    assert [sheet.column_dimensions[letter].width for letter in "ABC"] == [32, 24, 60]


def test_a_workbook_names_the_program_and_the_report_and_no_machine_or_user() -> None:
    content = render_xlsx(TABLE, title="Bill\x00 & co")

    properties = load_workbook(BytesIO(content)).properties
    assert (properties.creator, properties.title) == ("journeys_pipeline", "Bill\ufffd & co")
    assert (properties.lastModifiedBy, properties.description, properties.keywords) == (None, None, None)


def test_each_row_keeps_its_own_values_though_cells_are_used_again() -> None:
    table = pl.DataFrame({"text": ["=1", "#N/A", "=2", None, "plain"], "count": [1, None, 3, 4, 5]})

    sheet = open_sheet(render_xlsx(table, title="MEP consumption"))

    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["=1", 1],
        ["#N/A", None],
        ["=2", 3],
        [None, 4],
        ["plain", 5],
    ]
