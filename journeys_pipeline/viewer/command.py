"""`journeys dashboards`: the viewer from the command line."""

import logging
from typing import Annotated

import typer
from rich.console import Console

from journeys_pipeline import environment
from journeys_pipeline.adapters.log_lines import write_json_lines
from journeys_pipeline.adapters.migrations import WarehouseIsNewer
from journeys_pipeline.catalog import CatalogError
from journeys_pipeline.roles import Role

dashboards = typer.Typer(no_args_is_help=True, help="The pages that customers look at.")
console = Console()


@dashboards.callback()
def _group() -> None:  # pyright: ignore[reportUnusedFunction] - Typer calls it, and so keeps `serve` a command by name
    """The pages that customers look at."""


@dashboards.command()
def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8000,
    user: Annotated[str | None, typer.Option("--as", help="Look as this user, on this machine alone.")] = None,
    account: Annotated[str | None, typer.Option(help="With --as: the account to look at.")] = None,
    role: Annotated[Role | None, typer.Option(help="With --as: the role to look with.")] = None,
) -> None:
    """Serve the dashboards to those who may see them. Stop it with Ctrl-C.

    Behind a reverse proxy that logs readers in, as docs/viewer.md says; or with --as on loopback.
    """
    from journeys_pipeline.viewer.identity import NamedVisitor  # noqa: PLC0415 - only who serves pays for Starlette
    from journeys_pipeline.viewer.serving import run  # noqa: PLC0415 - as above
    from journeys_pipeline.viewer.settings import UnsafeSettings, settle  # noqa: PLC0415 - as above

    if (account is None or role is None) if user else (account or role):
        raise typer.BadParameter("--as, --account and --role go together.")
    visitor = NamedVisitor(user, account, role) if user and account and role else None
    _write_logs()
    try:
        settings = settle(environment.viewer(), host, port, visitor=visitor)
        run(settings, console)
    except (UnsafeSettings, CatalogError, WarehouseIsNewer) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


def _write_logs() -> None:
    if environment.logs_json():
        write_json_lines(environment.secrets())
        return
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("journeys_pipeline.viewer").setLevel(logging.INFO)
