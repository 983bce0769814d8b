"""Resources: fields, and one method that returns an adapter. No logic."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import dagster as dg

from journeys_pipeline import environment
from journeys_pipeline.adapters.buckets import is_bucket
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_bucket import LandingBucket
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.mail import OutboxFolderSender, Sender, SmtpSender
from journeys_pipeline.adapters.pages_folder import PagesFolder
from journeys_pipeline.adapters.statements import Statements
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Catalog, load_catalog


@cache
def _migrated(url: str) -> Warehouse:
    """The warehouse at its newest revision, which is looked at once a process."""
    warehouse = Warehouse(url)
    warehouse.migrate()
    return warehouse


@lru_cache(maxsize=1)
def _loaded(path: Path, _changed_at: int) -> Catalog:
    """The catalog as the file was at its last change; the steps of a run share it."""
    return load_catalog(path)


class CatalogFile(dg.ConfigurableResource):
    """The catalog, read when a run asks for it."""

    path: str

    def load(self) -> Catalog:
        path = Path(self.path)
        return _loaded(path, path.stat().st_mtime_ns if path.exists() else 0)


class LakeFolder(dg.ConfigurableResource):
    """The folder, or object-store URL, of Delta tables."""

    folder: str
    scratch_folder: str = ""

    def open(self) -> Lake:
        return Lake(self.folder, Path(self.scratch_folder or self.folder))


class LandingFolder(dg.ConfigurableResource):
    """The folder, or object-store URL, of bytes as fetched."""

    folder: str
    scratch_folder: str = ""

    def open(self) -> LandingZone:
        if is_bucket(self.folder):
            return LandingBucket(self.folder, Path(self.scratch_folder))
        return LandingZone(Path(self.folder))


class WarehouseDatabase(dg.ConfigurableResource):
    """The SQL database of served tables, at its newest revision."""

    url: str

    def open(self) -> Warehouse:
        return _migrated(self.url)


class StatementsFolder(dg.ConfigurableResource):
    """The folder of statements, and the key that ids of deleted persons are hashed with."""

    folder: str

    def open(self) -> Statements:
        return Statements(Path(self.folder))

    def deletion_key(self) -> bytes | None:
        """The key (D7); None where the variable is not set."""
        key = dg.EnvVar(environment.DELETION_KEY).get_value()
        return key.encode() if key else None


class ReportsFolder(dg.ConfigurableResource):
    """The folder that reports are written to."""

    folder: str

    def open(self) -> Path:
        return Path(self.folder)


class DashboardsFolder(dg.ConfigurableResource):
    """The folder that pages are published in, one folder per account; and where people open them, if anywhere."""

    folder: str
    viewer_url: str

    def open(self) -> PagesFolder:
        return PagesFolder(Path(self.folder))


class MailAccount(dg.ConfigurableResource):
    """The way out for mail: an SMTP server, or an outbox folder where no host is set."""

    host: str
    port: int
    security: Literal["none", "starttls", "tls"]
    user: str
    sender: str
    outbox: str

    def open(self) -> Sender:
        if not self.host:
            return OutboxFolderSender(Path(self.outbox))
        password = dg.EnvVar(environment.SMTP_PASSWORD).get_value()
        return SmtpSender(self.host, self.port, security=self.security, user=self.user or None, password=password)
