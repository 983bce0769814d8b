"""The viewer as a process: what the home folder holds, served until it is stopped."""

from typing import Any

import uvicorn
from rich.console import Console

from journeys_pipeline import environment
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.viewer.application import Places, make_application
from journeys_pipeline.viewer.catalog_source import CatalogSource
from journeys_pipeline.viewer.identity import NamedVisitor
from journeys_pipeline.viewer.settings import Settings, UnsafeSettings

SERVER: dict[str, Any] = {
    "proxy_headers": False,  # else whoever sends X-Forwarded-For could be any trusted proxy
    "server_header": False,
    "access_log": False,  # ours has no names
    "ws": "none",
    "lifespan": "off",
}


def run(settings: Settings, console: Console) -> None:
    """Serve until stopped.

    Raises:
        CatalogError: the catalog has mistakes.
        UnsafeSettings: the account to look at is none of the catalog's.
        WarehouseIsNewer: a newer version of this program has migrated the warehouse.
    """
    source = CatalogSource(environment.catalog_path())
    _refuse_unknown(settings, source)
    for account in source.catalog().accounts:
        if source.catalog().terms_of(account) is None:
            console.print(f"Account {account.id} has no terms in the catalog, so nothing of it is shown.")
    warehouse = Warehouse(environment.warehouse_url())
    warehouse.migrate()
    home = environment.home()
    application = make_application(settings, Places(source, warehouse, home / "dashboards", home / "reports"))
    console.print(f"Dashboards on http://{settings.host}:{settings.port}/, stop with Ctrl-C", soft_wrap=True)
    uvicorn.run(application, host=settings.host, port=settings.port, log_level="warning", **SERVER)


def _refuse_unknown(settings: Settings, source: CatalogSource) -> None:
    known = [account.id for account in source.catalog().accounts]
    if isinstance(settings.door, NamedVisitor) and settings.door.account_id not in known:
        raise UnsafeSettings(f"There is no account {settings.door.account_id}; there are {', '.join(known)}.")
