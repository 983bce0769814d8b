"""The campaign figures by this pipeline: `by_us parquet|ndjson FOLDER OUTPUT` prints its seconds.

From Parquet: the transforms alone. From NDJSON: files are read as the asset does, every record judged and known for
good, into a lake of typed events; the figures are counted from that.
"""

import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.landing_zone import LandingZone
from journeys_pipeline.adapters.warehouse import Warehouse
from journeys_pipeline.defs.event_reading import BATCH_BYTES, EventReader
from journeys_pipeline.defs.reading import batches
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.transforms.daily_facts import (
    collect_entries,
    collect_exits,
    collect_goals,
    collect_messages,
    collect_steps,
)
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_campaigns,
    measure_channel_costs,
    measure_channels,
    measure_goal_values,
)
from journeys_pipeline_tests.benchmarks.event_worlds import FIRST_DAY

MEASURES = {
    "campaigns": measure_campaigns,
    "goals": measure_goal_values,
    "channels": measure_channels,
    "costs": measure_channel_costs,
}


def count(events: pl.LazyFrame, journeys: pl.LazyFrame, days: Periods) -> dict[str, pl.DataFrame]:
    facts = Facts(
        entries=collect_entries(events, ContactEntries.create_empty().lazy()),
        exits=collect_exits(events),
        steps=collect_steps(events),
        messages=collect_messages(events),
        goals=collect_goals(events),
        journeys=journeys,
    )
    return {name: measure(facts, days).collect(engine="streaming") for name, measure in MEASURES.items()}


def read_files(folder: Path, home: Path) -> pl.LazyFrame:
    """All events of the files, read into a lake."""
    lake, warehouse = Lake(home / "lake"), Warehouse(_url(home))
    reader = EventReader(LandingZone(home / "landing"), lake, warehouse, datetime.now(UTC))
    for batch in batches(_landed(folder, home / "landing"), most_bytes=BATCH_BYTES):
        reader.read(batch)
    return lake.scan(JourneyEvents)


def _url(home: Path) -> str:
    return f"sqlite:///{home}/warehouse.sqlite"


def _landed(folder: Path, landing: Path) -> list[dict[str, object]]:
    """The manifest's rows of the files, which lie in the landing zone by links."""
    files = []
    for number, path in enumerate(sorted(folder.glob("*.ndjson"))):
        sha256 = f"{number:064x}"
        link = LandingZone(landing).path("c", sha256)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
        files.append(
            {
                "file_id": path.stem, "account_id": "-".join(path.stem.split("-")[2:4]), "connection_id": "c",
                "kind": "events", "sha256": sha256, "fetched_at": datetime(2025, 12, 1, tzinfo=UTC),
                "file_bytes": path.stat().st_size,
            }
        )  # fmt: skip
    return files


def main() -> None:
    source, folder, output = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    days = Periods(FIRST_DAY, FIRST_DAY + timedelta(days=366), "range")
    journeys = pl.scan_parquet(folder / "journeys.parquet")
    with tempfile.TemporaryDirectory() as home:
        Warehouse(_url(Path(home))).migrate()  # once in the life of a home
        begun = time.perf_counter()
        if source == "parquet":
            figures = count(pl.scan_parquet(folder / "parquet"), journeys, days)
        else:
            figures = count(read_files(folder / "ndjson", Path(home)), journeys, days)
        seconds = time.perf_counter() - begun
    for name, rows in figures.items():
        rows.write_parquet(output / f"{name}.parquet")
    sys.stdout.write(f"{seconds}\n")


if __name__ == "__main__":
    main()
