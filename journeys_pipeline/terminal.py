"""What all commands share: options, how their texts are read, and how mistakes are told."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from journeys_pipeline import environment
from journeys_pipeline.adapters.clock import now
from journeys_pipeline.adapters.migrations import WarehouseIsNewer
from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog

console = Console()

AsOf = Annotated[str | None, typer.Option("--as-of", help="Logical time, ISO 8601 with offset. Default: now.")]
From = Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD (UTC).")]
To = Annotated[str, typer.Option("--to", help="Last day, inclusive, YYYY-MM-DD (UTC).")]
Output = Annotated[str, typer.Option("--format", help="table, csv or json.")]


def read_instant(text: str | None) -> datetime:
    """The instant that a text names; none is now.

    Raises:
        typer.BadParameter: it has no offset.
    """
    if text is None:
        return now()
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise typer.BadParameter(f"{text} has no offset; write {text}+00:00 for UTC.")
    return instant.astimezone(UTC)


def read_day(text: str) -> date:
    """The day that a text names.

    Raises:
        typer.BadParameter: it names none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a day of the form YYYY-MM-DD.") from error


def read_catalog(path: Path | None = None) -> Catalog:
    """The catalog; if it has mistakes, they are printed and the command ends."""
    with explained():
        return load_catalog(path or environment.catalog_path())


def refuse(why: str) -> NoReturn:
    """Say why, and end the command with exit code 1."""
    console.print(why, style="red", markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(1)


@contextmanager
def explained() -> Generator[None]:
    """Turn the mistakes that an operator can mend into a message and exit code 1; quiet Dagster's own log."""
    logging.getLogger("dagster").setLevel(logging.ERROR)
    try:
        yield
    except (CatalogError, WarehouseIsNewer) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    except Exception as error:
        if type(error).__name__ != "RunFailed":
            raise
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
