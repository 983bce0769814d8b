"""`journeys lake`: the tables at person grain."""

import typer

from journeys_pipeline.terminal import console, explained

lakes = typer.Typer(no_args_is_help=True, help="The tables at person grain that figures and ledger are made from.")


@lakes.command()
def verify() -> None:
    """Look at every byte of every file of the lake; exit code 1 if one is not what was written, and which.

    The nightly job `maintain` does it for a seventh of the files, and no month is closed from files that fail. In a
    bucket there is nothing to do: the store sees to that itself.
    """
    from journeys_pipeline.defs.lake_upkeep import verify_lake  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing_mep import open_books  # noqa: PLC0415 - as above

    with explained(), console.status("Reading the lake …"):
        found = verify_lake(open_books().lake)
    if found:
        console.print("\n".join(found), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    console.print("All files of the lake are what was written.")
