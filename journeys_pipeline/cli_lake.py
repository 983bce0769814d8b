"""`journeys lake`: the tables at person grain."""

import typer

from journeys_pipeline.terminal import console, explained, refuse

lakes = typer.Typer(no_args_is_help=True, help="The tables at person grain that figures and ledger are made from.")
WHOLE = "All files of the lake are what was written."


@lakes.command()
def verify() -> None:
    """Look at every byte of every file of the lake; exit code 1 if one is not what was written, and which.

    The nightly job `maintain` does it for a seventh of the files, and no month is closed from files that fail. In a
    bucket there is nothing to do: the store sees to that itself.
    """
    from journeys_pipeline.defs.lake_mending import find_damage  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing_mep import open_books  # noqa: PLC0415 - as above

    with explained(), console.status("Reading the lake …"):
        found = find_damage(open_books().lake)
    if found:
        refuse("\n".join(found))
    console.print(WHOLE)


@lakes.command()
def mend() -> None:
    """Take damaged files of facts out of the lake, for which there is no backup; the next refresh makes them anew.

    Facts are made from entries and events. If files of those are damaged too, or of the ledger, exit code 1 and which:
    they have to come from the backup, and before the refresh.
    """
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.defs import lake_mending  # noqa: PLC0415 - as above
    from journeys_pipeline.showing_mep import open_books  # noqa: PLC0415 - as above

    if runs.count_at_work():
        refuse("Runs are at work or wait. Stop all services and let runs end first.")
    with explained(), console.status("Reading the lake …"):
        books = open_books()
        days = lake_mending.mend(books.lake, books.warehouse)
        left = lake_mending.find_damage(books.lake)
    if days:
        told = ", ".join(day.isoformat() for day in days)
        console.print(f"Days to be made anew by `journeys refresh`: {told}.", soft_wrap=True, highlight=False)
    if left:
        refuse("\n".join(left))
    if not days:
        console.print(WHOLE)
