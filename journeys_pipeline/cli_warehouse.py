"""`journeys warehouse`: from one database to another, and back from a backup."""

from typing import Annotated

import typer

from journeys_pipeline import environment
from journeys_pipeline.terminal import AsOf, console, explained, read_instant, refuse

warehouses = typer.Typer(no_args_is_help=True, help="The database of served tables.")


@warehouses.command()
def move(
    to: Annotated[
        str, typer.Option(help="SQLAlchemy URL of a new, empty database: postgresql+psycopg2://… or sqlite:///…")
    ],
) -> None:
    """Copy the whole warehouse into a new, empty database, and find it equal there.

    Stop all services first. The URL needs no password: PostgreSQL's own PGPASSWORD or ~/.pgpass give it. What is copied
    is read again, counted and hashed before it is kept; whatever goes wrong, the target stays empty. The old database
    stays as it is.
    """
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 - Polars and SQLAlchemy take a second

    from journeys_pipeline.adapters.moving import CannotMove  # noqa: PLC0415 - as above
    from journeys_pipeline.adapters.moving import move as move_warehouse  # noqa: PLC0415 - as above
    from journeys_pipeline.adapters.warehouse import Warehouse  # noqa: PLC0415 - as above
    from journeys_pipeline.showing import new_bar, progress_bars  # noqa: PLC0415 - as above

    source, target = environment.warehouse_url(), _read_url(to)
    _refuse_runs()
    try:
        with explained(), progress_bars(console) as bars:
            counts = move_warehouse(Warehouse(source), Warehouse(to), new_bar(bars, "copy and compare"))
    except CannotMove as refusal:
        refuse(str(refusal))
    except OperationalError as error:
        refuse(f"The database does not answer, or does not let us in: {error.orig}")
    console.print(
        f"{sum(counts.values()):,} rows of {len(counts)} tables are in {target} now, the same as here.\n"
        "Set JOURNEYS_WAREHOUSE_URL to it for all services, then start them.",
        soft_wrap=True,
        highlight=False,
    )


@warehouses.command()
def settle(as_of: AsOf = None) -> None:
    """After a restore: take out of the lake what it has of files that the warehouse does not know as read.

    They are read when they are fetched again, and `journeys refresh` makes their days anew. Stop all services first. It
    is safe to repeat, and does nothing where lake and warehouse agree.
    """
    from journeys_pipeline.defs.settling import settle as settle_lake  # noqa: PLC0415 - Dagster takes two seconds
    from journeys_pipeline.showing_mep import open_books  # noqa: PLC0415 - as above

    at = read_instant(as_of)
    _refuse_runs()
    with explained(), console.status("Looking through the lake …"):
        books = open_books()
        removed = settle_lake(books.lake, books.warehouse, as_of=at)
    told = ", ".join(f"{rows:,} of {table}" for table, rows in removed.items() if rows)
    console.print(f"Rows taken out of the lake: {told or 'none'}. Go on with `journeys fetch`.", soft_wrap=True)


def _refuse_runs() -> None:
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import

    if runs.count_at_work():
        refuse("Runs are at work or wait. Stop all services and let runs end first.")


def _read_url(text: str) -> str:
    """The URL as it may be shown.

    Raises:
        typer.BadParameter: it is none that a warehouse can have, or the warehouse has it now.
    """
    from sqlalchemy import make_url  # noqa: PLC0415 - it takes half a second
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415 - as above

    known = ("postgresql+psycopg2://", "sqlite:///")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # the text may hold a password: it is not repeated
        url = None
    if url is None or not text.startswith(known):
        raise typer.BadParameter(f"--to is no URL that begins with {' or '.join(known)}.")
    if url == make_url(environment.warehouse_url()):
        raise typer.BadParameter("--to is where the warehouse is now.")
    return url.render_as_string(hide_password=True)
