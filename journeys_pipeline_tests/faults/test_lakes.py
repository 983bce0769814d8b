"""A damaged lake is found when it is read, and no number is made of it."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.schemas.metrics import CampaignPerformance
from journeys_pipeline_tests.faults import flipping
from journeys_pipeline_tests.faults.driving import Driver
from journeys_pipeline_tests.faults.flipping import TABLES
from journeys_pipeline_tests.faults.invariants import Invariants, as_of, statements
from journeys_pipeline_tests.faults.worlds import World

NEXT = as_of("2026-03-11T12:00")
MARCH = ("backfill", "--from", "2026-03-01", "--to", "2026-03-11", "--as-of", NEXT.isoformat())
AFTER_MARCH = as_of("2026-04-04T12:00")
CLOSE = ("mep", "close", "--month", "2026-03", "--as-of", AFTER_MARCH.isoformat())
FIGURES = ("account_id", "period", "profiles_in_journey", "entries", "messages_sent")
FLIPS = 300


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove(path: Path) -> None:
    path.unlink()


def spoil_head(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4:64] = bytes(60)
    path.write_bytes(content)


def in_use(world: World, table: str) -> list[Path]:
    """The Parquet files of a table as it is now, of March."""
    from deltalake import DeltaTable  # noqa: PLC0415

    files = [Path(uri) for uri in DeltaTable(str(world.home / "lake" / table)).file_uris()]
    return sorted(path for path in files if "day=2026-03" in str(path))


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        pytest.param("journey_events", remove, marks=pytest.mark.thorough),
        pytest.param("journey_events", cut, marks=pytest.mark.thorough),
        pytest.param("contact_entries", remove, marks=pytest.mark.thorough),
        pytest.param("contact_entries", spoil_head, marks=pytest.mark.thorough),
    ],
)
def test_damaged_file_in_the_lake(
    world: World, driver: Driver, held: Any, table: str, damage: Callable[[Path], None]
) -> None:
    invariants = Invariants.before(world)
    before = _figures(world)
    path = in_use(world, table)[0]
    whole = path.read_bytes()
    damage(path)

    spoilt = driver.tick(world, NEXT, [MARCH])
    after = _figures(world)
    path.write_bytes(whole)
    healed = driver.tick(world, NEXT, [MARCH])

    assert spoilt.code == 1
    assert "Run " in spoilt.said
    assert damage is not remove or path.name in spoilt.said.replace("\n", "")
    assert after == before
    assert healed.code == 0, healed.said
    held(invariants.hold())


def _figures(world: World) -> list[tuple[Any, ...]]:
    from journeys_pipeline.adapters.warehouse import Warehouse  # noqa: PLC0415

    read = Warehouse(world.warehouse_url).read(CampaignPerformance, grain="day")
    return sorted(read.select(FIGURES).rows(), key=str)


@pytest.mark.thorough
def test_flipped_bit_in_the_lake(world: World, held: Any) -> None:
    found: Counter[str] = Counter()
    for table in TABLES:
        path = in_use(world, table)[0]
        command = [sys.executable, "-m", flipping.__name__, world.home / "lake", table, path, str(FLIPS)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
        found += Counter(json.loads(done.stdout))

    held(0, injected=FLIPS * len(TABLES))
    assert found["changed"] > 0  # Parquet's readers alone do not notice each
    assert found["missed"] == 0, found


@pytest.mark.thorough
@pytest.mark.parametrize("table", [*TABLES])
def test_no_month_is_closed_from_flipped_bits(world: World, driver: Driver, held: Any, table: str) -> None:
    invariants = Invariants.before(world)
    path = in_use(world, table)[0]
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"Polars", b"Qolars"))  # as who wrote it: no reader minds

    spoilt = driver.tick(world, AFTER_MARCH, [CLOSE])
    after = statements(world)
    path.write_bytes(whole)
    healed = driver.tick(world, AFTER_MARCH, [CLOSE])

    assert (spoilt.code, healed.code) == (1, 0), spoilt.said + healed.said
    assert path.name in spoilt.said.replace("\n", "")
    assert after == invariants.closed
    assert len(statements(world)) == 2 * len(after)
    held(invariants.hold())
