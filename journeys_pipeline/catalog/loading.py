"""A catalog from its file, or all that is wrong with it."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from journeys_pipeline.catalog.cross_checks import cross_check
from journeys_pipeline.catalog.dashboards import (
    Chart,
    Dashboard,
    Figure,
    Funnel,
    HeatMap,
    Kpis,
    Note,
    Table,
    VegaLite,
)
from journeys_pipeline.catalog.document import Document, parse
from journeys_pipeline.catalog.mistakes import CatalogError, Mistake, Where, advice, written
from journeys_pipeline.catalog.models import (
    Account,
    Catalog,
    Connection,
    ContactsFeed,
    EventsFeed,
    JourneysFeed,
    PeopleFeed,
    Settings,
    StoreConnection,
    SubAccount,
    Subscription,
    TierPeriod,
)
from journeys_pipeline.catalog.readers import Reader, Terms
from journeys_pipeline.catalog.reports import DeclaredChannels, DeclaredImports, DeclaredMeps, DeclaredTable, Filter

WIDGETS: dict[str | int, type[BaseModel]] = {
    "kpis": Kpis,
    "line": Chart,
    "area": Chart,
    "bar": Chart,
    "funnel": Funnel,
    "heatmap": HeatMap,
    "table": Table,
    "note": Note,
    "vega_lite": VegaLite,
}
FEEDS: dict[str | int, type[BaseModel]] = {
    "events": EventsFeed,
    "journeys": JourneysFeed,
    "people": PeopleFeed,
    "contacts": ContactsFeed,
}
PLACES: dict[str | int, type[BaseModel]] = {"sftp": Connection, "store": StoreConnection}
REPORTS: dict[str | int, type[BaseModel]] = {
    "mep": DeclaredMeps,
    "channels": DeclaredChannels,
    "imports": DeclaredImports,
    "custom": DeclaredTable,
}
KINDS = {"feeds": FEEDS, "connections": PLACES, "reports": REPORTS, "widgets": WIDGETS}
MODELS: dict[str | int, type[BaseModel]] = {
    "accounts": Account,
    "tiers": TierPeriod,
    "subscriptions": Subscription,
    "sub_accounts": SubAccount,
    "readers": Reader,
    "terms": Terms,
    "connections": Connection,
    **PLACES,
    "settings": Settings,
    "filters": Filter,
    **FEEDS,
    "dashboards": Dashboard,
    "figures": Figure,
    **WIDGETS,
    **REPORTS,
}


def load_catalog(path: Path) -> Catalog:
    """The catalog in a YAML file; a relative `key_file` begins at that file's folder.

    Raises:
        CatalogError: every mistake, each with its line.
    """
    found = _read(path)
    if isinstance(found, Catalog):
        return found
    raise CatalogError(path, found)  # outside of any except: the causes quote the file, secrets and all


def _read(path: Path) -> Catalog | Collection[Mistake]:
    try:
        content = path.read_bytes()
    except OSError as error:
        return [Mistake(1, "the file", f"cannot be read: {error.strerror}; is {path} the right place?")]
    document = parse(content)
    if isinstance(document, Mistake):
        return [document]
    if document.data is None:
        return [Mistake(1, "the file", "is empty: add `accounts` and `connections`")]
    findings = {Mistake(document.line(where), written(where), text) for where, text in cross_check(document.data)}
    result = _validate(document, path.absolute().parent)
    if isinstance(result, Catalog):
        return findings or result
    return findings | result


def _validate(document: Document, folder: Path) -> Catalog | set[Mistake]:
    try:
        return Catalog.model_validate(document.data, context={"folder": folder})
    except ValidationError as error:
        return {_mistake(document, detail) for detail in error.errors(include_url=False)}


def _mistake(document: Document, error: Any) -> Mistake:
    location: Where = error["loc"]
    parents = [part for part in location[:-1] if part in MODELS]
    known_keys = _keys(MODELS[parents[-1]] if parents else Catalog)
    where = _without_tag(location)
    while where not in document.lines and isinstance(where[-1], int):
        where = where[:-1]  # one value that stands for a list of one
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        known_keys = [str(kind) for kind in KINDS[str(location[-2])]]
        where = (*where, "kind")
    return Mistake(document.line(where), written(where), advice(error, known_keys))


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _without_tag(location: Where) -> Where:
    """Pydantic puts the kind of a feed, connection, report or widget behind its number; the file has no such level."""
    return tuple(
        part for at, part in enumerate(location) if not (at > 1 and part in KINDS.get(str(location[at - 2]), {}))
    )
