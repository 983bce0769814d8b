"""What the command line shows of lake and warehouse."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from journeys_pipeline import environment
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.fact_reading import read_campaigns, read_facts
from journeys_pipeline.rendering.csv import render_csv
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.landed_files import FileSightings, LandedFiles
from journeys_pipeline.schemas.reports import MailOutbox, ReportRegister
from journeys_pipeline.transforms.contact_entries import export_imports
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_branches,
    measure_campaigns,
    measure_channel_costs,
    measure_channels,
    measure_element_costs,
    measure_element_messages,
    measure_elements,
    measure_entry_points,
    measure_errors,
    measure_exits,
    measure_funnel,
    measure_goal_values,
    measure_versions,
    narrow,
)

WIDEST = 10  # columns that a terminal has room for
FIGURES_BY: dict[str, Callable[[Facts, Periods], pl.LazyFrame]] = {
    "campaign": measure_campaigns,
    "version": measure_versions,
    "channel": measure_channels,
    "cost": measure_channel_costs,
    "element": measure_elements,
    "element-message": measure_element_messages,
    "element-cost": measure_element_costs,
    "branch": measure_branches,
    "error": measure_errors,
    "entry": measure_entry_points,
    "exit": measure_exits,
    "funnel": measure_funnel,
    "goal": measure_goal_values,
}


@contextmanager
def progress_bars(console: Console) -> Generator[Progress]:
    """Bars with a name, how much is done, and the time taken; on no terminal only what is done at the end."""
    columns = (TextColumn("{task.description:<32}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield progress


def new_bar(progress: Progress, title: str) -> Callable[[int, int], None]:
    """A further bar, moved by telling it how much is done of how much; a new round begins anew."""
    task = progress.add_task(title, total=None)

    def move(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)

    return move


def journey_figures(
    by: str, accounts: list[str], start: date, end: date, *, journey: str | None = None, version: int | None = None
) -> pl.DataFrame:
    """The figures of the days [start, end) as one period, exact (F5, D20): those of journeys added up, others counted.

    Args:
        by: One of FIGURES_BY.
        accounts: Whose journeys.
        start: The first day.
        end: The day after the last.
        journey: This journey alone.
        version: This version of it alone.
    """
    lake = Lake(environment.lake_place())
    if by == "campaign" and version is None:
        warehouse = Warehouse(environment.warehouse_url())
        return read_campaigns(lake, warehouse, accounts, start, end, journey=journey).drop("period").collect()
    facts = read_facts(lake, accounts)
    wanted = narrow(facts, journey, version) if journey else facts
    return FIGURES_BY[by](wanted, Periods(start, end, "range")).drop("period").collect(engine="streaming")


def import_table(account: str | None, *, start: date | None, end: date | None) -> bytes:
    """What was fetched on the days [start, end) for an account (None: for all), as the CSV of F55."""
    imports = Warehouse(environment.warehouse_url()).read(
        ImportPerformance, {"account_id": [account]} if account else {}
    )
    day = pl.col("fetched_at").dt.date()
    is_wanted = [day >= start] if start else []
    is_wanted += [day < end] if end else []
    return render_csv(export_imports(imports.filter(*is_wanted).lazy()).collect())


def describe_fetch(as_of: datetime) -> str:
    """What the fetch at a logical time brought, and what waits to be listed once more."""
    warehouse = Warehouse(environment.warehouse_url())
    rows = warehouse.read(LandedFiles).filter(pl.col("fetched_at") == as_of)
    counts = rows.group_by("status").len().sort("status").iter_rows()
    found = ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in counts) or "nothing new"
    waiting = warehouse.read(FileSightings).filter(pl.col("sha256").is_null()).height
    again = f" {waiting:,} files wait for a second equal listing: fetch again in a minute." if waiting else ""
    return f"Fetched: {found}.{again}"


def describe_report(report_id: str) -> str:
    """Where a report lies, what it holds, and what became of its mails."""
    warehouse = Warehouse(environment.warehouse_url())
    row = warehouse.read(ReportRegister, {"report_id": [report_id]}).to_dicts()[0]
    state = "provisional" if row["is_provisional"] else "closed"
    period = f"{row['first_day']} to {row['last_day']}" if row["first_day"] else "all"
    return (
        f"{row['report_type']}, {period} (UTC), {state}: {row['row_count']:,} rows in "
        f"{environment.home() / 'reports' / row['path']}\n{count_mails(report_id)}"
    )


def count_mails(report_id: str | None = None) -> str:
    """How many mails, of one report or of all, are in which state."""
    outbox = Warehouse(environment.warehouse_url()).read(MailOutbox, {"report_id": [report_id]} if report_id else {})
    counts = outbox.group_by("state").len().sort("state").iter_rows()
    return "Mails: " + (", ".join(f"{count:,} {state}" for state, count in counts) or "none") + "."


def mail_table(states: list[str]) -> pl.DataFrame:
    """The outbox's rows of these states, the newest first, each with its report's name."""
    warehouse = Warehouse(environment.warehouse_url())
    warehouse.migrate()  # a home in which nothing was run yet has no mails
    named = warehouse.read(ReportRegister).select("report_id", "name")
    rows = warehouse.read(MailOutbox, {"state": states}).join(named, on="report_id", how="left")
    columns = ["report_id", "account_id", "name", "recipient", "state", "attempts", "due_at", "last_error"]
    return rows.sort("updated_at", descending=True).select(columns)


def show(console: Console, rows: pl.DataFrame, *, title: str, output: str = "table") -> None:
    """Print rows as a table, as CSV, or as one JSON object a line."""
    if output == "csv":
        console.out(render_csv(rows).decode(), end="", highlight=False)
    elif output == "json":
        console.out(rows.write_ndjson(), end="", highlight=False)
    else:
        console.print(_table(rows, title) if rows.width <= WIDEST else _list(rows, title))


def _table(rows: pl.DataFrame, title: str) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, dtype in rows.schema.items():
        table.add_column(name.replace("_", " "), justify="right" if dtype.is_numeric() else "left")
    for row in rows.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    return table


def _list(rows: pl.DataFrame, title: str) -> Table:
    """The rows one below the other, each with the figures that it has."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for row in rows.iter_rows(named=True):
        for name, value in row.items():
            if value is not None:
                table.add_row(name.replace("_", " "), _cell(value))
        table.add_section()
    return table


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int | Decimal) and not isinstance(value, bool) else str(value)
