"""What the whole path costs: loading the code location, and 5 million events from files on a server to figures."""

import os
import tempfile

from journeys_pipeline_tests.benchmarks.turns import compare, print_rows, python

PEOPLE, DAYS, ACCOUNTS = 170_000, 62, 3  # 4.9 million events
LOAD = "import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
PATH = """
import sys, time
from rich.console import Console
from journeys_pipeline import environment
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.demo.run import sample_world, serve_world, take_drop
from journeys_pipeline.demo.world import publish
from journeys_pipeline.schemas.landed_files import FeedReadings
from journeys_pipeline.showing import progress_bars

people, days, accounts = map(int, sys.argv[1:])
root = environment.home() / "sample-world"
with progress_bars(Console(stderr=True)) as progress:
    _, drops = sample_world(root, progress, people=people, days=days, accounts=accounts)
    bar = progress.add_task("fetch, count, bill", total=len(drops))
    with serve_world(root):
        catalog = load_catalog(environment.catalog_path())
        begun = time.perf_counter()
        for drop in drops:
            publish(drop)
            take_drop(drop, catalog)
            progress.advance(bar)
        seconds = time.perf_counter() - begun
records = int(Warehouse(environment.warehouse_url()).read(FeedReadings)["records"].sum())
print(f"{records:,} records, {records / seconds:,.0f} a second", file=sys.stderr)
print(seconds)
"""
PARSE = """
import gzip, time
import polars as pl
from journeys_pipeline import environment
from journeys_pipeline.adapters.event_files import FIELD_NAMES

text = dict.fromkeys(FIELD_NAMES, pl.String())
def parse(lines):
    return pl.read_ndjson(lines, schema=text, ignore_errors=True).height


files = sorted((environment.home() / "sample-world").glob("*/events-*.ndjson.gz"))
begun = time.perf_counter()
rows = sum(parse(gzip.decompress(file.read_bytes()).replace(b",,}", b"}")) for file in files)
seconds = time.perf_counter() - begun
assert rows > 0
print(seconds)
"""


def main() -> None:
    load = compare(
        "load_vs_import_dagster",
        python(LOAD.format(module="journeys_pipeline.definitions")),
        "import dagster",
        python(LOAD.format(module="dagster")),
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"JOURNEYS_HOME": home, "DAGSTER_HOME": f"{home}/dagster"}
        path = compare(
            "path_vs_parse",
            python(PATH, PEOPLE, DAYS, ACCOUNTS),
            "Polars' parse of the same events alone",
            python(PARSE),
            turns=0,  # a path is gone once: what is fetched is known
        )
    print_rows([load, path])


if __name__ == "__main__":
    main()
