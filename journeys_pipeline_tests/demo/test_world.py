"""The sample world: the same each time, and flawed in every way that it says."""

import gzip
import json
import time
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.catalog import load_catalog
from journeys_pipeline.demo.catalog import write_catalog
from journeys_pipeline.demo.sftp_server import serve
from journeys_pipeline.demo.world import World, WorldSummary, build_world, publish
from journeys_pipeline.schemas.journey_events import CHANNELS, ENTRY_SOURCES, EXIT_TYPES, REQUIRED_FIELDS
from journeys_pipeline.tiers import Tier

Record = dict[str, Any]

WORLD = World(last_day=date(2026, 11, 24), now=datetime(2026, 11, 24, 18, tzinfo=UTC))
SMALL = World(people=400, days=40, last_day=WORLD.last_day, now=WORLD.now)
ELEMENT_TYPES = {
    *ENTRY_SOURCES, *CHANNELS, "call", "play", "collect", "wait_for_event", "wait_until", "pause", "split",
    "segment_check", "api_call", "update_profile", "tag", "exit_point",
} - {"voice"}  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("worlds") / "default"


@pytest.fixture(scope="module")
def summary(root: Path) -> WorldSummary:
    return build_world(root, WORLD)


@pytest.fixture(scope="module")
def lines(root: Path, summary: WorldSummary) -> list[tuple[str, str]]:
    """(day of the file, line) of each line of each event file, in order."""
    found = []
    for path in sorted(root.glob(".staging/*/*/events-*.gz"), key=lambda path: (path.parent.name, path.name)):
        with gzip.open(path, "rt") as file:
            found += [(path.name[7:17], line) for line in file]
    return found


@pytest.fixture(scope="module")
def records(lines: list[tuple[str, str]]) -> list[Record]:
    """The readable records among the lines, with the day of the file as `in_file`."""
    return [{**json.loads(line), "in_file": day} for day, line in lines if ",,}" not in line]


@pytest.fixture(scope="module")
def sound(records: list[Record]) -> list[Record]:
    return [record for record in records if "-bad-" not in record["event_id"]]


@pytest.fixture(scope="module")
def journeys(root: Path, summary: WorldSummary) -> list[Record]:
    paths = sorted(root.glob(f".staging/{len(summary.drops) - 1:03d}/*/journeys.ndjson"))
    return [json.loads(line) for path in paths for line in path.read_text().splitlines()]


def utc(occurred_at: str | int) -> datetime:
    if isinstance(occurred_at, int):
        return datetime.fromtimestamp(occurred_at / 1000, UTC)
    return datetime.fromisoformat(occurred_at).astimezone(UTC)


def test_the_same_world_is_the_same_to_the_byte(tmp_path: Path) -> None:
    build_world(tmp_path / "one", SMALL)
    build_world(tmp_path / "two", SMALL)

    contents = [
        {
            path.relative_to(root): (path.read_bytes(), path.stat().st_mtime)
            for path in root.rglob("*")
            if path.is_file()
        }
        for root in (tmp_path / "one", tmp_path / "two")
    ]

    assert len(contents[0]) > 100
    assert contents[0] == contents[1]


def test_another_seed_is_another_world(tmp_path: Path) -> None:
    worlds = [World(people=300, days=3, seed=seed, last_day=WORLD.last_day, now=WORLD.now) for seed in (1, 2)]

    counts = [build_world(tmp_path / str(world.seed), world).lines for world in worlds]

    assert counts[0] != counts[1]


def test_the_default_world_is_of_the_size_that_the_demo_wants(summary: WorldSummary) -> None:
    assert 100_000 < summary.events < 150_000


def test_a_world_is_never_built_over_another(tmp_path: Path) -> None:
    build_world(tmp_path, World(people=10, days=1, last_day=WORLD.last_day, now=WORLD.now))

    with pytest.raises(FileExistsError):
        build_world(tmp_path, SMALL)


