"""What comes late makes its days anew, and those that depend on them: figures are as if it had come in time."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.defs.assets.daily_facts import fact_assets
from journeys_pipeline.defs.assets.ivr_facts import ivr_fact_assets
from journeys_pipeline.defs.assets.ivr_metrics import daily_ivr_assets
from journeys_pipeline.defs.assets.journey_events import journey_events, journeys
from journeys_pipeline.defs.assets.metrics import daily_metric_assets, refreshes
from journeys_pipeline.defs.partitions import AS_OF_TAG, range_tags
from journeys_pipeline.defs.refresh import ranges_to_refresh
from journeys_pipeline.defs.resources import CatalogFile, LakeFolder, LandingFolder, WarehouseDatabase
from journeys_pipeline.schemas.ivr_metrics import IVR_FIGURES
from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline.schemas.metrics import FIGURES

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
"""
FIRST, TODAY = date(2026, 3, 1), date(2026, 4, 20)
NOW = datetime(2026, 4, 20, 6, tzinfo=UTC)
DAILY = [*fact_assets, *ivr_fact_assets, *daily_metric_assets, *daily_ivr_assets, refreshes]

Record = dict[str, Any]


def event(kind: str, month: int, day: int, **fields: Any) -> Record:
    at = datetime(2026, month, day, 10, tzinfo=UTC)
    context = {"account_id": "acme", "journey_id": "welcome", "journey_version": 1, "person_id": "ann"}
    envelope = {"event_id": f"{kind}-{month}-{day}", "event_type": kind, "occurred_at": at.isoformat()}
    return context | envelope | fields


def message(kind: str, month: int, day: int, **fields: Any) -> Record:
    return event(kind, month, day, message_id="m", channel="sms", **fields)


CALL = {"call_id": "c", "element_id": "menu"}
IN_TIME = [
    event("journey_entered", 3, 2, entry_source="api"),
    event("element_entered", 3, 2, element_id="wait", entry_id="p"),
    message("message_sent", 3, 2, price="0.05", currency="EUR"),
    message("message_clicked", 3, 20),
    event("goal_performed", 4, 10, event_name="order", value="12.5", currency="EUR"),
    event("call_ended", 4, 15, outcome="hung_up", started_at="2026-04-15T09:00:00Z", **CALL),
    event("option_pressed", 4, 15, key="1", **CALL),
]  # fmt: skip
ELEMENTS = [
    {"element_id": "wait", "type": "pause", "name": "Wait"},
    {"element_id": "menu", "type": "collect", "name": "Menu", "next": ["bye"]},
]
JOURNEY = {
    "journey_id": "welcome", "version": 1, "account_id": "acme", "name": "Welcome", "campaign_id": "c1",
    "campaign_name": "Spring", "status": "active", "valid_from": "2026-02-01T00:00:00Z",
    "goal": {"event_name": "order", "attribution_days": 30}, "elements": ELEMENTS,
}  # fmt: skip
LATE = {
    "a corrected price, a delivery and a goal": (
        "events",
        [
            message("message_priced", 3, 25, price="0.07", currency="EUR"),
            message("message_delivered", 3, 2),
            event("goal_performed", 3, 10, event_name="order"),
        ],
        [(date(2026, 3, 2), date(2026, 3, 25)), (date(2026, 4, 19), TODAY)],
    ),
    "a goal with a longer window": (
        "journeys", [JOURNEY | {"goal": {"event_name": "order", "attribution_days": 60}}], [(date(2026, 3, 2), TODAY)]
    ),
}  # fmt: skip


