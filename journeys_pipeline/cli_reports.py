"""`journeys report` and `journeys mail`: reports of every kind, and what became of their mails."""

import getpass
from typing import Annotated, Any

import typer

from journeys_pipeline import environment
from journeys_pipeline.terminal import AsOf, Output, console, explained, read_catalog, read_instant

mails = typer.Typer(no_args_is_help=True, help="Mails of reports: what became of them, and sending them again.")


def report(
    account: Annotated[str, typer.Option(help="The billing account.")],
    kind: Annotated[str, typer.Option(help="mep, channels or imports.")] = "mep",
    declared: Annotated[
        str, typer.Option(help="A report that the catalog declares, by its id, in place of --kind.")
    ] = "",
    month: Annotated[str, typer.Option(help="YYYY-MM; of MEPs this month or one of the two before.")] = "",
    first: Annotated[str, typer.Option("--from", help="First day, YYYY-MM-DD (UTC).")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day, inclusive.")] = "",
    name: Annotated[str, typer.Option(help="The report's name.")] = "",
    sub_account: Annotated[list[str] | None, typer.Option(help="Only this sub-account; may be repeated.")] = None,
    edition: Annotated[str, typer.Option(help="as_closed, or as_restated: counted anew from facts.")] = "as_closed",
    journey: Annotated[str, typer.Option(help="Only this journey's channels.")] = "",
    file_format: Annotated[str, typer.Option("--format", help="xlsx or csv; over 10,000 rows it is csv.")] = "xlsx",
    mail: Annotated[bool, typer.Option(help="Mail it.")] = True,  # noqa: FBT002 - an option
    mail_to: Annotated[
        list[str] | None, typer.Option(help="Only to this recipient of the account; may be repeated.")
    ] = None,
    requested_by: Annotated[
        str, typer.Option(help="Who asks. A recipient's address: it is mailed there. Default: the user.")
    ] = "",
    as_of: AsOf = None,
) -> None:
    """Make a report, list it in the register, and mail it once to each recipient."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import describe_report  # noqa: PLC0415 - as above

    _one_of("--kind", kind, "mep", "channels", "imports")
    _one_of("--edition", edition, "as_closed", "as_restated")
    _one_of("--format", file_format, "xlsx", "csv")
    read_catalog()
    config: dict[str, Any] = {
        "account": account, "kind": kind, "declared": declared, "month": month, "first_day": first, "last_day": last,
        "name": name, "sub_accounts": sub_account or [], "edition": edition, "journey": journey, "format": file_format,
        "mail": mail, "mail_to": mail_to or [], "requested_by": requested_by or getpass.getuser(),
    }  # fmt: skip
    with explained():
        with console.status("Making the report …"):
            report_id = runs.make_report(config, as_of=read_instant(as_of))
        console.print(describe_report(report_id), soft_wrap=True, highlight=False)


@mails.command("list")
def list_mails(
    state: Annotated[
        list[str] | None,
        typer.Option(help="queued, sending, sent, failed, refused or unknown; may be repeated. Default: all but sent."),
    ] = None,
    output: Output = "table",
) -> None:
    """Which mails are in which state, and why."""
    from journeys_pipeline.schemas.reports import SENT, STATES  # noqa: PLC0415 - Polars takes a second
    from journeys_pipeline.showing import mail_table, show  # noqa: PLC0415 - as above

    read_catalog()
    for each in state or []:
        _one_of("--state", each, *STATES)
    wanted = state or [each for each in STATES if each != SENT]
    with explained():
        show(console, mail_table(wanted), title=f"Mails: {', '.join(wanted)}", output=output)


@mails.command("resend")
def resend(
    report_id: Annotated[str, typer.Option("--report", help="The report, by its id in the register.")],
    recipient: Annotated[list[str] | None, typer.Option(help="Only to this recipient; may be repeated.")] = None,
) -> None:
    """Send a report's mails again, whatever became of them, with the Message-ID that they had."""
    from journeys_pipeline.adapters.outbox import Outbox  # noqa: PLC0415 - as above
    from journeys_pipeline.adapters.warehouse import Warehouse  # noqa: PLC0415 - as above

    read_catalog()
    with explained():
        warehouse = Warehouse(environment.warehouse_url())
        warehouse.migrate()
        queued = Outbox(warehouse).send_again(report_id, recipient or [])
    if not queued:
        console.print("No mail of that report can be sent again: see `journeys mail list`.", style="red")
        raise typer.Exit(1)
    send_mails()


@mails.command("send")
def send_mails() -> None:
    """Send the mails that are due now."""
    from journeys_pipeline import runs  # noqa: PLC0415 - Dagster takes two seconds to import
    from journeys_pipeline.showing import count_mails  # noqa: PLC0415 - as above

    read_catalog()
    with explained():
        runs.send_mails()
    console.print(count_mails())


def _one_of(option: str, value: str, *known: str) -> None:
    if value not in known:
        raise typer.BadParameter(f"{option} {value} is none of {', '.join(known)}.")
