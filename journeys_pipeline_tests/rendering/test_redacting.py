"""A report from which somebody is taken out says all else as before, cell by cell."""

from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.rendering.redacting import redact_report
from journeys_pipeline.rendering.xlsx import render_xlsx

TEXTS = st.sampled_from(["p1", "p2", "secret", 'a "secret", b', "two\r\nlines", "=1+1", "p1,p1", "é", "#N/A"])
TABLES = st.lists(st.tuples(TEXTS, st.none() | TEXTS), max_size=5).map(
    lambda rows: pl.DataFrame(rows, schema={"Campaign ID": pl.String, "Person ID": pl.String}, orient="row")
)


def mask(text: str) -> str:
    return text.replace("secret", "xxxxxx")


def expected(table: pl.DataFrame) -> pl.DataFrame:
    """The same told by Polars."""
    return table.with_columns(pl.col("Person ID").replace("p1", "deleted-1")).with_columns(
        pl.all().str.replace_all("secret", "xxxxxx")
    )


@given(table=TABLES)
def test_a_csv_is_as_if_it_had_been_made_without(table: pl.DataFrame) -> None:
    redacted = redact_report(render_csv(table), mask=mask, hashes={"p1": "deleted-1"})

    assert redacted == render_csv(expected(table))


@pytest.mark.parametrize("name", ["p1", "p3"])
def test_a_workbook_is_as_if_it_had_been_made_without_and_keeps_its_form(name: str) -> None:
    texts = [name, "secret", "=1+1", "#N/A", "+31206241111"]
    table = pl.DataFrame({"Person ID": texts, "Campaign ID": texts[::-1], "MEP": range(5)})

    redacted = redact_report(render_xlsx(table, title="A secret"), mask=mask, hashes={"p1": "deleted-1"})

    whole = render_xlsx(expected(table.drop("MEP")).with_columns(table["MEP"]), title="A xxxxxx")
    assert shown(redacted) == shown(whole)
    assert redact_report(redacted, mask=mask, hashes={"p1": "deleted-1"}) == redacted


def shown(content: bytes) -> list[object]:
    """Sheet, cells, their types and formats, and what the sheet does with its first row."""
    from openpyxl import load_workbook  # noqa: PLC0415 - a second of import time

    workbook = load_workbook(BytesIO(content))
    [sheet] = workbook.worksheets
    cells = [(cell.value, cell.data_type, cell.number_format, cell.quotePrefix) for row in sheet.rows for cell in row]
    return [workbook.properties.title, sheet.title, sheet.freeze_panes, sheet.auto_filter.ref, *cells]
