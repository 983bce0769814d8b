"""Homes of the pipeline with events of any number in the lake, and what is run in them."""

from datetime import datetime
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.schemas.journey_events import JourneyEvents, Journeys
from journeys_pipeline_tests.benchmarks.event_worlds import EventWorld
from journeys_pipeline_tests.benchmarks.turns import python

MAKE = """
import sys
from datetime import datetime
from pathlib import Path
from journeys_pipeline_tests.benchmarks.bench_homes import make_home
from journeys_pipeline_tests.benchmarks.event_worlds import EventWorld

home, *numbers = sys.argv[1:5]
until = datetime.fromisoformat(sys.argv[5]) if sys.argv[5:] else None
print(make_home(Path(home), EventWorld(*map(int, numbers)), until))
"""
REFRESH = """
import os, sys, time
os.environ |= {"JOURNEYS_HOME": sys.argv[1], "DAGSTER_HOME": sys.argv[1] + "/dagster"}
from datetime import UTC, date, datetime, timedelta
from journeys_pipeline import runs
from journeys_pipeline.defs.jobs import DAILY, tier_config
from journeys_pipeline.defs.partitions import range_tags
from journeys_pipeline.tiers import Tier

def refresh(first, last):
    tags = range_tags(first, last, as_of=datetime(last.year, last.month, last.day, 23, tzinfo=UTC))
    runs.launch("refresh", tags=tags, run_config=tier_config(DAILY, list(Tier)))

ranges = [tuple(map(date.fromisoformat, text.split("/"))) for text in sys.argv[2:]]
begun = time.perf_counter()
for first, last in ranges:
    refresh(first, last)
print(time.perf_counter() - begun)
"""
CONNECTION = """
connections:
  - id: c
    account_id: account-0
    url: file:///nowhere
    feeds:
      - {kind: events, id: f, glob: "*"}
"""
DAGSTER_SETTINGS = Path(__file__).parents[2] / "dagster.yaml"


def make_in_child(home: Path, world: EventWorld, until: datetime | None = None) -> list[str]:
    """The command that makes a home; it prints how many events the home holds."""
    cut = [until.isoformat()] if until else []
    return python(MAKE, home, world.events, world.days, world.accounts, *cut)


def refresh_in(home: Path, *ranges: str) -> list[str]:
    """The command that refreshes ranges of days (`first/last`), one run each, and prints the seconds."""
    return python(REFRESH, home, *ranges)


def make_home(home: Path, world: EventWorld, until: datetime | None = None) -> int:
    """How many accepted events the lake below `home` now holds: those of the world before `until`.

    The home has a catalog of the world's accounts, without connections.
    """
    home.mkdir(parents=True, exist_ok=True)
    (home / "journeys.yaml").write_text(_catalog(world))
    (home / "dagster").mkdir(exist_ok=True)
    (home / "dagster" / "dagster.yaml").write_text(DAGSTER_SETTINGS.read_text())
    lake = Lake(home / "lake")
    lake.replace(Journeys, world.journeys().lazy(), {"account_id": world.account_ids})
    chunks = home / "chunks"
    events = pl.scan_parquet(world.write_parquet(chunks) if not chunks.exists() else chunks)
    wanted = events.filter(pl.col("occurred_at") < until) if until else events
    days = wanted.select(pl.col("day").unique()).collect()["day"].to_list()
    lake.replace(JourneyEvents, wanted, {"day": days, "file_id": ["f"]}, is_sorted=True)
    return wanted.select(pl.len()).collect().item()


def _catalog(world: EventWorld) -> str:
    accounts = [
        f"  - {{id: {account}, name: Account, tiers: [{{tier: scale, valid_from: 2025-01-01}}]}}"
        for account in world.account_ids
    ]
    return "\n".join(["accounts:", *accounts, CONNECTION])
