"""What booking a month costs: beside DuckDB's first entry per person over the same files, and again with one more day.

python -m journeys_pipeline_tests.benchmarks.bench_mep --entries 100000000 --people 10000000 --turns 1
"""

import argparse
import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.periods import days_of_month
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline_tests.benchmarks.turns import Row, compare, print_rows, python, run

MONTH = date(2026, 3, 1)
DAY_US = 24 * 3600 * 1_000_000
BOOK = """
import shutil, sys, time
from datetime import UTC, date, datetime
from pathlib import Path
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.statements import Statements
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.billing import Books
from journeys_pipeline.defs.booking import book_and_close
from journeys_pipeline.defs.refresh import Scope

home, before = Path(sys.argv[1]), Path(sys.argv[2])
shutil.rmtree(home / "lake" / "mep_ledger", ignore_errors=True)
if before.exists():
    shutil.copytree(before, home / "lake" / "mep_ledger")
warehouse = Warehouse(f"sqlite:///{home / 'warehouse.sqlite'}")
warehouse.migrate()
books = Books(Lake(home / "lake"), warehouse, Statements(home / "statements"), None)
month = date(2026, 3, 1)
begun = time.perf_counter()
book_and_close(books, Scope([month], ["acme"], datetime(2026, 4, 1, tzinfo=UTC)), month, is_due=False)
print(time.perf_counter() - begun)
"""
DUCKDB = """
import sys, time
import duckdb

files, out = sys.argv[1:]
first = "arg_min(e, (e.entered_at, e.source_id))"
begun = time.perf_counter()
duckdb.sql(f"COPY (SELECT unnest({first}) FROM read_parquet('{files}/**/*.parquet', hive_partitioning = true) e "
           f"GROUP BY e.account_id, e.person_id) TO '{out}'")
print(time.perf_counter() - begun)
"""


def make_entries(lake: Lake, days: list[date], *, each: int, people: int) -> None:
    """So many entries on each of the days, of people drawn at random, from fixed seeds."""
    for day in days:
        number = day.day - 1
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        serial = pl.int_range(number * each, (number + 1) * each, dtype=pl.UInt64)
        drawn = [pl.col("n").hash(seed) for seed in (1, 2, 3)]
        rows = (
            pl.LazyFrame()
            .select(n=serial)
            .select(
                day=pl.lit(day),
                account_id=pl.lit("acme"),
                source_id=pl.format("e-{}", pl.col("n") + 10**11),
                sub_account_id=pl.format("sub-{}", drawn[0] % 5),
                journey_id=pl.format("journey-{}", drawn[0] % 40),
                journey_version=pl.lit(1, pl.Int32),
                person_id=pl.format("person-{}", drawn[1] % people + 10**8),
                alternate_person_id=pl.lit(None, pl.String),
                entry_id=pl.format("passage-{}", pl.col("n")),
                element_id=pl.lit("entry"),
                entry_source=pl.lit("segment"),
                entered_at=pl.lit(start) + pl.duration(microseconds=(drawn[2] % DAY_US).cast(pl.Int64)),
            )
        )
        lake.replace(JourneyEntries, rows, {"day": [day]}, is_sorted=True)


def measure_ledger(home: Path, *, entries: int, people: int, turns: int) -> list[Row]:
    """`ledger_vs_duckdb`, and `ledger_refresh_vs_full`: a month with one more day against the month anew."""
    lake, ledger = Lake(home / "lake"), home / "lake" / "mep_ledger"
    days, kept = days_of_month(MONTH), home / "booked"
    each = entries // len(days)
    book = python(BOOK, home, home / "nothing")
    make_entries(lake, days[:-1], each=each, people=people)
    run(book)
    shutil.move(ledger, kept)
    make_entries(lake, days[-1:], each=each, people=people)
    first = python(DUCKDB, home / "lake" / "journey_entries", home / "first.parquet")
    return [
        compare("ledger_vs_duckdb", book, "DuckDB's first entry per person", first, turns=turns),
        compare("ledger_refresh_vs_full", python(BOOK, home, kept), "the month anew", book, turns=turns),
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--entries", type=int, default=100_000_000)
    asked.add_argument("--people", type=int, default=10_000_000)
    asked.add_argument("--turns", type=int, default=1, help="after a first one that is thrown away; 0: only one")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as home:
        print_rows(
            measure_ledger(Path(home), entries=options.entries, people=options.people, turns=options.turns),
        )


if __name__ == "__main__":
    main()
