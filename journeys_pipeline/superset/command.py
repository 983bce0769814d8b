"""`journeys superset`: assets, roles and row-level rules from the command line."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from journeys_pipeline import environment
from journeys_pipeline.adapters.whole_files import write_whole
from journeys_pipeline.catalog import CatalogError, load_catalog

superset = typer.Typer(no_args_is_help=True, help="The warehouse in Apache Superset.")
console = Console()

Warehouse = Annotated[
    str | None, typer.Option("--warehouse", help="SQLAlchemy URL as Superset reaches it. Default: ours.")
]


@superset.command()
def bundle(out: Annotated[Path, typer.Option(help="The ZIP file to write.")], warehouse: Warehouse = None) -> None:
    """Write database, datasets, charts and the standard dashboards as one ZIP of assets."""
    from journeys_pipeline.superset.bundle import make_bundle  # noqa: PLC0415 - the warehouse takes a second to import

    write_whole(out, make_bundle(warehouse or environment.warehouse_url()))
    console.print(
        f"Written to {out}; `journeys superset install` imports it, and makes roles and rules.", soft_wrap=True
    )


@superset.command()
def install(
    url: Annotated[str, typer.Option(help="The Superset, like https://superset.example.com.")],
    user: Annotated[str, typer.Option(help="An administrator; the password is in JOURNEYS_SUPERSET_PASSWORD.")],
    warehouse: Warehouse = None,
) -> None:
    """Import the assets into a Superset; make roles, and a row-level rule per account. Safe to repeat."""
    from journeys_pipeline.adapters.superset import Superset, SupersetRefused  # noqa: PLC0415 - as above
    from journeys_pipeline.superset.access import grant  # noqa: PLC0415 - as above
    from journeys_pipeline.superset.bundle import make_bundle, password_of  # noqa: PLC0415 - as above

    target = warehouse or environment.warehouse_url()
    try:
        accounts = [account.id for account in load_catalog(environment.catalog_path()).accounts]
        there = Superset(url, user, environment.superset_password())
        there.import_assets(make_bundle(target), password_of(target))
        grant(there, accounts)
    except (CatalogError, SupersetRefused) as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None
    console.print(f"Imported, with roles and rules for {len(accounts)} accounts.")
