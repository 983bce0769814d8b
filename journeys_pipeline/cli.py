"""`journeys`: the pipeline from the command line."""

import logging
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from journeys_pipeline import environment
from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog
from journeys_pipeline.cli_mep import meps
from journeys_pipeline.periods import days_between, parse_month

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    help="Analytics and billing for marketing-automation journeys.\n\n"
    "New here? `journeys demo` makes a sample world and runs the whole path on it; `journeys dev` opens the Dagster "
    "UI on the result. On your own data: write journeys.yaml, then `check-config`, `fetch`, `refresh`, `metrics`, "
    "`report`.",
)
imports = typer.Typer(no_args_is_help=True, help="What became of contact files.")
app.add_typer(imports, name="import")
app.add_typer(meps, name="mep")
console = Console()

AsOf = Annotated[str | None, typer.Option("--as-of", help="Logical time, ISO 8601 with offset. Default: now.")]
From = Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD (UTC).")]
To = Annotated[str, typer.Option("--to", help="Last day, inclusive, YYYY-MM-DD (UTC).")]
Output = Annotated[str, typer.Option("--format", help="table, csv or json.")]


@app.command()
def demo(
    people: Annotated[int, typer.Option(help="People in the sample world, over all accounts.")] = 3000,
    days: Annotated[int, typer.Option(help="Days of history.")] = 45,
    accounts: Annotated[int, typer.Option(help="Accounts; their tiers take turns.")] = 3,
) -> None:
    """Make a sample world, serve it over SFTP on loopback, and run the whole path on it.

    Fetch, accept or refuse, count, bill, report, mail: as real runs in the Dagster instance below JOURNEYS_HOME.
    The second time it finds nothing new and says so.
    """
    from journeys_pipeline.demo.run import run_demo  # noqa: PLC0415 - asyncssh is needed by the demo alone

    with _explained():
        run_demo(console, people=people, days=days, accounts=accounts)


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port of the UI on loopback.")] = 3000) -> None:
    """Open the Dagster UI, with daemon and schedules, on what JOURNEYS_HOME holds. Stop it with Ctrl-C."""
    environment.dagster_home()
    dagster = [sys.executable, "-m", "dagster"]
    # the services would race to create Dagster's databases in a fresh home
    subprocess.run([*dagster, "instance", "migrate"], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ours
    console.print(f"Dagster UI on http://127.0.0.1:{port}, stop with Ctrl-C")
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
    """Say every mistake in journeys.yaml, each with its line."""
    catalog = _catalog(path)
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

    _catalog()
    at = _instant(as_of)
    with _explained(), progress_bars(console) as bars:
        runs.fetch(as_of=at, watch=new_bar(bars, "fetch, accept or refuse"))
    console.print(describe_fetch(at), highlight=False, soft_wrap=True)
    console.print("`journeys refresh` brings the figures up to it.")


@app.command()
def refresh(as_of: AsOf = None) -> None:
    """Bring figures and ledger up to the files: yesterday, today, and all days that late files touched."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.adapters.warehouse import Warehouse  # noqa: PLC0415 - as above
    from journeys_pipeline.defs.refresh import ranges_to_refresh  # noqa: PLC0415 - as above
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    at, catalog = _instant(as_of), _catalog()
    with _explained(), progress_bars(console) as bars:
        warehouse = Warehouse(environment.warehouse_url())
        warehouse.migrate()
        for first, last in ranges_to_refresh(warehouse, [account.id for account in catalog.accounts], as_of=at):
            runs.refresh(first, last, as_of=at, watch=new_bar(bars, f"{first} to {last}"))
    console.print("Facts, figures and ledger are up to the files.")


@app.command()
def backfill(first: From, last: To, as_of: AsOf = None) -> None:
    """Make facts, figures and open ledger months of a range of days anew, in one run each."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    _catalog()
    start, end = _day(first), _day(last)
    with _explained(), progress_bars(console) as bars:
        runs.refresh(start, end, as_of=_instant(as_of), watch=new_bar(bars, f"{start} to {end}"))
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
    """Figures of journeys over any range of days, exact, counted from person-level facts."""
    from journeys_pipeline.showing import FIGURES_BY, journey_figures, show  # noqa: PLC0415 - Polars takes a second

    start, end = _day(first), _day(last)
    if not days_between(start, end + timedelta(days=1)):
        raise typer.BadParameter(f"--to {end} lies before --from {start}.")
    if version is not None and journey is None:
        raise typer.BadParameter("--version is of a --journey; name it.")
    if by not in FIGURES_BY:
        raise typer.BadParameter(f"--by {by} is none of {', '.join(FIGURES_BY)}.")
    accounts = [account] if account else [known.id for known in _catalog().accounts]
    with _explained():
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

    start, end = _day(first), _day(last)
    if not days_between(start, end + timedelta(days=1)):
        raise typer.BadParameter(f"--to {end} lies before --from {start}.")
    if what not in IVR_TABLES:
        raise typer.BadParameter(f"--what {what} is none of {', '.join(IVR_TABLES)}.")
    accounts = [account] if account else [known.id for known in _catalog().accounts]
    with _explained():
        rows = ivr_figures(what, accounts, (start, end + timedelta(days=1)), journey=journey, version=version)
        edition = f"version {version}" if version else "all versions"
        show(console, rows, title=f"{IVR_TABLES[what][0]}, {edition}, {start} to {end} (UTC)", output=output)


@app.command()
def report(
    account: Annotated[str, typer.Option(help="The billing account.")],
    month: Annotated[str, typer.Option(help="YYYY-MM: this month or one of the two before.")],
    name: Annotated[str, typer.Option(help="The report's name.")] = "MEP consumption",
    sub_account: Annotated[list[str] | None, typer.Option(help="Only this sub-account; may be repeated.")] = None,
    file_format: Annotated[str, typer.Option("--format", help="xlsx or csv; over 10,000 rows it is csv.")] = "xlsx",
    mail: Annotated[bool, typer.Option(help="Mail it to the account's recipients.")] = True,  # noqa: FBT002 - an option
    as_of: AsOf = None,
) -> None:
    """Make an MEP consumption report, list it in the register, and mail it once."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import describe_report  # noqa: PLC0415 - as above

    _catalog()
    parse_month(month)
    config: dict[str, Any] = {
        "account": account, "month": month, "name": name, "sub_accounts": sub_account or [], "format": file_format,
        "mail": mail,
    }  # fmt: skip
    with _explained():
        with console.status("Making the report …"):
            report_id = runs.make_report(config, as_of=_instant(as_of))
        console.print(describe_report(report_id), soft_wrap=True)


@imports.command("export")
def export_imports(
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of fetching, YYYY-MM-DD (UTC).")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")] = None,
    output: Annotated[Path | None, typer.Option(help="A file to write. Default: print.")] = None,
) -> None:
    """The import performance table as CSV: each file, its entries, and why some were refused (F55)."""
    from journeys_pipeline.showing import import_table  # noqa: PLC0415 - Polars takes a second

    end = _day(last) + timedelta(days=1) if last else None
    with _explained():
        content = import_table(account, start=_day(first) if first else None, end=end)
    if output is None:
        console.out(content.decode(), end="", highlight=False)
    else:
        write_whole(output, content)
        console.print(f"Written to {output}", soft_wrap=True)


@contextmanager
def _sample_world_served() -> Generator[None]:
    """While the block runs, the sample world's files are there to be fetched, if the home holds one."""
    if not (environment.home() / "sample-world" / "world.json").exists():
        yield
        return
    from journeys_pipeline.demo.run import serve_world  # noqa: PLC0415 - asyncssh is needed by the demo alone

    with serve_world(environment.home() / "sample-world"):
        yield


def _instant(text: str | None) -> datetime:
    if text is None:
        return now()
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text} has no offset; write {text}+00:00 for UTC.")
    return instant.astimezone(UTC)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a day of the form YYYY-MM-DD.") from error


def _catalog(path: Path | None = None) -> Catalog:
    with _explained():
        return load_catalog(path or environment.catalog_path())


@contextmanager
def _explained() -> Generator[None]:
    """Turn the mistakes that an operator can mend into a message and exit code 1; quiet Dagster's own log."""
    logging.getLogger("dagster").setLevel(logging.ERROR)
    try:
        yield
    except CatalogError as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    except Exception as error:
        if type(error).__name__ != "RunFailed":
            raise
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
