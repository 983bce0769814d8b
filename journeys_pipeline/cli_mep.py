"""`journeys mep`: months closed, statements verified, closed months restated, persons explained."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from typing import Annotated

import typer

from journeys_pipeline.catalog import Catalog
from journeys_pipeline.periods import parse_month
from journeys_pipeline.terminal import AsOf, Output, console, explained, read_catalog, read_instant, refuse

meps = typer.Typer(
    no_args_is_help=True, help="Monthly engaged persons: close months, verify statements, restate, explain."
)
Month = Annotated[str, typer.Option(help="The month, YYYY-MM.")]
OneAccount = Annotated[str | None, typer.Option(help="Only this account.")]


@meps.command()
def close(month: Month, account: OneAccount = None, output: Output = "table", as_of: AsOf = None) -> None:
    """Close a month that is due now: book it once more, and freeze it as a statement per account.

    The schedule `close_months` does it by itself within an hour. A month that is closed stays as it is.
    """
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import show  # noqa: PLC0415 - as above
    from journeys_pipeline.showing_mep import open_books, statement_table, why_not_due, why_open  # noqa: PLC0415

    catalog, of_month, at = read_catalog(), _month(month), read_instant(as_of)
    accounts = _accounts(catalog, account)
    refusal = why_not_due(catalog, of_month, as_of=at)
    if refusal:
        refuse(refusal)
    with _explained():
        with console.status(f"Booking and closing {month} …"):
            runs.book(of_month, accounts=accounts, as_of=at)
        books = open_books()
        show(console, statement_table(books, accounts, of_month), title=f"Statements of {month}", output=output)
        still_open = why_open(books, accounts, of_month, as_of=at)
    if still_open:
        refuse("\n".join(still_open))


@meps.command()
def verify(output: Output = "table") -> None:
    """Look at every byte of every statement; exit code 1 if one has changed, and which."""
    from journeys_pipeline.defs.auditing import UNCHANGED, audit_statements  # noqa: PLC0415 - Dagster takes two seconds
    from journeys_pipeline.showing import show  # noqa: PLC0415 - as above
    from journeys_pipeline.showing_mep import open_books  # noqa: PLC0415 - as above

    with _explained(), console.status("Reading statements …"):
        audited = audit_statements(open_books())
    show(console, audited.drop("closed_at"), title="Statements", output=output)
    wrong = [state for state in audited["state"] if state != UNCHANGED]
    if wrong:
        refuse("\n".join(wrong))


@meps.command()
def restate(month: Month, account: OneAccount = None, output: Output = "table") -> None:
    """How a closed month would differ by what is known today: a signed row per difference, with its cause.

    Nothing is written. `adjusted in` is the month in which a late person was billed since.
    """
    from journeys_pipeline.showing import show  # noqa: PLC0415 - Polars takes a second
    from journeys_pipeline.showing_mep import open_books, restatement_table  # noqa: PLC0415 - as above

    accounts, of_month = _accounts(read_catalog(), account), _month(month)
    with _explained():
        rows = restatement_table(open_books(), accounts, of_month)
        show(console, rows, title=f"{month} by what is known now, change {rows['change'].sum():+d}", output=output)


@meps.command()
def explain(
    account: Annotated[str, typer.Option(help="The billing account.")],
    person: Annotated[str, typer.Option(help="Any id of the person.")],
    month: Month,
    output: Output = "table",
) -> None:
    """Why a person is billed for a month: each entry with its file, row and what it did, and the run that booked it."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.defs.auditing import explain_person  # noqa: PLC0415 - as above
    from journeys_pipeline.showing import show  # noqa: PLC0415 - as above
    from journeys_pipeline.showing_mep import describe_booking, open_books  # noqa: PLC0415 - as above

    _accounts(read_catalog(), account)
    of_month = _month(month)
    with _explained():
        found = explain_person(open_books(), account, person, of_month)
        booked_by = [run for billed_at in found.billed["billed_at"].unique() for run in runs.find_runs(billed_at)]
        if output == "table":
            console.print(describe_booking(found, booked_by, of_month), soft_wrap=True, highlight=False)
        show(console, found.entries, title=f"Entries in {month}", output=output)


def _month(text: str) -> date:
    try:
        return parse_month(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a month of the form YYYY-MM.") from error


def _accounts(catalog: Catalog, account: str | None) -> list[str]:
    """The account asked for, or all."""
    known = [one.id for one in catalog.accounts]
    if account and account not in known:
        raise typer.BadParameter(f"There is no account {account}; there are {', '.join(known)}.")
    return [account] if account else known


@contextmanager
def _explained() -> Generator[None]:
    """As for all commands; and a statement that has changed is a message, too."""
    from journeys_pipeline.adapters.statements import StatementChanged  # noqa: PLC0415 - Polars takes a second

    with explained():
        try:
            yield
        except StatementChanged as changed:
            refuse(str(changed))
