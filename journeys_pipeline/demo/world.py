"""The sample world: feeds of a few customers, the same each time, flawed as real ones are."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from journeys_pipeline.demo.accounts import SampleAccount, World, sample_accounts
from journeys_pipeline.demo.contact_files import ContactFile, write_contact_files
from journeys_pipeline.demo.drops import STAGING, Drop, changed_at, drop_of, drop_times, publish, staged_path, stamp
from journeys_pipeline.demo.event_files import BAD_RECORDS, DAY_MS, EventFiles
from journeys_pipeline.demo.journeys import Timetable
from journeys_pipeline.demo.journeys_feed import feed_lines
from journeys_pipeline.demo.messages import HOUR
from journeys_pipeline.demo.passages import Walker
from journeys_pipeline.demo.people_feed import people_lines
from journeys_pipeline.periods import utc_midnight

__all__ = ["Drop", "World", "WorldSummary", "build_world", "publish"]

_ENTRIES_PER_PERSON_AND_DAY = 0.025
_BROADCASTS_PER_PERSON_AND_DAY = 0.004
_WEEKDAY_FACTORS = [1.1, 1.15, 1.1, 1.05, 1.0, 0.85, 0.75]
_WAKING_FROM_MS = 6 * HOUR
_WAKING_FOR_MS = 17 * HOUR


@dataclass(frozen=True)
class WorldSummary:
    """What a world holds: counts over all accounts, contact files, and the drops that make files appear."""

    events: int  # distinct and sound; test events among them
    lines: int
    late: int
    test_events: int
    duplicates: int
    conflicts: int
    bad_records: dict[str, int]  # per kind
    contact_files: list[ContactFile]
    drops: list[Drop]


def _nobody_waits() -> None:
    """Where nobody watches the building of a world."""


def build_world(root: Path, world: World, *, on_day: Callable[[], None] = _nobody_waits) -> WorldSummary:
    """Write the world's files below `root`, hidden until their drop is published; at most a few days in memory.

    The same world gives the same bytes, names and times of change. `on_day` is called after each account's day.

    Raises:
        FileExistsError: `root` already holds a world; remove it first.
    """
    root.mkdir(parents=True, exist_ok=True)
    accounts = sample_accounts(world)
    for name in [STAGING, *(account.id for account in accounts)]:
        (root / name).mkdir()
    counts: Counter[str] = Counter()
    contact_files: list[ContactFile] = []
    for account in accounts:
        counts += _write_events(root, world, account, on_day=on_day)
        _write_journeys(root, world, account)
        _write_people(root, world, account)
        random = Random(f"{world.seed}/{account.id}/contacts")
        contact_files += write_contact_files(root, world, account=account, random=random)
    return WorldSummary(
        events=counts["events"],
        lines=counts["lines"],
        late=counts["late"],
        test_events=counts["test_events"],
        duplicates=counts["duplicates"],
        conflicts=counts["conflicts"],
        bad_records={kind: counts[kind] for kind in BAD_RECORDS},
        contact_files=contact_files,
        drops=_drops(root, world),
    )


def _drops(root: Path, world: World) -> list[Drop]:
    return [
        Drop(as_of, sorted((root / STAGING / f"{index:03d}").glob("*/*")))
        for index, as_of in enumerate(drop_times(world))
    ]


def _timetable(world: World) -> Timetable:
    return Timetable(int(utc_midnight(world.first_day).timestamp()) * 1000, world.days * DAY_MS)


def _write_journeys(root: Path, world: World, account: SampleAccount) -> None:
    """The journeys feed anew for each drop: statuses change, versions are added."""
    for drop, as_of in enumerate(drop_times(world)):
        lines = feed_lines(account, clock=_timetable(world), as_of=int(as_of.timestamp() * 1000))
        path = staged_path(root, drop, account_id=account.id, name="journeys.ndjson")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        stamp(path, as_of)


def _write_people(root: Path, world: World, account: SampleAccount) -> None:
    for drop, as_of in enumerate(drop_times(world)):
        lines = people_lines(account, world, drop=drop)
        if lines:
            path = staged_path(root, drop, account_id=account.id, name=f"people-{drop + 1:03d}.ndjson")
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            stamp(path, as_of)


def _write_events(root: Path, world: World, account: SampleAccount, *, on_day: Callable[[], None]) -> Counter[str]:
    written: dict[Path, date] = {}

    def path_of(offset: int, part: int) -> Path:
        day = world.first_day + timedelta(days=offset)
        name = f"events-{day}.ndjson.gz" if part == 1 else f"events-{day}.part{part}.ndjson.gz"
        path = staged_path(root, drop_of(world, day), account_id=account.id, name=name)
        written[path] = day
        return path

    random = Random(f"{world.seed}/{account.id}/events")
    files = EventFiles(world, account.id, random=random, path_of=path_of)
    walker = Walker(files, random, account=account, clock=_timetable(world))
    for offset in range(world.days):
        _live_through(offset, world=world, account=account, walker=walker, random=random)
        files.close_before(offset + 1)
        on_day()
    files.close()
    for path, day in written.items():
        stamp(path, changed_at(world, day, after=timedelta(hours=24, minutes=10)))
    return files.counts


def _live_through(offset: int, *, world: World, account: SampleAccount, walker: Walker, random: Random) -> None:
    """One day: people enter journeys, and get messages from outside any journey."""
    clock = _timetable(world)
    midnight = clock.start + offset * DAY_MS
    factor = account.people * _WEEKDAY_FACTORS[(world.first_day + timedelta(days=offset)).weekday()]
    factor *= 0.8 + 0.4 * offset / world.days  # business grows
    total_weight = sum(plan.weight for plan in account.kind.journeys)
    for plan in account.kind.journeys:
        for _ in range(_drawn(factor * _ENTRIES_PER_PERSON_AND_DAY * plan.weight / total_weight, random)):
            person = 1 + int(account.people * random.random() ** 1.5)  # some come often, some never
            at = midnight + _WAKING_FROM_MS + int(random.random() * _WAKING_FOR_MS)
            if clock.status_at(plan, at) == "active":
                walker.walk(plan, person, at)
    for _ in range(_drawn(factor * _BROADCASTS_PER_PERSON_AND_DAY, random)):
        walker.broadcast(1 + random.randrange(account.people), midnight + int(random.random() * DAY_MS))


def _drawn(expected: float, random: Random) -> int:
    """A whole number that is `expected` on average."""
    return int(expected + random.random())
