"""The catalog: accounts, the servers that they drop files on, and what those files are (docs/catalog.md)."""

from journeys_pipeline.catalog.loading import load_catalog
from journeys_pipeline.catalog.mistakes import CatalogError, Mistake
from journeys_pipeline.catalog.models import (
    Account,
    AnyConnection,
    Catalog,
    Connection,
    ContactsFeed,
    EventsFeed,
    Feed,
    JourneysFeed,
    PeopleFeed,
    Settings,
    StoreConnection,
    SubAccount,
    Subscription,
    TierPeriod,
)
from journeys_pipeline.catalog.readers import Reader, Terms
from journeys_pipeline.catalog.reports import (
    DeclaredChannels,
    DeclaredImports,
    DeclaredMeps,
    DeclaredReport,
    DeclaredTable,
    Filter,
)
from journeys_pipeline.catalog.values import Marker

__all__ = [
    "Account",
    "AnyConnection",
    "Catalog",
    "CatalogError",
    "Connection",
    "ContactsFeed",
    "DeclaredChannels",
    "DeclaredImports",
    "DeclaredMeps",
    "DeclaredReport",
    "DeclaredTable",
    "EventsFeed",
    "Feed",
    "Filter",
    "JourneysFeed",
    "Marker",
    "Mistake",
    "PeopleFeed",
    "Reader",
    "Settings",
    "StoreConnection",
    "SubAccount",
    "Subscription",
    "Terms",
    "TierPeriod",
    "load_catalog",
]
