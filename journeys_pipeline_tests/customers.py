"""A customer's folder on a real OpenSSH server, and our side that fetches from it again and again."""

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from journeys_pipeline.adapters.fetching import Fetch
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.catalog import Connection
from journeys_pipeline.schemas.landed_files import LANDED, FileSightings, LandedFiles
from journeys_pipeline_tests.databases import warehouse_url

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
CONTACTS = {
    "kind": "contacts", "id": "newcomers", "glob": "*.csv", "journey_id": "welcome", "contact_type": "phone",
    "phone_column": "phone", "complete_when": "renamed",
}  # fmt: skip


@dataclass(frozen=True)
class Customer:
    """A folder on a server, and what we know of it. Hours are counted from the first fetch."""

    folder: Path
    connection: Connection
    home: Path

    @property
    def warehouse_url(self) -> str:
        return warehouse_url(self.home)

    @cached_property
    def landing_zone(self) -> LandingZone:
        return LandingZone(self.home / "landing")

    @cached_property
    def warehouse(self) -> Warehouse:
        warehouse = Warehouse(self.warehouse_url)
        warehouse.migrate()
        return warehouse

    def fetch(self, hours: float = 0) -> pl.DataFrame:
        """The rows that a fetch adds; both clocks say so many hours."""
        at = NOON + timedelta(hours=hours)
        return Fetch(self.connection, self.landing_zone, self.warehouse, at, clock=lambda: at).run()

    def with_feeds(self, *changes: dict[str, Any]) -> "Customer":
        """The same with one feed for each of the changes, made to the usual feed."""
        feeds = [CONTACTS | change for change in changes]
        return replace(self, connection=Connection.model_validate(_by_alias(self.connection) | {"feeds": feeds}))

    def manifest(self, *columns: str) -> list[tuple[Any, ...]]:
        """The manifest's rows, in the order of their values."""
        return sorted(self.warehouse.read(LandedFiles).select(columns).rows(), key=str)

    def names(self, status: str) -> list[str]:
        """The names in the manifest's rows of a status."""
        return sorted(self.warehouse.read(LandedFiles, {"status": [status]})["file_name"].to_list(), key=str)

    def refuse_when_read(self, rows: pl.DataFrame) -> None:
        """As the reader of contact files does with what it cannot read."""
        self.warehouse.upsert(LandedFiles, rows.with_columns(status=pl.lit("refused"), error=pl.lit("No header.")))

    def landed(self) -> list[str]:
        """Whatever was landed, as text; what was landed twice stands twice."""
        rows = self.warehouse.read(LandedFiles, {"status": [LANDED]}).to_dicts()
        paths = [self.landing_zone.path(row["connection_id"], row["sha256"]) for row in rows]
        contents = [path.read_bytes() for path in paths]
        assert [hashlib.sha256(content).hexdigest() for content in contents] == [row["sha256"] for row in rows]
        return sorted(content.decode() for content in contents)

    def everything(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """All that fetching keeps in the warehouse, the lease apart."""
        return self.warehouse.read(LandedFiles), self.warehouse.read(FileSightings)


def _by_alias(connection: Connection) -> dict[str, Any]:
    return connection.model_dump(by_alias=True, exclude={"feeds"})
