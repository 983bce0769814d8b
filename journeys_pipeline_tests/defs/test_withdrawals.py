"""A file that is taken back leaves the world in which it never came; given back, the one in which it was never gone."""

from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.adapters.warehouse import Transaction
from journeys_pipeline.defs.auditing import find_restatement
from journeys_pipeline.defs.withdrawals import CannotWithdraw, check_withdrawal, pending_changes, withdraw
from journeys_pipeline.schemas.erasures import REMOVED, AlteredBytes
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles, Withdrawals
from journeys_pipeline_tests.defs.withdrawing_worlds import (
    BEGIN,
    CLOSES,
    DAYS,
    KINDS,
    MARCH,
    File,
    World,
    at,
    contacts,
    defined,
    entered,
    lines,
    merged,
    priced,
    profile,
    sent,
)

PERSONS, PHONES = ["p1", "p2"], ["+31206241111", "+31206241112"]
EVENTS = st.one_of(
    st.builds(entered, st.sampled_from(["e1", "e2", "e3"]), st.sampled_from(PERSONS), day=st.integers(1, 3)),
    st.builds(sent, st.sampled_from(["e3", "s"]), st.sampled_from(["0.1", "0.2"]), day=st.integers(1, 3)),
    st.builds(priced, st.sampled_from(["e1", "s"]), st.sampled_from(["0.3"]), day=st.integers(1, 3)),
    st.just("no record"),
)
PEOPLE = st.one_of(
    st.builds(profile, st.sampled_from(PERSONS), st.sampled_from(PHONES), day=st.integers(1, 2)),
    st.builds(merged, st.just("p1"), st.just("p2"), day=st.integers(1, 2)),
    st.just("no record"),
)
JOURNEYS = st.builds(defined, st.integers(1, 2), st.sampled_from(["c1", "c2"]), day=st.integers(1, 2))
LINES = {"events": EVENTS, "people": PEOPLE, "journeys": JOURNEYS}


@st.composite
def files(draw: st.DrawFn) -> list[File]:
    """Up to five files of any kinds that say much the same."""
    kinds = draw(st.lists(st.sampled_from([*KINDS, "events", "people"]), min_size=2, max_size=5))
    made = []
    for number, kind in enumerate(kinds):
        if kind == "contacts":
            made.append(contacts(f"{kind}-{number}", *draw(st.lists(st.sampled_from([*PHONES, "x"]), max_size=3))))
        else:
            made.append(lines(f"{kind}-{number}", *draw(st.lists(LINES[kind], min_size=1, max_size=4))))
    return made


