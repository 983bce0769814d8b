"""When the sample world's files appear on the servers: a drop a month, and the last."""

import os
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from journeys_pipeline.demo.accounts import World
from journeys_pipeline.periods import add_months, month_of, utc_midnight

STAGING = ".staging"
_DROP_TIME = timedelta(hours=23, minutes=30)


@dataclass(frozen=True)
class Drop:
    """Files that appear together, and the logical time (UTC) of the fetch that finds them."""

    as_of: datetime
    files: list[Path]


def drop_times(world: World) -> list[datetime]:
    """The time of each drop: 23:30 UTC on the last day of each whole month, then the world's now."""
    times: list[datetime] = []
    month = month_of(world.first_day)
    while month < month_of(world.last_day):
        month = add_months(month, 1)
        times.append(utc_midnight(month - timedelta(days=1)) + _DROP_TIME)
    return [*times, world.now]


def drop_of(world: World, day: date) -> int:
    """The index of the drop that brings a day's files."""
    first = world.first_day
    return (day.year - first.year) * 12 + day.month - first.month


def staged_path(root: Path, drop: int, *, account_id: str, name: str) -> Path:
    """Where a file waits for its drop."""
    return root / STAGING / f"{drop:03d}" / account_id / name


def staged_drops(root: Path, world: World) -> list[Drop]:
    """The drops that were built and are still to be published, in order."""
    folders = [(at, root / STAGING / f"{index:03d}") for index, at in enumerate(drop_times(world))]
    return [Drop(at, files) for at, folder in folders if (files := sorted(folder.glob("*/*")))]


def stamp(path: Path, at: datetime) -> None:
    """Give a file its time of change, so that listings are the same each time."""
    os.utime(path, (at.timestamp(), at.timestamp()))


def changed_at(world: World, day: date, *, after: timedelta) -> datetime:
    """When a file of that day was last changed: so long after midnight UTC, though never after the day's drop."""
    return min(utc_midnight(day) + after, drop_times(world)[drop_of(world, day)])


def publish(drop: Drop) -> list[Path]:
    """Move a drop's files into their accounts' folders, each in one step; the paths that they have then."""
    published: list[Path] = []
    for staged in drop.files:
        root = staged.parents[3]
        path = root / staged.parent.name / staged.name
        path.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(path)
        published.append(path)
    return published
