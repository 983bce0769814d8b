"""What files of reports cost: our .xlsx beside bare openpyxl, our .csv beside Polars' own."""

import tempfile
from pathlib import Path

import polars as pl

from journeys_pipeline_tests.benchmarks.turns import compare, print_rows, python

XLSX_ROWS, CSV_ROWS = 10_000, 1_000_000

OUR_XLSX = """
import sys, time
import openpyxl
import polars as pl
from journeys_pipeline.rendering.xlsx import render_xlsx

rows = pl.read_parquet(sys.argv[1])
begun = time.perf_counter()
content = render_xlsx(rows, title="MEP consumption")
open(sys.argv[2], "wb").write(content)
print(time.perf_counter() - begun)
"""
BARE_XLSX = """
import sys, time
from openpyxl import Workbook
import polars as pl

rows = pl.read_parquet(sys.argv[1]).with_columns(pl.col(pl.Datetime).dt.replace_time_zone(None))
begun = time.perf_counter()
workbook = Workbook(write_only=True)
sheet = workbook.create_sheet()
sheet.append(rows.columns)
for row in rows.iter_rows():
    sheet.append(row)
workbook.save(sys.argv[2])
print(time.perf_counter() - begun)
"""
OUR_CSV = """
import sys, time
import polars as pl
from journeys_pipeline.rendering.csv import render_csv

rows = pl.read_parquet(sys.argv[1])
begun = time.perf_counter()
content = render_csv(rows)
open(sys.argv[2], "wb").write(content)
print(time.perf_counter() - begun)
"""
POLARS_CSV = """
import sys, time
import polars as pl

rows = pl.read_parquet(sys.argv[1])
begun = time.perf_counter()
rows.write_csv(sys.argv[2], line_terminator="\\r\\n", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
print(time.perf_counter() - begun)
"""


def make_meps(count: int) -> pl.DataFrame:
    """Rows of an MEP consumption report: person ids of contacts, times to the second, a hundred campaigns."""
    number = pl.int_range(count, eager=False)
    campaign = number.hash(7) % 100
    start = pl.datetime(2026, 10, 1, time_zone="UTC")
    return pl.select(
        pl.format("contact-{}{}", number.hash(1), number.hash(2)).str.slice(0, 40).alias("Person ID"),
        (start + pl.duration(seconds=number.hash(3) % 2_600_000)).alias("Engaged At"),
        (start + pl.duration(hours=number.hash(4) % 720)).alias("Billed At"),
        pl.format("campaign-{}", campaign).alias("Campaign ID"),
        pl.format("Campaign No. {}", campaign).alias("Campaign Name"),
    )


def main() -> None:
    """Compare both, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        few, many, target = (Path(folder) / name for name in ("few.parquet", "many.parquet", "report"))
        make_meps(XLSX_ROWS).write_parquet(few)
        make_meps(CSV_ROWS).write_parquet(many)
        print_rows(
            [
                compare(
                    "xlsx_10k_vs_openpyxl",
                    python(OUR_XLSX, few, target),
                    "openpyxl write-only",
                    python(BARE_XLSX, few, target),
                ),
                compare(
                    "csv_1M_vs_polars",
                    python(OUR_CSV, many, target),
                    "Polars write_csv",
                    python(POLARS_CSV, many, target),
                ),
            ]
        )


if __name__ == "__main__":
    main()
