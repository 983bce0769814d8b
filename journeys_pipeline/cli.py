"""`journeys`: the pipeline from the command line."""

import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from journeys_pipeline import environment
from journeys_pipeline.adapters.clock import now
from journeys_pipeline.cli_erase import erase
from journeys_pipeline.cli_imports import imports
from journeys_pipeline.cli_lake import lakes
from journeys_pipeline.cli_mep import meps
from journeys_pipeline.cli_reports import mails, report
from journeys_pipeline.cli_warehouse import warehouses
from journeys_pipeline.periods import days_between, ranges_of
from journeys_pipeline.superset.command import superset
from journeys_pipeline.terminal import (
    AsOf,
    From,
    Output,
    To,
    console,
    explained,
    read_catalog,
    read_day,
    read_instant,
)
from journeys_pipeline.viewer.command import dashboards

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Analytics and billing for marketing-automation journeys.\n\n"
    "New here? `journeys demo` makes a sample world and runs the whole path on it; `journeys dev` opens the Dagster "
    "UI on the result. On your own data: write journeys.yaml, then `check-config`, `fetch`, `refresh`, `metrics`, "
    "`report`.",
)
app.add_typer(imports, name="import")
app.command()(report)
app.command()(erase)
app.add_typer(mails, name="mail")
app.add_typer(dashboards, name="dashboards")
app.add_typer(superset, name="superset")
app.add_typer(meps, name="mep")
app.add_typer(lakes, name="lake")
app.add_typer(warehouses, name="warehouse")


