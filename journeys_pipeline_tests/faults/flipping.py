"""A program that flips one bit of a lake's file after the other, reads the table each time, and counts what came of it.

Its own process: what a damaged file does to the engine that reads it must not be done to the tests.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path

import polars as pl

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.table_files import DamagedFiles
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import JourneyEntries
from journeys_pipeline.schemas.journey_events import JourneyEvents

TABLES = {"contact_entries": ContactEntries, "journey_events": JourneyEvents, "journey_entries": JourneyEntries}


def flip(path: Path, chance: random.Random) -> None:
    """Another one of its bits is wrong."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def outcome(lake: Lake, table: str, truth: pl.DataFrame) -> str:
    """Whether reading notices the damage; if not, whether any row is another."""
    try:
        read = lake.scan(TABLES[table]).collect().sort(pl.all())
    except BaseException:  # noqa: BLE001 - a panic of the engine is loud, too
        return "noticed"
    return "harmless" if read.equals(truth) else "changed"


def passes(lake: Lake, table: str) -> bool:
    """Whether who looks at every byte finds nothing."""
    upkeep = lake.upkeep(TABLES[table])
    assert upkeep
    try:
        upkeep.verify()
    except DamagedFiles:
        return False
    return True


def count(root: Path, table: str, path: Path, flips: int) -> Counter[str]:
    """How many flips had which outcome, and how many verifying missed; the file is as it was."""
    lake, chance, whole = Lake(root), random.Random(table), path.read_bytes()
    truth, found = lake.scan(TABLES[table]).collect().sort(pl.all()), Counter[str]()
    for _ in range(flips):
        flip(path, chance)
        found[outcome(lake, table, truth)] += 1
        found["missed"] += passes(lake, table)
        path.write_bytes(whole)
    return found


if __name__ == "__main__":
    _, given_root, given_table, given_path, given_flips = sys.argv
    sys.stdout.write(json.dumps(count(Path(given_root), given_table, Path(given_path), int(given_flips))))