def test_every_event_type_is_there_with_its_required_fields(sound: list[Record]) -> None:
    lacking = {
        (record["event_type"], field)
        for record in sound
        for field in ["event_id", "account_id", "occurred_at", *REQUIRED_FIELDS[record["event_type"]]]
        if record.get(field) is None
    }

    assert {record["event_type"] for record in sound} == set(REQUIRED_FIELDS)
    assert lacking == set()


def test_every_element_type_is_planned_and_passed_through(sound: list[Record], journeys: list[Record]) -> None:
    types = {
        (journey["journey_id"], journey["version"], element["element_id"]): element["type"]
        for journey in journeys
        for element in journey["elements"]
    }

    passed = {
        types[record["journey_id"], record["journey_version"], record["element_id"]]
        for record in sound
        if record["event_type"] == "element_entered"
    }

    assert set(types.values()) == ELEMENT_TYPES
    assert passed == ELEMENT_TYPES


def test_every_way_in_and_out_channel_and_masking_is_there(sound: list[Record]) -> None:
    found = {
        field: {record.get(field) for record in sound} - {None} for field in ("entry_source", "exit_type", "masking")
    }
    channels = {record.get("channel") for record in sound} - {None}

    assert found["entry_source"] == set(ENTRY_SOURCES)
    assert found["exit_type"] == set(EXIT_TYPES)
    assert found["masking"] == {"always", "masked", "never"}
    assert channels == set(CHANNELS) - {"voice"}


def test_journeys_have_every_status_goals_and_none_and_two_versions(journeys: list[Record]) -> None:
    keys = Counter(journey["journey_id"] for journey in journeys)

    assert {journey["status"] for journey in journeys} == {"active", "finishing", "finished", "cancelled"}
    assert {journey["goal"] is None for journey in journeys} == {True, False}
    assert set(keys.values()) == {1, 2}
    assert len(keys) >= 12
    assert len({element["element_id"] for journey in journeys for element in journey["elements"]}) > 30


def test_the_summary_counts_what_is_in_the_files(
    summary: WorldSummary, lines: list[tuple[str, str]], sound: list[Record]
) -> None:
    per_id = {}
    for record in sound:
        per_id.setdefault((record["account_id"], record["event_id"]), []).append(
            json.dumps({**record, "in_file": ""}, sort_keys=True)
        )
    distinct = sum(len(set(copies)) for copies in per_id.values())
    bad = sum("-bad-" in line for _, line in lines)

    assert summary.lines == len(lines)
    assert summary.events == len(per_id)
    assert summary.conflicts == distinct - len(per_id) > 0
    assert summary.duplicates == len(sound) - distinct > 0.005 * len(sound)
    assert sum(summary.bad_records.values()) == bad
    assert min(summary.bad_records.values()) > 0


def test_one_or_two_events_in_a_hundred_come_late_by_at_most_five_days(
    summary: WorldSummary, sound: list[Record]
) -> None:
    lags = Counter((date.fromisoformat(record["in_file"]) - utc(record["occurred_at"]).date()).days for record in sound)

    assert min(lags) == 0
    assert max(lags) <= 6
    assert 0.01 * summary.events < summary.late < 0.02 * summary.events


def test_nothing_occurs_before_the_world_or_after_the_drop_that_brings_it(
    summary: WorldSummary, sound: list[Record]
) -> None:
    drop_times = {f"{drop.as_of:%Y-%m}": drop.as_of for drop in summary.drops}

    early = [record for record in sound if utc(record["occurred_at"]).date() < WORLD.first_day]
    from_the_future = [record for record in sound if utc(record["occurred_at"]) > drop_times[record["in_file"][:7]]]

    assert early == []
    assert from_the_future == []