@app.command()
def demo(
    people: Annotated[int, typer.Option(help="People in the sample world, over all accounts.")] = 3000,
    days: Annotated[int, typer.Option(help="Days of history.")] = 32,
    accounts: Annotated[int, typer.Option(help="Accounts; their tiers take turns.")] = 3,
) -> None:
    """Make a sample world, serve it over SFTP on loopback, and run the whole path on it.

    Fetch, accept or refuse, count, bill, report, mail: as real runs in the Dagster instance below JOURNEYS_HOME.
    The second time it finds nothing new and says so.
    """
    from journeys_pipeline.demo.run import run_demo  # noqa: PLC0415 - asyncssh is needed by the demo alone

    with explained():
        run_demo(console, people=people, days=days, accounts=accounts)


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port of the UI on loopback.")] = 3000) -> None:
    """Open the Dagster UI, with daemon and schedules, on what JOURNEYS_HOME holds. Stop it with Ctrl-C."""
    environment.dagster_home()
    dagster = [sys.executable, "-m", "dagster"]
    # the services would race to create Dagster's databases in a fresh home
    subprocess.run([*dagster, "instance", "migrate"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    console.print(f"Dagster UI on http://127.0.0.1:{port}, stop with Ctrl-C")
    # a shell's background jobs ignore SIGINT, and so would the services, which end by it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve = [*dagster, "dev", "-m", "journeys_pipeline.definitions", "-h", "127.0.0.1", "-p", str(port)]
    with _sample_world_served(), subprocess.Popen(serve) as services:  # noqa: S603 - the command is ours
        # Ctrl-C reaches the services by itself; they need time to end what they started
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda _number, _frame: services.send_signal(signal.SIGINT))
        services.wait()


@app.command("check-config")
def check_config(
    path: Annotated[Path | None, typer.Argument(help="Default: JOURNEYS_CATALOG.")] = None,
) -> None:
    """Say every mistake in journeys.yaml, each with its line; customers' own charts are drawn once for it."""
    from journeys_pipeline.rendering.pages.trial import try_drawings  # noqa: PLC0415 - no other command draws

    catalog = read_catalog(path)
    with explained():
        try_drawings(path or environment.catalog_path(), catalog)
    feeds = sum(len(connection.feeds) for connection in catalog.connections)
    console.print(
        f"{path or environment.catalog_path()}: no mistakes. {len(catalog.accounts)} accounts, "
        f"{len(catalog.connections)} connections, {feeds} feeds."
    )


@app.command()
def fetch(as_of: AsOf = None) -> None:
    """Fetch what is new from every connection, and accept or refuse its records."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import describe_fetch, new_bar, progress_bars  # noqa: PLC0415 - as above

    read_catalog()
    at = read_instant(as_of)
    with explained(), progress_bars(console) as bars:
        runs.fetch(as_of=at, watch=new_bar(bars, "fetch, accept or refuse"))
    console.print(describe_fetch(at), highlight=False, soft_wrap=True)
    console.print("`journeys refresh` brings the figures up to it.")


@app.command()
def refresh(as_of: AsOf = None) -> None:
    """Bring figures and ledger up to the files: yesterday, today, and all days that late files touched."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.adapters.warehouse import Warehouse  # noqa: PLC0415 - as above
    from journeys_pipeline.defs.refresh import (  # noqa: PLC0415 - as above
        correct_touches,
        ranges_to_refresh,
        stale_days,
        unbooked_months,
        why_anew,
    )
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    at, catalog = read_instant(as_of), read_catalog()
    with explained(), progress_bars(console) as bars:
        warehouse = Warehouse(environment.warehouse_url())
        warehouse.migrate()
        accounts = [account.id for account in catalog.accounts]
        correct_touches(warehouse, accounts, at=now())
        stale = stale_days(warehouse, accounts, as_of=at)
        for first, last in ranges_to_refresh(warehouse, accounts, as_of=at):
            why = why_anew(stale, first, last, as_of=at)
            runs.refresh(first, last, as_of=at, why=why, watch=new_bar(bars, f"{first} to {last}"))
        waiting = unbooked_months(warehouse, accounts, refreshed_before=now())
        for first, last in ranges_of(waiting, bridging=31):
            runs.book_months(first, last, as_of=at, watch=new_bar(bars, f"books of {first:%Y-%m} to {last:%Y-%m}"))
    console.print("Facts, figures and ledger are up to the files.")


@app.command()
def backfill(first: From, last: To, as_of: AsOf = None) -> None:
    """Make facts, figures and open ledger months of a range of days anew, in one run each."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    read_catalog()
    start, end = read_day(first), read_day(last)
    with explained(), progress_bars(console) as bars:
        runs.refresh(start, end, as_of=read_instant(as_of), watch=new_bar(bars, f"{start} to {end}"))
    console.print(f"Made {start} to {end} anew.")


@app.command()
def metrics(
    first: From,
    last: To,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    version: Annotated[int | None, typer.Option(help="Only this version of the journey.")] = None,
    by: Annotated[
        str,
        typer.Option(
            help="campaign, version, funnel, entry, exit, channel, cost, goal, element, element-message, element-cost, "
            "branch or error."
        ),
    ] = "campaign",
    output: Output = "table",
) -> None:
    """Figures of journeys over any range of days, exact: each person once in the range."""
    from journeys_pipeline.showing import FIGURES_BY, journey_figures, show  # noqa: PLC0415 - Polars takes a second

    start, end = read_day(first), read_day(last)
    if not days_between(start, end + timedelta(days=1)):
        raise typer.BadParameter(f"--to {end} lies before --from {start}.")
    if version is not None and journey is None:
        raise typer.BadParameter("--version is of a --journey; name it.")
    if by not in FIGURES_BY:
        raise typer.BadParameter(f"--by {by} is none of {', '.join(FIGURES_BY)}.")
    accounts = [account] if account else [known.id for known in read_catalog().accounts]
    with explained():
        rows = journey_figures(by, accounts, start, end + timedelta(days=1), journey=journey, version=version)
        show(console, rows, title=f"Figures by {by}, {start} to {end} (UTC)", output=output)


@app.command()
def ivr(
    first: From,
    last: To,
    what: Annotated[
        str, typer.Option(help="calls, elements, costs, hours, dropoff, menus, paths, inputs or values.")
    ] = "calls",
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    journey: Annotated[str | None, typer.Option(help="Only this journey.")] = None,
    version: Annotated[int | None, typer.Option(min=1, help="Only this version. Default: all together.")] = None,
    output: Output = "table",
) -> None:
    """Figures of phone calls over any range of days, by journey and version, exact, counted from facts."""
    from journeys_pipeline.showing import show  # noqa: PLC0415 - Polars takes a second
    from journeys_pipeline.showing_ivr import IVR_TABLES, ivr_figures  # noqa: PLC0415 - as above

    start, end = read_day(first), read_day(last)
    if not days_between(start, end + timedelta(days=1)):
        raise typer.BadParameter(f"--to {end} lies before --from {start}.")
    if what not in IVR_TABLES:
        raise typer.BadParameter(f"--what {what} is none of {', '.join(IVR_TABLES)}.")
    accounts = [account] if account else [known.id for known in read_catalog().accounts]
    with explained():
        rows = ivr_figures(what, accounts, (start, end + timedelta(days=1)), journey=journey, version=version)
        edition = f"version {version}" if version else "all versions"
        show(console, rows, title=f"{IVR_TABLES[what][0]}, {edition}, {start} to {end} (UTC)", output=output)


@contextmanager
def _sample_world_served() -> Generator[None]:
    """While the block runs, the sample world's files are there to be fetched, if the home holds one."""
    if not (environment.home() / "sample-world" / "world.json").exists():
        yield
        return
    from journeys_pipeline.demo.run import serve_world  # noqa: PLC0415 - asyncssh is needed by the demo alone

    with serve_world(environment.home() / "sample-world"):
        yield


if __name__ == "__main__":
    app()