@settings(max_examples=10, deadline=None, print_blob=True)
@given(world=files(), data=st.data())
def test_all_is_as_if_withdrawn_files_had_never_come_and_once_reinstated_never_been_gone(
    world: list[File], data: st.DataObject
) -> None:
    """Files come in two fetches, some go, and the rest may come only then."""
    wrong = data.draw(st.lists(st.sampled_from(world), min_size=1, max_size=2, unique_by=lambda file: file.name))
    cut = data.draw(st.integers(1, len(world)))
    batches = [
        world[:cut],
        [file for file in world[cut:] if file in wrong],
        [file for file in world[cut:] if file not in wrong],
    ]
    names = [file.name for file in wrong]
    with TemporaryDirectory() as folder:
        ours, without, never_gone = (World(Path(folder, name)) for name in ("ours", "without", "never-gone"))
        for step, batch in enumerate(batches):
            if step == 2:
                ours.refresh(at=at(2))
                ours.withdraw(names, step=2)
            ours.land(*batch, step=step)
            without.land(*(file for file in batch if file not in wrong), step=step)
            never_gone.land(*batch, step=step)

        for one in (ours, without, never_gone):
            one.refresh(at=at(3))
        gone, expected = ours.tables(besides=names), without.tables()
        billed, due = ours.billed("month", "person_id", "source_id"), without.billed("month", "person_id", "source_id")
        ours.reinstate(names, step=4)
        ours.refresh(at=at(4))

        assert gone == expected
        assert billed == due
        assert ours.tables() == never_gone.tables()
        assert ours.billed("month", "person_id", "source_id") == never_gone.billed("month", "person_id", "source_id")


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Four files; the second is wrong, and the later ones say some of what it says."""
    world = World(tmp_path / "world")
    world.land(lines("events-1", entered("e1", "p1"), sent("s", "0.1")), step=0)
    world.land(lines("events-2", entered("e1", "p2"), entered("e2", "p2"), entered("e3", "p3", day=4)), step=1)
    world.land(
        lines("events-3", entered("e2", "p2"), entered("e9", "p9", day=9)), contacts("contacts-1", *PHONES), step=2
    )
    world.refresh(at=at(2))
    return world


def test_an_event_that_another_file_brought_too_is_that_files_from_then_on(world: World) -> None:
    world.withdraw(["events-2"], step=3)

    kept = [(row[1], row[-2]) for row in world.tables()["JourneyEvents"]]
    assert sorted(kept) == [("e1", "events-1"), ("e2", "events-3"), ("e9", "events-3"), ("s", "events-1")]
    read = world.warehouse.read(FeedReadings, {"file_id": ["events-3"]})
    assert read.select("records", "accepted", "duplicates").rows() == [(2, 2, 0)]


def test_the_days_since_what_went_are_made_anew_and_no_others(world: World) -> None:
    before = world.stale()

    world.withdraw(["events-2"], step=3)
    since_events = world.stale()
    world.refresh(at=at(3))
    world.withdraw(["contacts-1"], step=4)

    assert before == []
    assert since_events == [day for day in DAYS if day.day >= 2]
    assert [day.day for day in world.stale()] == [20]


def test_a_price_that_goes_makes_anew_the_days_of_its_message_alone(world: World) -> None:
    world.land(lines("events-4", priced("e4", "0.5", day=5)), step=3)
    world.refresh(at=at(3))

    world.withdraw(["events-4"], step=4)

    assert [day.day for day in world.stale()] == [2, 3, 4, 5]


class Killed(BaseException):
    pass


def kill_before(number: int, patch: pytest.MonkeyPatch) -> None:
    """The process ends before it writes for the so-manyth time."""
    written = iter(range(1000))
    for place, name in ((Lake, "replace"), (Transaction, "upsert"), (Transaction, "update")):
        whole = getattr(place, name)

        def dying(*arguments: Any, whole: Any = whole, **options: Any) -> Any:
            if next(written) == number:
                raise Killed
            return whole(*arguments, **options)

        patch.setattr(place, name, dying)


EVERYTHING = ["events-2", "contacts-1", "people-1", "journeys-1"]


@pytest.mark.parametrize("step", range(0, 40, 5))
def test_a_run_that_is_killed_is_ended_by_the_next(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    others = [lines("people-2", profile("p1", PHONES[0])), lines("journeys-2", defined(1, "c2"))]
    wrong = [
        lines("people-1", profile("p1", PHONES[0]), merged("p1", "p2")),
        lines("journeys-1", defined(1, "c1", day=2)),
    ]
    world.land(*wrong, *others, step=3)
    world.refresh(at=at(3))
    whole, billed = world.tables(), world.billed()
    without = World(tmp_path / "without")
    without.land(lines("events-1", entered("e1", "p1"), sent("s", "0.1")), step=0)
    without.land(lines("events-3", entered("e2", "p2"), entered("e9", "p9", day=9)), step=2)
    without.land(*others, step=3)
    without.refresh(at=at(3))

    for do, when in ((world.withdraw, 4), (world.reinstate, 6)):
        with monkeypatch.context() as patch:
            kill_before(step, patch)
            with suppress(Killed):  # some are done sooner than after so many writes
                do(EVERYTHING, step=when)
        do(EVERYTHING, step=when + 1)
        world.refresh(at=at(when + 1))
        if do == world.withdraw:
            assert world.tables(besides=EVERYTHING) == without.tables()
            assert world.billed("person_id", "source_id") == without.billed("person_id", "source_id")

    assert world.tables() == whole
    assert world.billed() == billed
    assert pending_changes(world.warehouse, KINDS) == []


def test_who_entered_by_a_withdrawn_file_alone_is_not_billed_and_others_keep_their_time(world: World) -> None:
    booked_at = dict(world.billed("source_id", "billed_at"))

    world.withdraw(["events-2", "contacts-1"], step=3)
    unmade = world.billed("source_id")
    world.refresh(at=at(30))

    assert len(unmade) == len(booked_at) == 6
    assert world.billed("person_id", "source_id", "billed_at") == [
        ("p1", "e1", at(2)), ("p2", "e2", at(2)), ("p9", "e9", at(2)),
    ]  # fmt: skip


def test_a_booking_before_the_days_are_made_anew_takes_nobody_off_too_soon(world: World) -> None:
    before = world.billed()

    world.withdraw(["events-2"], step=3)
    world.book(at=at(3))
    too_soon = world.billed()
    world.refresh(at=at(4))

    assert too_soon == before
    assert "p3" not in {person for (person,) in world.billed("person_id")}


def test_given_back_a_person_is_billed_at_the_time_of_before(world: World) -> None:
    before = world.billed()
    world.withdraw(["events-2", "contacts-1"], step=3)
    world.refresh(at=at(30))

    world.reinstate(["contacts-1", "events-2"], step=31)
    world.refresh(at=at(32))

    assert world.billed() == before


def test_a_month_stays_open_while_a_withdrawal_is_not_carried_out(world: World) -> None:
    withdraw(world.warehouse, ["contacts-1"], by="ann", reason=None, as_of=at(3))
    world.book(at=CLOSES + timedelta(hours=1))
    while_it_waits = world.statements()
    world.read(step=4)
    world.refresh(at=CLOSES + timedelta(hours=2))

    assert while_it_waits == {}
    assert [content.count(b"\r\n") - 1 for content in world.statements().values()] == [4]


def test_a_closed_month_stays_byte_for_byte_and_the_restatement_says_who_would_go(world: World) -> None:
    world.book(at=CLOSES)
    frozen, ledger = world.statements(), world.billed()

    world.withdraw(["events-2", "contacts-1"], step=3)
    world.refresh(at=CLOSES + timedelta(days=1))
    restated = find_restatement(world.books, "acme", MARCH)
    world.reinstate(["events-2", "contacts-1"], step=4)
    world.refresh(at=CLOSES + timedelta(days=2))

    assert (world.statements(), world.billed(), world.adjusted()) == (frozen, ledger, [])
    assert sorted(restated.select("change", "cause").rows()) == [(-1, "withdrawn")] * 3
    assert find_restatement(world.books, "acme", MARCH).is_empty()


def test_an_adjustment_by_a_withdrawn_file_goes_while_its_month_is_open_and_stays_once_closed(world: World) -> None:
    world.book(at=CLOSES)
    later = CLOSES + timedelta(days=1)
    world.land(lines("events-7", entered("e7", "p7"), entered("e8", "p8")), step=3)
    world.land(lines("events-8", entered("e10", "p8", day=3)), step=4)
    world.refresh(at=later)
    booked = world.adjusted("person_id", "source_id", "month", "billed_at")

    world.withdraw(["events-7"], step=5)
    world.refresh(at=later + timedelta(days=1))
    left = world.adjusted("person_id", "source_id", "month", "billed_at")
    april = later.date().replace(day=1)
    world.book(at=CLOSES + timedelta(days=40), months=[april])
    world.withdraw(["events-8"], step=6)
    world.refresh(at=CLOSES + timedelta(days=41))

    assert booked == [("p7", "e7", april, later), ("p8", "e8", april, later)]
    assert left == [("p8", "e10", april, later)]
    assert world.adjusted("person_id", "source_id", "month", "billed_at") == left


def test_it_is_kept_for_good_who_took_a_file_back_and_who_gave_it_back(world: World) -> None:
    world.withdraw(["contacts-1"], step=3)
    world.withdraw(["contacts-1"], step=4)
    world.reinstate(["contacts-1"], step=5)
    world.withdraw(["contacts-1"], step=6)

    told = world.warehouse.read(Withdrawals).select(
        "withdrawn_at", "taken_out_at", "reinstated_at", "put_back_at", "reason"
    )
    assert told.rows() == [(at(3), at(3), at(5), at(5), "wrong"), (at(6), at(6), None, None, "wrong")]
    assert world.warehouse.read(LandedFiles, {"file_id": ["contacts-1"]})["status"].to_list() == ["withdrawn"]


@pytest.mark.parametrize(
    ("name", "says"), [("events-9", "There is no file events-9"), ("twice", "Its entries came with events-1")]
)
def test_what_was_not_landed_cannot_be_withdrawn(world: World, name: str, says: str) -> None:
    [first] = world.warehouse.read(LandedFiles, {"file_id": ["events-1"]}).to_dicts()
    again = first | {"file_id": "twice", "status": "duplicate", "duplicate_of": "events-1"}
    world.warehouse.upsert(LandedFiles, pl.DataFrame([again], schema=LandedFiles.create_empty().schema))

    with pytest.raises(CannotWithdraw, match=says):
        check_withdrawal(world.warehouse, ["contacts-1", name])


def test_a_file_is_left_alone_if_one_that_would_have_to_be_read_again_is_gone(world: World) -> None:
    [other] = world.warehouse.read(LandedFiles, {"file_id": ["events-3"]}).to_dicts()
    row = {"connection_id": "sftp", "sha256": other["sha256"], "state": REMOVED, "altered_at": BEGIN}
    world.warehouse.upsert(AlteredBytes, pl.DataFrame([row], schema=AlteredBytes.create_empty().schema))

    with pytest.raises(CannotWithdraw, match="events-3 would have to be read again"):
        world.withdraw(["events-2"], step=3)

    assert world.warehouse.read(LandedFiles, {"file_id": ["events-2"]})["status"].to_list() == ["landed"]


def test_a_file_whose_own_bytes_are_gone_can_be_withdrawn_and_stays_so(world: World) -> None:
    [file] = world.warehouse.read(LandedFiles, {"file_id": ["contacts-1"]}).to_dicts()
    row = {"connection_id": "sftp", "sha256": file["sha256"], "state": REMOVED, "altered_at": BEGIN}
    world.warehouse.upsert(AlteredBytes, pl.DataFrame([row], schema=AlteredBytes.create_empty().schema))

    world.withdraw(["contacts-1"], step=3)

    assert world.tables()["ContactEntries"] == []
    with pytest.raises(CannotWithdraw, match="contacts-1 would have to be read again"):
        world.reinstate(["contacts-1"], step=4)


def test_persons_that_a_withdrawn_file_had_made_one_are_billed_as_two(world: World) -> None:
    world.land(lines("people-1", merged("p1", "p2")), step=3)
    world.refresh(at=at(3))
    as_one = world.billed("person_id")
    world.book(at=CLOSES)

    world.withdraw(["people-1"], step=4)
    world.refresh(at=CLOSES + timedelta(days=1))

    assert ("p2",) not in as_one
    assert world.adjusted("person_id", "source_id", "billed_at") == [("p2", "e2", CLOSES + timedelta(days=1))]
    assert [content.count(b"\r\n") - 1 for content in world.statements().values()] == [len(as_one)]
