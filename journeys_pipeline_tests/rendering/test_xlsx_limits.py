"""What a workbook cannot hold, and any text that it can."""

import re
from io import BytesIO

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.rendering.xlsx import MOST_ROWS, render_xlsx


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=6))
def test_any_text_comes_back_as_text_with_only_what_xml_lacks_replaced(texts: list[str]) -> None:
    table = pl.DataFrame({"text": texts})

    sheet = openpyxl.load_workbook(BytesIO(render_xlsx(table, title="x"))).worksheets[0]

    cells = [row[0] for row in sheet.rows][1:]
    expected = [re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text) for text in texts]
    assert [cell.value for cell in cells] == [re.sub("\r\n?", "\n", text) for text in expected]
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize("payload", ["\r=1+1", "\r+1", "a\r=1"])
def test_a_text_with_a_carriage_return_is_no_formula(payload: str) -> None:
    table = pl.DataFrame({"text": [payload]})

    sheet = openpyxl.load_workbook(BytesIO(render_xlsx(table, title="x"))).worksheets[0]

    assert (sheet["A2"].value, sheet["A2"].data_type) == (payload.replace("\r", "\n"), "s")


def test_bytes_that_openpyxl_would_make_a_formula_are_refused_by_name() -> None:
    table = pl.DataFrame({"odd": [b"=1+1"]})

    with pytest.raises(ValueError, match="turn odd into text first"):
        render_xlsx(table, title="x")


def test_more_rows_than_a_sheet_holds_are_refused() -> None:
    table = pl.select(pl.int_range(MOST_ROWS + 1).alias("number"))

    with pytest.raises(ValueError, match="1,048,576 rows, a sheet holds 1,048,575"):
        render_xlsx(table, title="x")


def test_a_table_without_any_text_is_rendered() -> None:
    table = pl.DataFrame({"count": [3]})

    sheet = openpyxl.load_workbook(BytesIO(render_xlsx(table, title="a\x01b"))).worksheets[0]

    assert (sheet["A2"].value, sheet.title) == (3, "a b (UTC)")
