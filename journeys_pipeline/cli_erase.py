"""`journeys erase`: a person's contacts go from whatever is kept."""

import getpass
import sys
from typing import Annotated

import typer

from journeys_pipeline import environment
from journeys_pipeline.terminal import AsOf, console, explained, read_catalog, read_instant, refuse


def erase(
    account: Annotated[str, typer.Option(help="The billing account.")],
    person: Annotated[str, typer.Option(help="Any id of the person.")] = "",
    contact: Annotated[  # noqa: FBT002 - an option
        bool, typer.Option("--contact", help="Read the person's contacts from standard input, one on each line.")
    ] = False,
    region: Annotated[str, typer.Option(help="Country of phones without calling code, e.g. NL.")] = "",
    requested_by: Annotated[str, typer.Option(help="Who asks. Default: the user.")] = "",
    as_of: AsOf = None,
) -> None:
    """Erase a person: phones and e-mail addresses go from every file of ours; counts and closed statements stay.

    Stop the daemon first. Contacts are read from standard input, so that they are in no shell history:
    `journeys erase --account acme --contact`, then a contact on each line, then Ctrl-D.
    """
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.defs.erasures import CannotErase  # noqa: PLC0415 - as above
    from journeys_pipeline.erasing import erase_person, read_contacts  # noqa: PLC0415 - as above

    catalog, at = read_catalog(), read_instant(as_of)
    if account not in {known.id for known in catalog.accounts}:
        raise typer.BadParameter(f"There is no account {account} in {environment.catalog_path()}.")
    if not person and not contact:
        raise typer.BadParameter("Say whom: --person, or --contact.")
    if runs.count_at_work():
        refuse("Runs are at work or wait. Stop the daemon, let them end, then erase.")
    try:
        contacts = read_contacts(sys.stdin, region=region or None) if contact else []
        with explained(), console.status("Looking through files and tables …"):
            done, months = erase_person(
                catalog, account, person or None, contacts, requested_by=requested_by or getpass.getuser(), as_of=at
            )
            for month in months:
                runs.book(month, accounts=[account], as_of=at)
            if (environment.home() / "dashboards" / account).exists():
                runs.show(as_of=at, accounts=[account])
            console.print(
                f"Erased {done['contacts']} contacts from {done['landed_files']} landed files, {done['lake_rows']} "
                f"rows of the lake and {done['warehouse_rows']} of the warehouse, {done['reports']} reports and "
                f"{done['mails']} mails. Erasure {done['erasure_id']}.",
                soft_wrap=True,
            )
    except CannotErase as refusal:
        refuse(str(refusal))
