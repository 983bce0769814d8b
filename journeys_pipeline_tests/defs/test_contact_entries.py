"""Landed contact files become entries, the import performance table, its CSV and what the Dagster UI shows of it."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.contact_files import read_contact_rows
from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs import contact_reading
from journeys_pipeline.defs.assets.contact_entries import contact_entries, import_exports, import_performance
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, ReportsFolder, WarehouseDatabase
from journeys_pipeline.schemas.contact_entries import ContactEntries, ImportPerformance
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline_tests.databases import warehouse_url

CATALOG = """
accounts: [{id: acme, name: Acme, tiers: [{tier: scale, valid_from: 2026-01-01}]}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds:
      - {kind: contacts, id: spring, glob: "*", journey_id: spring, contact_type: both, phone_column: Phone,
         email_column: [Mail, E-mail], default_region: NL}
"""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN, BOB, WRONG = "+31206241111", "bob@mailbox.nl", "carol|at|mailbox.nl"
CONTACTS = (
    f"Name,Phone,E-mail\nAnn,{ANN},\nBob,,{BOB}\nCarol,,{WRONG}\nAnn,020 624 1111,\nBob,,{BOB.upper()}\n".encode()
)


class Home:
    """A folder in which files can be landed, and the resources on it."""

    def __init__(self, folder: Path) -> None:
        (folder / "journeys.yaml").write_text(CATALOG)
        self.folder = folder
        self.lake = Lake(folder / "lake")
        self.warehouse = Warehouse(warehouse_url(folder))
        self.warehouse.migrate()
        self.resources: dict[str, Any] = {
            "catalog_file": CatalogFile(path=str(folder / "journeys.yaml")),
            "lake_folder": LakeFolder(folder=str(folder / "lake")),
            "landing_folder": LandingFolder(folder=str(folder / "landing")),
            "warehouse_database": WarehouseDatabase(url=warehouse_url(folder)),
            "reports_folder": ReportsFolder(folder=str(folder / "reports")),
        }

    def land(self, file_id: str, content: bytes, feed_id: str = "spring") -> None:
        sha256 = hashlib.sha256(content).hexdigest()
        with LandingZone(self.folder / "landing").receive("sftp") as incoming:
            incoming.stream.write(content)
            incoming.keep(sha256)
        row = {
            "file_id": file_id, "account_id": "acme", "connection_id": "sftp", "feed_id": feed_id, "kind": "contacts",
            "journey_id": "spring", "file_name": f"{file_id}.csv", "file_bytes": len(content), "modified_at": NOON,
            "sha256": sha256, "fetched_at": NOON, "status": "landed",
        }  # fmt: skip
        self.warehouse.upsert(LandedFiles, pl.DataFrame([row], schema=LandedFiles.create_empty().schema))

    def materialise(self, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
        assets = [contact_entries, import_performance, import_exports]
        return dg.materialize(assets, instance=instance, resources=self.resources)

    def entries(self) -> pl.DataFrame:
        return self.lake.scan(ContactEntries).sort("file_id", "row_number").collect()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    [event] = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in event.metadata.items()}


def in_chunks_of(rows: int) -> Callable[..., Iterator[pl.DataFrame]]:
    def read(path: Path, **wanted: Any) -> Iterator[pl.DataFrame]:
        for chunk in read_contact_rows(path, **wanted):
            yield from (chunk.slice(start, rows) for start in range(0, chunk.height, rows))

    return read


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_a_repeated_contact_is_flagged_wherever_it_stands_in_the_file_d9(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(contact_reading, "read_contact_rows", in_chunks_of(rows))
    home.land("f1", CONTACTS)
    home.land("f0", CONTACTS + b"Dee,+31206241112,\n")

    home.materialise(instance)

    flags = home.entries().select("file_id", "row_number", "is_valid", "is_duplicate").rows()
    of_each = [(2, True, False), (3, True, False), (4, False, False), (5, True, True), (6, True, True)]
    assert flags == [("f0", *row) for row in [*of_each, (7, True, False)]] + [("f1", *row) for row in of_each]


@pytest.mark.usefixtures("each_database")
def test_a_file_that_cannot_be_read_is_refused_whole_and_the_others_are_read(
    home: Home, instance: dg.DagsterInstance
) -> None:
    home.land("f1", CONTACTS)
    home.land("f2", b"<html><body>503</body></html>")

    home.materialise(instance)

    assert set(home.entries()["file_id"]) == {"f1"}
    imports = home.warehouse.read(ImportPerformance)
    assert imports.select("status", "total_entries", "valid_entries", "invalid_entries").rows() == [
        ("landed", 5, 4, 1),
        ("refused", None, None, None),
    ]
    assert "web page" in imports["error"][1]


def test_a_file_whose_feed_is_gone_waits_and_is_read_when_it_is_back(home: Home, instance: dg.DagsterInstance) -> None:
    home.land("f1", CONTACTS, feed_id="gone")
    home.land("f2", CONTACTS)

    waiting = metadata_of(home.materialise(instance), "contact_entries")
    (home.folder / "journeys.yaml").write_text(CATALOG.replace("id: spring,", "id: gone,"))
    then = metadata_of(home.materialise(instance), "contact_entries")

    assert (waiting["files read"], waiting["files waiting"]) == (1, 1)
    assert (then["files read"], then["files waiting"]) == (1, 0)
    assert set(home.entries()["file_id"]) == {"f1", "f2"}


@pytest.mark.usefixtures("each_database")
def test_a_file_is_read_once_and_a_reading_that_died_before_its_mark_is_repeated(
    home: Home, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.land("f1", CONTACTS)

    def die(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(contact_reading, "mark_read", die)
    with pytest.raises(RuntimeError):
        home.materialise(instance)
    monkeypatch.undo()
    home.materialise(instance)
    again = metadata_of(home.materialise(instance), "contact_entries")

    assert home.entries().height == 5
    assert home.warehouse.read(FeedReadings).select("records", "accepted", "quarantined").rows() == [(5, 4, 1)]
    assert again["files read"] == 0


def test_the_ui_shows_files_a_chart_and_shapes_but_no_contact(home: Home, instance: dg.DagsterInstance) -> None:
    home.land("f1", CONTACTS)

    shown = metadata_of(home.materialise(instance), "import_performance")

    assert "| sftp | f1.csv | landed | 5 | 4 | 1 |" in shown["newest files"]
    assert "| f1.csv | 4 | MALFORMED_EMAIL | `x\\|x\\|x.x` |" in shown["refused this time, masked"]
    assert shown["per day"].startswith("![valid and invalid entries per day](data:image/svg+xml;base64,")
    told = str([event.message for event in instance.all_logs(instance.get_runs()[0].run_id)]) + str(shown)
    assert not [contact for contact in (ANN, BOB, WRONG) if contact in told]


def test_each_account_has_its_imports_as_csv_f55(home: Home, instance: dg.DagsterInstance) -> None:
    home.land("f1", CONTACTS)

    home.materialise(instance)

    lines = (home.folder / "reports" / "acme" / "import-performance.csv").read_text().splitlines()
    assert lines[0] == "Fetched At,Connection,File Name,Journey ID,Status,Total,Valid,Invalid,Duplicates,Reasons,Error"
    assert lines[1].startswith("2026-03-02T12:00:00Z,sftp,f1.csv,spring,landed,5,4,1,2,")
