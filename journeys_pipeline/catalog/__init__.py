"""The catalog: accounts, the servers that they drop files on, and what those files are (docs/catalog.md)."""

from journeys_pipeline.catalog.loading import load_catalog
from journeys_pipeline.catalog.mistakes import CatalogError, Mistake
from journeys_pipeline.catalog.models import (
    Account,
    Catalog,
    Connection,
    ContactsFeed,
    EventsFeed,
    Feed,
    JourneysFeed,
    PeopleFeed,
    Settings,
    SubAccount,
    Subscription,
    TierPeriod,
)
from journeys_pipeline.catalog.readers import Reader, Terms
from journeys_pipeline.catalog.values import Marker

__all__ = [
    "Account",
    "Catalog",
    "CatalogError",
    "Connection",
    "ContactsFeed",
    "EventsFeed",
    "Feed",
    "JourneysFeed",
    "Marker",
    "Mistake",
    "PeopleFeed",
    "Reader",
    "Settings",
    "SubAccount",
    "Subscription",
    "Terms",
    "TierPeriod",
    "load_catalog",
]
