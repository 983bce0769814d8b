"""`journeys import`: which files came, what became of them, and wrong ones taken back."""

import getpass
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.terminal import AsOf, Output, console, explained, read_catalog, read_day, read_instant

imports = typer.Typer(no_args_is_help=True, help="What became of landed files; wrong ones taken back.")
FileIds = Annotated[list[str], typer.Argument(help="Ids of files, as `journeys import files` shows them.")]
Account = Annotated[str | None, typer.Option(help="Only this account.")]
Asker = Annotated[str, typer.Option("--requested-by", help="Who asks. Default: the user.")]


@imports.command("export")
def export_imports(
    account: Account = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of fetching, YYYY-MM-DD (UTC).")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day, inclusive.")] = None,
    output: Annotated[Path | None, typer.Option(help="A file to write. Default: print.")] = None,
) -> None:
    """The import performance table as CSV: each file, its entries, and why some were refused (F55)."""
    from journeys_pipeline.showing import import_table  # noqa: PLC0415 - Polars takes a second

    end = read_day(last) + timedelta(days=1) if last else None
    with explained():
        content = import_table(account, start=read_day(first) if first else None, end=end)
    if output is None:
        console.out(content.decode(), end="", highlight=False)
    else:
        write_whole(output, content)
        console.print(f"Written to {output}", soft_wrap=True)


@imports.command("files")
def list_files(
    account: Account = None,
    name: Annotated[str | None, typer.Option(help="Only files with this text in their name.")] = None,
    most: Annotated[int, typer.Option(help="How many, the newest first.")] = 20,
    output: Output = "table",
) -> None:
    """The files that came, of all kinds, with the ids that `withdraw` wants."""
    from journeys_pipeline.showing import show  # noqa: PLC0415 - Polars takes a second
    from journeys_pipeline.showing_imports import file_table  # noqa: PLC0415 - as above

    with explained():
        show(console, file_table(account, name=name, most=most), title="Landed files", output=output)


@imports.command()
def withdraw(
    file_ids: FileIds,
    reason: Annotated[str, typer.Option(help="Why, for whoever asks later. Name no person.")] = "",
    dry_run: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    requested_by: Asker = "",
    as_of: AsOf = None,
) -> None:
    """Take back files that were wrong: all will be as if they had never come, but for months that are closed.

    Of any kind: contacts, events, journeys, people. The same bytes load never again; `reinstate` undoes it.
    """
    from journeys_pipeline.defs.withdrawals import check_withdrawal  # noqa: PLC0415 - Dagster takes two seconds
    from journeys_pipeline.defs.withdrawals import withdraw as mark  # noqa: PLC0415 - as above
    from journeys_pipeline.showing import show  # noqa: PLC0415 - as above
    from journeys_pipeline.showing_imports import effects_table, open_warehouse  # noqa: PLC0415 - as above

    read_catalog()
    at, warehouse = read_instant(as_of), open_warehouse()
    with _explained():
        check_withdrawal(warehouse, file_ids)
        effects = effects_table(warehouse, file_ids)
        show(console, effects, title="What would go" if dry_run else "What goes")
        if dry_run:
            return
        mark(warehouse, file_ids, by=requested_by or getpass.getuser(), reason=reason, as_of=at)
        _carry_out(at, "withdrawn")
    if effects["meps_closed"].sum():
        console.print(
            "Closed months stay as they were billed; `journeys mep restate` tells by how much. Agree on a credit.",
            soft_wrap=True,
        )


@imports.command()
def reinstate(file_ids: FileIds, requested_by: Asker = "", as_of: AsOf = None) -> None:
    """Undo the withdrawal of files: all will be as if they had not been withdrawn."""
    from journeys_pipeline.defs.withdrawals import reinstate as mark  # noqa: PLC0415 - Dagster takes two seconds
    from journeys_pipeline.showing_imports import open_warehouse  # noqa: PLC0415 - as above

    read_catalog()
    at = read_instant(as_of)
    with _explained():
        mark(open_warehouse(), file_ids, by=requested_by or getpass.getuser(), as_of=at)
        _carry_out(at, "reinstated")


def _carry_out(at: datetime, done: str) -> None:
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    if runs.count_at_work(writes="imports"):
        console.print(f"Marked as {done}. A run is reading files; the next one carries it out, then the next refresh.")
        return
    with progress_bars(console) as bars:
        runs.reread(as_of=at, watch=new_bar(bars, "take out, put back, read"))
    console.print(f"The files are {done}. `journeys refresh` brings the figures up to it; so does the next schedule.")


@contextmanager
def _explained() -> Generator[None]:
    """As for all commands; and what cannot be withdrawn is a message, too."""
    from journeys_pipeline.defs.withdrawals import CannotWithdraw  # noqa: PLC0415 - Dagster takes two seconds

    with explained():
        try:
            yield
        except CannotWithdraw as refusal:
            console.print(str(refusal), style="red", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
