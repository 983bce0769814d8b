"""What LibreOffice shows of our files: the cells that we wrote, and no formula that was run (F70)."""

import csv
import os
import shutil
import subprocess
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import polars as pl
import pytest

from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.rendering.xlsx import render_xlsx

AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true"  # comma, quote, UTF-8, as shown
FROM_CSV = "Text - txt - csv (StarCalc):44,34,76,1,,1033,false,true"  # the same, and numbers and dates are detected
TEXTS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example","x")', "=", "+1+1", "-1-1", "@SUM(A1)", " =1",
    "#N/A", "#REF!", "'", "'=1", "007", "1e5", "50%", "2026-01-31", "12:30", "TRUE", "<f>1+1</f>", "a,b", 'say "hi"',
    "two\nlines", "Zoë 春 🎉", "+31206241111", "-5",
]  # fmt: skip
DISARMED = {
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://evil.example","x")', "=", "+1+1", "-1-1", "@SUM(A1)",
}  # fmt: skip
MONTH = pl.DataFrame(
    {
        "Person ID": TEXTS,
        "Engaged At": [datetime(2026, 10, 2, 10, 30, 15, tzinfo=UTC)] * len(TEXTS),
        "Day": [date(2026, 10, 2)] * len(TEXTS),
        "Cost EUR": [Decimal("1234567.500000")] * len(TEXTS),
        "Messages": [1_234_567] * len(TEXTS),
        "Rate": [0.125] * len(TEXTS),
        "Nothing": [None] * len(TEXTS),
    },
    schema_overrides={"Cost EUR": pl.Decimal(18, 6), "Nothing": pl.String},
)


def convert(source: Path, *, infilter: str | None = None) -> list[list[str]]:
    """The cells of the first sheet, as LibreOffice shows them."""
    options = [f"-env:UserInstallation={(source.parent / 'profile').as_uri()}", "--headless"]
    options += [f"--infilter={infilter}"] if infilter else []
    command = ["soffice", *options, "--convert-to", AS_CSV, "--outdir", source.parent / "shown", source]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    shown = (source.parent / "shown" / source.name).with_suffix(".csv").read_text(encoding="utf-8")
    return list(csv.reader(StringIO(shown, newline="")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("soffice") is None:
        reason = "no LibreOffice here (Debian: apt-get install libreoffice-calc-nogui)"
        pytest.fail(reason) if "CI" in os.environ else pytest.skip(reason)
    return tmp_path_factory.mktemp("libreoffice")


@pytest.fixture(scope="module")
def xlsx(folder: Path) -> list[list[str]]:
    path = folder / "month.xlsx"
    path.write_bytes(render_xlsx(MONTH, title="MEP consumption"))
    return convert(path)


@pytest.fixture(scope="module")
def from_csv(folder: Path) -> list[list[str]]:
    path = folder / "plain.csv"
    path.write_bytes(render_csv(MONTH))
    return convert(path, infilter=FROM_CSV)


def test_every_text_of_a_workbook_is_shown_as_it_was_written(xlsx: list[list[str]]) -> None:
    assert [row[0] for row in xlsx[1:]] == TEXTS


def test_the_header_of_times_is_shown_with_utc_and_the_others_as_they_are(xlsx: list[list[str]]) -> None:
    assert xlsx[0] == ["Person ID", "Engaged At (UTC)", "Day", "Cost EUR", "Messages", "Rate", "Nothing"]


def test_times_days_money_counts_and_shares_are_shown_in_their_formats(xlsx: list[list[str]]) -> None:
    shown = [value.strip() for value in xlsx[1][1:]]

    assert shown == ["2026-10-02 10:30:15", "2026-10-02", "1,234,567.50", "1,234,567", "12.5%", ""]


def test_no_text_of_a_csv_file_is_run_and_those_that_could_be_show_their_quote(from_csv: list[list[str]]) -> None:
    shown = dict(zip(TEXTS, (row[0] for row in from_csv[1:]), strict=True))

    assert {text: shown[text] for text in DISARMED} == {text: f"'{text}" for text in DISARMED}
    assert not any("Err:" in cell or cell == "2" for cell in shown.values())


def test_a_csv_file_has_as_many_rows_and_columns_as_the_table(from_csv: list[list[str]]) -> None:
    assert {len(row) for row in from_csv} == {MONTH.width}
    assert len(from_csv) == MONTH.height + 1