def test_people_return_and_messages_and_goals_stand_outside_journeys(
    summary: WorldSummary, sound: list[Record]
) -> None:
    entries = [record for record in sound if record["event_type"] == "journey_entered"]
    people = {(record["account_id"], record["person_id"], str(utc(record["occurred_at"]))[:7]) for record in entries}
    again = Counter((record["person_id"], record["journey_id"]) for record in entries)
    outside = {record["event_type"] for record in sound if "journey_id" not in record}

    assert len(people) < 0.8 * len(entries)
    assert max(again.values()) > 1
    assert outside >= {"message_sent", "message_delivered", "message_opened", "goal_performed"}
    assert sum(record.get("is_test", False) for record in sound) >= summary.test_events > 0


def test_people_have_profiles_and_some_turn_out_to_be_one(
    root: Path, summary: WorldSummary, sound: list[Record]
) -> None:
    paths = sorted(root.glob(".staging/*/aurora/people-*.ndjson"))
    records = [json.loads(line) for path in paths for line in path.read_text().splitlines()[:-1]]
    emails = {record["email"] for record in records if "email" in record}
    merges = [{record["survivor_id"], record["merged_id"]} for record in records if "merged_at" in record]
    contacts = "".join(path.read_bytes().decode(errors="replace") for path in root.glob(".staging/*/aurora/contacts-*"))
    entered = {
        record["person_id"]
        for record in sound
        if (record["event_type"], record["account_id"]) == ("journey_entered", "aurora")
    }

    assert [path.name for path in paths] == ["people-001.ndjson", f"people-{len(summary.drops):03d}.ndjson"]
    assert sum(email in contacts for email in emails) > 20
    assert sum(merge <= entered for merge in merges) > 5
    assert sum("deleted_at" in record for record in records) == 1


def test_drops_hold_all_files_and_publishing_moves_them_to_their_accounts(tmp_path: Path) -> None:
    summary = build_world(tmp_path, SMALL)
    staged = {path for path in tmp_path.rglob("*") if path.is_file()}

    before = [*tmp_path.glob("[a-z]*/*")]
    published = [publish(drop) for drop in summary.drops[:1]]
    latest_change = max(path.stat().st_mtime for path in published[0])
    published += [publish(drop) for drop in summary.drops[1:]]

    assert before == []
    assert sorted(staged) == sorted(path for drop in summary.drops for path in drop.files)
    assert [drop.as_of.isoformat() for drop in summary.drops] == [
        "2026-10-31T23:30:00+00:00",
        "2026-11-24T18:00:00+00:00",
    ]
    assert all(path.parent.parent == tmp_path and path.is_file() for paths in published for path in paths)
    assert latest_change <= summary.drops[0].as_of.timestamp()


def test_a_larger_world_takes_seconds(tmp_path: Path) -> None:
    world = World(people=20_000, days=3, last_day=WORLD.last_day, now=WORLD.now)
    started = time.perf_counter()

    summary = build_world(tmp_path, world)

    assert summary.events > 10_000
    assert time.perf_counter() - started < 5


def test_the_catalog_of_the_world_loads_and_puts_one_account_on_each_tier(tmp_path: Path) -> None:
    root = tmp_path / "world"
    build_world(root, SMALL)
    with serve(root, root / ".keys") as endpoint:
        write_catalog(root, endpoint=endpoint, path=tmp_path / "config" / "journeys.yaml", world=SMALL)

    catalog = load_catalog(tmp_path / "config" / "journeys.yaml")

    assert [catalog.accounts_on([tier], WORLD.last_day) for tier in Tier] == [["aurora"], ["borealis"], ["cascade"]]
    assert {connection.key_file.resolve() for connection in catalog.connections} == {endpoint.key_file.resolve()}
    assert {feed.kind for connection in catalog.connections for feed in connection.feeds} == {
        "events",
        "journeys",
        "contacts",
        "people",
    }


def test_more_accounts_than_three_repeat_the_three_kinds(tmp_path: Path) -> None:
    summary = build_world(tmp_path, World(people=100, days=2, accounts=10, last_day=WORLD.last_day, now=WORLD.now))

    assert len({path.parent.name for drop in summary.drops for path in drop.files}) == 10
