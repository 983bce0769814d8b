"""How long a page takes in Chromium: from navigation until the charts in sight are drawn, and until all are.

`python -m journeys_pipeline_tests.benchmarks.bench_pages --pages FOLDER`, where FOLDER holds an account's published
pages (`dashboards/<account>` in `JOURNEYS_HOME`). A page near the limit of 3 MB is made here: calls of four months, in
six versions.
"""

import argparse
import json
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console

from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.defs.pages import AccountPages
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.ivr_metrics import (
    CallDropOffs,
    CallHours,
    CallPerformance,
    InputPerformance,
    InputValues,
    MenuPaths,
    MenuPerformance,
)

CATALOG = """\
accounts:
  - {id: acme, name: Acme, tiers: [{tier: scale, valid_from: 2026-01-01}]}
connections:
  - {id: c, account_id: acme, url: "file:///nowhere", feeds: [{kind: events, id: e, glob: "*"}]}
"""
AS_OF = datetime(2026, 11, 30, 17, tzinfo=UTC)
MONTHS = [date(2026, month, 1) for month in (8, 9, 10, 11)]
VERSIONS = range(7)
LIMIT = 3_000_000
WATCH = """
window.times = {};
const note = () => {
    for (const name of ['ready', 'complete'])
        if (document.documentElement?.dataset[name] && !(name in window.times)) window.times[name] = performance.now();
};
const attributes = {attributes: true, subtree: true, attributeFilter: ['data-ready', 'data-complete']};
new MutationObserver(note).observe(document, attributes);
"""


def main() -> None:
    """Print the medians as a table, and as JSON in the last line."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--pages", type=Path, help="an account's published pages")
    arguments.add_argument("--turns", type=int, default=7)
    given = arguments.parse_args()
    console, results = Console(highlight=False), list[dict[str, Any]]()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for page in [*sorted(given.pages.glob("*.html") if given.pages else []), *_largest(Path(folder))]:
            result = _measure(browser, page, given.turns)
            console.print("{name:32} {kb:6,} KB   in sight {ready_ms:6,} ms   all {complete_ms:6,} ms".format(**result))
            results.append(result)
        browser.close()
    console.print(json.dumps(results), soft_wrap=True)


def _measure(browser: Browser, file: Path, turns: int) -> dict[str, Any]:
    times = [_open(browser, file) for _ in range(turns + 1)][1:]  # the first fills the disk's cache
    medians = {f"{name}_ms": round(statistics.median(time[name] for time in times)) for name in ("ready", "complete")}
    return {"name": file.name, "kb": file.stat().st_size // 1000} | medians


def _open(browser: Browser, file: Path) -> dict[str, float]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(file.as_uri())
    page.wait_for_function("'complete' in window.times")
    times: dict[str, float] = page.evaluate("window.times")
    context.close()
    return times


def _largest(folder: Path) -> Iterator[Path]:
    """Pages of one journey's calls, the last of them just below the limit."""
    (folder / "journeys.yaml").write_text(CATALOG)
    catalog = load_catalog(folder / "journeys.yaml")
    warehouse = Warehouse(f"sqlite:///{folder / 'warehouse.sqlite'}")
    warehouse.migrate()
    sizes: dict[int, bytes] = {}
    for elements in (4, 8, 12, 16, 20, 24):
        _fill(warehouse, elements)
        account = AccountPages(catalog.account("acme"), catalog, warehouse, AS_OF)
        sizes[elements] = account.draw(account.plan("ivr")[1])[1]
        if len(sizes[elements]) > LIMIT:
            break
    fitting = [content for content in sizes.values() if len(content) <= LIMIT]
    (folder / "calls-near-the-limit.html").write_bytes(fitting[-1])
    yield folder / "calls-near-the-limit.html"


def _fill(warehouse: Warehouse, elements: int) -> None:
    days = days_between(MONTHS[0], AS_OF.date() + timedelta(days=1))
    names = [f"element-{at}" for at in range(elements)]
    counts = {
        "calls": 1200,
        "answered": 800,
        "completed": 500,
        "ended_early": 300,
        "no_answer": 400,
        "unique_callers": 900,
    }
    rate = {"completion_rate": 0.625, "median_talk_time_s": Decimal(41)}
    asked = {"variable": "code", "attempts": 10, "ok": 8, "no_input": 1, "invalid": 1}
    rows: dict[type[dy.Schema], list[dict[str, Any]]] = {
        CallPerformance: [counts | rate],
        CallHours: [{"weekday": 2, "hour": hour, "calls": 50, "answered": 30} for hour in range(elements)],
        CallDropOffs: [{"element_id": name, "ended_early": 25, "share": 1 / elements} for name in names],
        MenuPerformance: [{"element_id": name, "shown": 60, "repeats": 4, "pressed": 50} for name in names],
        MenuPaths: [
            {"element_id": name, "key": str(key), "next_element_id": "bye", "presses": 12, "share": 0.25}
            for name in names[: elements // 4]
            for key in range(4)
        ],
        InputPerformance: [asked | {"element_id": name} for name in names[: elements // 4]],
        InputValues: [
            {"element_id": "zip", "variable": "zip", "masking": "masked", "value": f"***{at:02}", "inputs": 9}
            for at in range(elements)
        ],
    }
    for grain, periods in (("day", days), ("month", MONTHS)):
        for table, each in rows.items():
            blank = {name: None if column.nullable else 0 for name, column in table.columns().items()}
            cells = [
                blank | row | {"account_id": "acme", "journey_id": "j", "journey_version": version, "period": period}
                for period in periods
                for version in VERSIONS
                for row in each
            ]
            frame = pl.DataFrame(cells, schema=table.create_empty().schema, orient="row")
            warehouse.replace(table, frame, {"account_id": ["acme"]}, grain=grain)


if __name__ == "__main__":
    main()
