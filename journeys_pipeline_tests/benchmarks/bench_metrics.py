"""What figures cost: beside other engines, beside counting raw events anew, and as refreshes and back-fills."""

import argparse
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from journeys_pipeline_tests.benchmarks import bench_refreshes
from journeys_pipeline_tests.benchmarks.bench_homes import make_in_child, refresh_in
from journeys_pipeline_tests.benchmarks.event_worlds import FIRST_DAY, EventWorld
from journeys_pipeline_tests.benchmarks.turns import Row, compare, print_rows, python, run

PEERS = {"parquet": ["duckdb", "chdb", "pandas"], "ndjson": ["duckdb", "chdb"]}
COMPARED = {
    "campaigns": [
        "account_id", "journey_id", "profiles_in_journey", "entries", "profiles_exited", "completion_rate",
        "active_profiles", "goal_performers", "goal_events", "messages_sent",
    ],
    "goals": ["account_id", "journey_id", "currency", "goal_events", "goal_performers", "goal_value"],
    "channels": [
        "account_id", "journey_id", "channel", "messages_sent", "delivered", "pending", "opened", "opened_messages",
        "opened_people", "clicked", "clicked_messages", "clicked_people",
    ],
    "costs": ["account_id", "journey_id", "channel", "currency", "priced_messages", "cost"],
}  # fmt: skip
COMMAND = """
import os, subprocess, sys, time
home, *arguments = sys.argv[1:]
command = [sys.executable, "-m", "journeys_pipeline.cli", "metrics", *arguments, "--format", "json"]
begun = time.perf_counter()
subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ | {"JOURNEYS_HOME": home})
print(time.perf_counter() - begun)
"""


def main() -> None:
    options = _options()
    rows: list[Row] = []
    if "engines" in options.only:
        rows += engines(options.events, turns=options.turns)
    if "range" in options.only:
        rows += any_range(options.range_events, turns=options.turns)
    if "backfill" in options.only:
        rows.append(bench_refreshes.backfill(options.events // 10))
    if "late" in options.only:
        rows.append(bench_refreshes.late_refresh(options.events))
    if "growth" in options.only:
        rows += bench_refreshes.growth(options.growth_events, options.growth_events // 5)
    print_rows(rows)


def engines(events: int, *, turns: int) -> list[Row]:
    """The figures of F6-F21 by us and by each peer: found equal first, then timed."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = EventWorld(events)
        world.journeys().write_parquet(folder / "journeys.parquet")
        for source, peers in PEERS.items():
            {"parquet": world.write_parquet, "ndjson": world.write_ndjson}[source](folder / source)
            ours = _engine("us", source, folder)
            run(ours)
            for peer in peers:
                theirs = _engine(peer, source, folder)
                run(theirs)
                _assert_equal(folder / "us", folder / peer)
                rows.append(compare(f"{source}_vs_{peer}", ours, peer, theirs, turns=turns))
    return rows


def any_range(events: int, *, turns: int) -> list[Row]:
    """The command for thirty days beside the recount of the raw events by DuckDB, and beside that of accepted ones."""
    last = FIRST_DAY + timedelta(days=29)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = EventWorld(events)
        run(make_in_child(folder, world))
        run(refresh_in(folder, f"{FIRST_DAY}/{last}"))
        world.journeys().write_parquet(folder / "journeys.parquet")
        (folder / "chunks").rename(folder / "parquet")
        world.write_ndjson(folder / "ndjson")
        ours = python(COMMAND, folder, "--from", FIRST_DAY, "--to", last)
        return [
            compare("range_vs_recount", ours, "duckdb, NDJSON", _engine("duckdb", "ndjson", folder), turns=turns),
            compare("range_vs_accepted", ours, "duckdb, Parquet", _engine("duckdb", "parquet", folder), turns=turns),
        ]


def _engine(name: str, source: str, folder: Path) -> list[str]:
    """The command by which an engine counts, and writes the figures below the folder."""
    output = folder / name
    output.mkdir(exist_ok=True)
    module = f"journeys_pipeline_tests.benchmarks.engines.by_{name}"
    return [sys.executable, "-m", module, source, str(folder), str(output)]


def _assert_equal(ours: Path, theirs: Path) -> None:
    """A figure that does not apply may be null or 0."""
    for name, columns in COMPARED.items():
        frames = [
            pl.read_parquet(folder / f"{name}.parquet").select(columns).with_columns(
                pl.col(pl.String), pl.exclude(pl.String).cast(pl.Float64).fill_null(0).round(6)
            ).sort(pl.selectors.string())
            for folder in (ours, theirs)
        ]  # fmt: skip
        assert_frame_equal(*frames)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--events", type=int, default=10_000_000, help="of engines and the late refresh; a tenth of backfill"
    )
    parser.add_argument("--range-events", type=int, default=84_000_000, help="of the range: 10 million entries")
    parser.add_argument("--growth-events", type=int, default=50_000_000, help="of the one day; its peer has a fifth")
    parser.add_argument("--turns", type=int, default=2)
    parts = ["engines", "range", "backfill", "late", "growth"]
    parser.add_argument("--only", nargs="*", choices=parts, default=parts)
    return parser.parse_args()


if __name__ == "__main__":
    main()