class Home:
    """One account whose feeds land one by one."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "journeys.yaml").write_text(CATALOG)
        self._folder, self._instance = folder, instance
        database = WarehouseDatabase(url=f"sqlite:///{folder / 'warehouse.sqlite'}")
        self.warehouse = database.open()
        self._definitions = dg.Definitions(
            assets=[journeys, journey_events, *DAILY],
            jobs=[
                dg.define_asset_job("ingest", selection=[journeys, journey_events]),
                dg.define_asset_job("refresh", selection=DAILY),
            ],
            executor=dg.in_process_executor,
            resources={
                "catalog_file": CatalogFile(path=str(folder / "journeys.yaml")),
                "landing_folder": LandingFolder(folder=str(folder / "landing")),
                "lake_folder": LakeFolder(folder=str(folder / "lake")),
                "warehouse_database": database,
            },
        )

    def read(self, kind: str, *records: Record, at: datetime = NOW) -> None:
        """A file lands and is read."""
        text = "\n".join(json.dumps(record) for record in records)
        digest = sha256(text.encode()).hexdigest()
        path = LandingZone(self._folder / "landing").path("sftp", digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        row = {
            "file_id": digest[:32], "account_id": "acme", "connection_id": "sftp", "feed_id": "events", "kind": kind,
            "file_name": "f.ndjson", "file_bytes": len(text), "sha256": digest, "fetched_at": at, "status": "landed",
        }  # fmt: skip
        self.warehouse.upsert(LandedFiles, pl.DataFrame([row], schema=LandedFiles.create_empty().schema))
        self._run("ingest", {AS_OF_TAG: at.isoformat()})

    def refresh(self, first: date, last: date) -> None:
        self._run("refresh", range_tags(first, last, as_of=NOW))

    def ranges(self) -> list[tuple[date, date]]:
        return ranges_to_refresh(self.warehouse, ["acme"], as_of=NOW)

    def figures(self) -> list[list[tuple[Any, ...]]]:
        return [self.warehouse.read(table, grain="day").rows() for table in (*FIGURES, *IVR_FIGURES)]

    def _run(self, job: str, tags: dict[str, str]) -> None:
        console = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
        self._definitions.resolve_job_def(job).execute_in_process(
            instance=self._instance, tags=tags, run_config=console
        )


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory, instance: dg.DagsterInstance) -> Path:
    folder = tmp_path_factory.mktemp("made")
    home = Home(folder, instance)
    home.read("journeys", JOURNEY)
    home.read("events", *IN_TIME)
    home.refresh(FIRST, TODAY)
    return folder


@pytest.fixture
def home(made_once: Path, tmp_path: Path, instance: dg.DagsterInstance) -> Home:
    """All days made of what came in time, in a folder of this test's own."""
    shutil.copytree(made_once, tmp_path / "home")
    return Home(tmp_path / "home", instance)


@pytest.fixture
def other(tmp_path: Path, instance: dg.DagsterInstance) -> Home:
    """Nothing yet."""
    return Home(tmp_path / "other", instance)


@pytest.mark.parametrize(("kind", "late", "ranges"), LATE.values(), ids=list(LATE))
def test_figures_after_a_late_file_are_those_of_a_file_in_time(
    home: Home, other: Home, kind: str, late: list[Record], ranges: list[tuple[date, date]]
) -> None:
    before = home.figures()
    for feed, records in (("journeys", [JOURNEY]), ("events", IN_TIME), (kind, late)):
        other.read(feed, *records)
    other.refresh(FIRST, TODAY)

    home.read(kind, *late)
    asked = home.ranges()
    for first, last in asked:
        home.refresh(first, last)

    assert asked == ranges
    assert home.figures() == other.figures() != before
    assert home.ranges() == [(TODAY - timedelta(days=1), TODAY)]


OPTION = {"key": "1", "label": "Goodbye", "next_element_id": "bye"}
RENAMED = {"name": "Hello", "status": "finished"}


@pytest.mark.parametrize(
    ("changes", "first"),
    [
        (RENAMED, None),
        ({"version": 2, "elements": [*ELEMENTS, {"element_id": "new", "type": "tag", "name": "T"}]}, None),
        ({"version": 2, "elements": [ELEMENTS[0] | {"type": "wait_until"}, ELEMENTS[1]]}, date(2026, 3, 2)),
        ({"version": 2, "elements": [ELEMENTS[0], ELEMENTS[1] | {"type": "play"}]}, date(2026, 4, 15)),
        ({"elements": [ELEMENTS[0], ELEMENTS[1] | {"menu_options": [OPTION]}]}, date(2026, 3, 2)),
        ({"version": 2, "goal": {"event_name": "order", "attribution_days": 31}}, date(2026, 3, 2)),
        ({"campaign_name": "Summer"}, date(2026, 3, 2)),
        ({"journey_id": "another"}, None),
    ],
)
def test_a_definition_makes_anew_the_days_since_what_it_defines_happened(
    home: Home, changes: Record, first: date | None
) -> None:
    home.read("journeys", JOURNEY, JOURNEY | changes | {"valid_from": "2026-04-01T00:00:00Z"})

    assert home.ranges() == [(first or TODAY - timedelta(days=1), TODAY)]
