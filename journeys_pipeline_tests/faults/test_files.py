"""However files come, what they say is counted once; and what is no file, or no sound one, hinders no other."""

import gzip
import io
import os
import random
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from journeys_pipeline.schemas.landed_files import LandedFiles
from journeys_pipeline_tests.faults.driving import Driver
from journeys_pipeline_tests.faults.invariants import Invariants, as_of, noted
from journeys_pipeline_tests.faults.worlds import ACCOUNTS, Sent, World, age, contacts, events

WAVE, FAULT, NEXT = as_of("2026-03-09T12:00"), as_of("2026-03-10T12:00"), as_of("2026-03-11T12:00")
MEMORY_MIB = 2048
MEBIBYTE = 1024 * 1024
FETCH = ("fetch", "--as-of", FAULT.isoformat())
OVERLONG_BYTES = 40 * MEBIBYTE
BOMB_MEMBERS = 1024  # packed apart, which is one file all the same


def truncate(path: Path) -> bytes:
    os.truncate(path, path.stat().st_size // 2 // 2)
    return path.read_bytes()


def grow(path: Path) -> bytes:
    with path.open("ab") as file:
        file.write(b"Ann;020 624 1001;\r\n" * 5)
    return path.read_bytes()


def rewrite(path: Path) -> bytes:
    path.write_bytes(path.read_bytes()[::-1].replace(b"\n\r", b"\r\n"))
    content = b"Name;Phone;E-mail\r\nAnn;020 624 1001;\r\n".ljust(path.stat().st_size, b"\n")
    path.write_bytes(content)
    return content


@pytest.mark.thorough
@pytest.mark.parametrize("change", [truncate, grow, rewrite])
def test_file_changed_while_it_is_read(
    world: World, driver: Driver, held: Any, change: Callable[[Path], bytes]
) -> None:
    invariants = Invariants.before(world)
    path = world.send("acme", "contacts-3.csv", contacts("acme", random.Random(3)), counts=False)

    reading = driver.start(world, FAULT, hold="listed, not read", until=str(world.root / "go on"))
    reading.wait_until_held()
    content = change(path)
    (world.root / "go on").touch()
    during = reading.end()
    world.count("acme", path.name, content)
    healed = driver.tick(world, NEXT)

    assert (during.code, healed.code) == (0, 0), during.said + healed.said
    held(invariants.hold())


@pytest.mark.thorough
def test_upload_in_progress(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.declare(complete_when="listed_twice")
    content = contacts("acme", random.Random(4), rows=40)

    codes: list[int] = []
    for part in range(4):
        half = world.send("acme", "contacts-3.csv", content[: len(content) * (part + 1) // 4], counts=False)
        age(half, hours=2 - part / 4)
        codes.append(driver.tick(world, FAULT, [("fetch", "--as-of", FAULT.isoformat())], clock_h=part * 0.1).code)
    world.count("acme", "contacts-3.csv", content)
    healed = driver.tick(world, NEXT, clock_h=1)

    assert [*codes, healed.code] == [0] * 5, healed.said
    held(invariants.hold(), injected=4)


def test_hostile_names_and_contents(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)
    folder, chance = world.folder("acme"), random.Random(5)
    for name in ("contacts-=1+1.csv", "contacts-'; DROP TABLE x--.csv", "contacts-<img src=x onerror=alert(1)>.csv"):
        world.send("acme", name, contacts("acme", chance))
    for name in (b"contacts-\xff.csv", b"contacts-\nnew.csv", b"contacts-\x1b[2J.csv"):
        (Path(os.fsdecode(os.fsencode(folder) + b"/" + name))).write_bytes(contacts("acme", chance))
    (folder / "contacts-link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder / "contacts-pipe.csv")
    (folder / "contacts-folder.csv").mkdir()
    refused = {
        "contacts-html.csv": b"<!DOCTYPE html><html></html>", "contacts-empty.csv": b"",
        "contacts-cut.csv.gz": gzip.compress(contacts("acme", chance))[:-9],
        "contacts-deep.csv": b"[" * 100_000, "contacts-zeros.csv": b"\0" * 100_000,
        "events-cut.gz": gzip.compress(events("acme", 8, WAVE, chance))[:-9], "events-spoilt": b"PAR1, no Parquet",
        "people-cut.gz": gzip.compress(b'{"account_id": "acme"}')[:-9],
        "contacts-two.zip": _zip("a.csv", "../../b.csv"),
    }  # fmt: skip
    for name, content in refused.items():
        world.send("acme", name, content, counts=False)
    broken = (
        b'{"a":' * 5_000
        + b"\n"
        + b"[" * OVERLONG_BYTES
        + b"\n"
        + b"\xff\xfe\n"
        + b'{"event_id": NaN}\n'
        + b"[]\nnull\n"
    )
    world.send("acme", "events-broken.ndjson", broken + events("acme", 9, WAVE, chance))

    first = driver.tick(world, FAULT, [FETCH], memory_mib=MEMORY_MIB)
    healed = driver.tick(world, NEXT)

    statuses = dict(noted(world, LandedFiles, "file_name", "status"))
    assert (first.code, healed.code) == (0, 0), first.said + healed.said
    assert {name: statuses.get(name) for name in refused} == dict.fromkeys(refused, "refused")
    assert sorted(statuses.values()).count("skipped") == 5
    held(invariants.hold(), injected=len(refused) + 10)


def _zip(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "Name;Phone;E-mail\r\nAnn;020 624 1001;\r\n")
    return packed.getvalue()


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "byte"),
    [
        ("contacts-bomb.csv.gz", b"\0"), ("contacts-bomb.csv.gz", b"a"), ("contacts-bomb.csv.gz", b";;\n"),
        ("events-bomb.ndjson.gz", b"\0"), ("events-bomb.ndjson.gz", b"a"),
        ("people-bomb.ndjson.gz", b"a"), ("journeys-bomb.ndjson.gz", b"a"),
    ],
)  # fmt: skip
def test_compression_bomb_under_a_memory_limit(world: World, driver: Driver, held: Any, name: str, byte: bytes) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, WAVE)
    content = gzip.compress(byte * MEBIBYTE) * BOMB_MEMBERS
    world.send("acme", name, content, counts=False)

    first = driver.tick(world, FAULT, [FETCH], memory_mib=MEMORY_MIB)
    healed = driver.tick(world, NEXT)

    landed = [file for file, status in noted(world, LandedFiles, "file_name", "status") if status == "landed"]
    world.sent += [Sent("acme", name, content, says_nothing=True)] * landed.count(name)
    assert (first.code, healed.code) == (0, 0), first.said + healed.said
    held(invariants.hold())


@pytest.mark.thorough
def test_files_that_load_once_come_again(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    for account_id in ACCOUNTS:
        folder = world.folder(account_id)
        os.utime(folder / "contacts-2.csv")
        os.utime(folder / "events-2.ndjson", (0, 0))
        (folder / "contacts-1.csv").rename(folder / "contacts-renamed.csv")
        shutil.copy2(folder / "events-1.ndjson", folder / "events-copied.ndjson")
        world.send(account_id, "contacts-again.csv", (folder / "contacts-2.csv").read_bytes())
        age(folder / "contacts-again.csv", hours=24 * 400)
        world.send(account_id, "events-packed.ndjson.gz", gzip.compress((folder / "events-2.ndjson").read_bytes()))
    before = noted(world, LandedFiles, "file_id", "status")

    first = driver.tick(world, FAULT)
    again = driver.tick(world, NEXT)

    arrived = set(noted(world, LandedFiles, "file_id", "status")) - set(before)
    assert (first.code, again.code) == (0, 0), first.said + again.said
    assert [status for _, status in arrived].count("landed") == len(ACCOUNTS)
    held(invariants.hold(), injected=6 * len(ACCOUNTS))


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(2))
def test_days_in_random_order(world: World, driver: Driver, held: Any, seed: int) -> None:
    invariants = Invariants.before(world)
    days = [WAVE - timedelta(days=2 * number) for number in range(4)]
    random.Random(seed).shuffle(days)

    codes: list[int] = []
    for number, day in enumerate(days):
        world.send_wave(10 + number, day, seed=seed)
        codes.append(driver.tick(world, FAULT + timedelta(hours=number)).code)

    assert codes == [0] * 4
    held(invariants.hold(), injected=4)


def test_late_after_close(world: World, driver: Driver, held: Any) -> None:
    invariants = Invariants.before(world)
    world.send_wave(3, as_of("2026-02-27T12:00"))

    late = driver.tick(world, FAULT)

    assert late.code == 0, late.said
    held(invariants.hold())
