"""A month is closed once, by what had come; what comes later is adjusted once; nothing is billed twice (D1, D5-D7)."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.adapters.statements import StatementChanged
from journeys_pipeline.defs.billing import Books, hash_person
from journeys_pipeline.identity import identify
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline_tests.defs.books import AFTER, DUE, KEY, LATER, OPEN, World, january
from journeys_pipeline_tests.transforms.mep_ledger.examples import FEBRUARY, JANUARY, Entry

GRACE_ENDS = datetime(2026, 2, 4, tzinfo=UTC)
A_YEAR_ON = datetime(2027, 1, 1, tzinfo=UTC)
MARCH = date(2026, 3, 1)
PHONE = "+31206241111"
ENTRIES = [january(number, "abcd"[number % 4], day=31 - number) for number in range(8)]
STEPS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(ENTRIES), max_size=4), st.integers(1, 30), st.sampled_from(["", "", "file", "row"])
    ),
    min_size=1,
    max_size=5,
)


class Crashed(BaseException):
    """The process is gone."""


def crash(*_: object, **__: object) -> None:
    raise Crashed


@pytest.fixture
def world(each_database: None, tmp_path: Path) -> World:
    return World(tmp_path)


class ByHand:
    """The books of January, kept in ten lines."""

    def __init__(self) -> None:
        self.booked: dict[str, tuple[str, datetime]] = {}
        self.adjusted: dict[str, tuple[str, datetime, date]] = {}
        self.is_frozen = self.is_listed = False

    def run(self, seen: set[Entry], at: datetime, dies_before: str) -> None:
        first: dict[str, Entry] = {}
        for entry in sorted(seen, key=lambda entry: entry.entered_at):
            first.setdefault(entry.person_id, entry)
        if not self.is_frozen:
            billed_at = dict.fromkeys(first, at) | {person: old[1] for person, old in self.booked.items()}
            self.booked = {person: (entry.source_id, billed_at[person]) for person, entry in first.items()}
            self.is_frozen = at >= GRACE_ENDS and dies_before != "file"
            self.is_listed = self.is_frozen and dies_before != "row"
        elif self.is_listed or dies_before != "row":
            late = first.keys() - self.booked.keys() - self.adjusted.keys()
            self.adjusted |= {person: (first[person].source_id, at, at.date().replace(day=1)) for person in late}
            self.is_listed = True


def run_and_die(world: World, at: datetime, before: str, patch: pytest.MonkeyPatch) -> None:
    """A run whose process is gone before it writes the statement's file, or its row; or that ends as usual."""
    with patch.context() as dying, suppress(Crashed):
        if before == "file":
            dying.setattr(world.books.statements, "write", crash)
        if before == "row":
            dying.setattr(Books, "_list", crash)
        world.run(at)


@settings(deadline=None, max_examples=25)
@given(steps=STEPS)
def test_whatever_comes_when_and_however_runs_die_the_books_are_those_of_ten_lines(
    steps: list[tuple[set[Entry], int, str]],
) -> None:
    """Steps: entries that come, perhaps again; days until the next run; what it does not live to write."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        world, by_hand, at, seen = World(Path(folder)), ByHand(), OPEN, set[Entry]()
        frozen: dict[str, bytes] = {}
        for come, days, dies_before in steps:
            seen, at = seen | come, at + timedelta(days=days)
            by_hand.run(seen, at, dies_before)

            world.enter(*seen)
            run_and_die(world, at, dies_before, patch)

            assert world.billed() == world.in_lake() == by_hand.booked
            assert world.adjusted() == by_hand.adjusted
            assert frozen.items() <= world.files().items()
            assert len(world.files()) == by_hand.is_frozen
            frozen = world.files()

        world.run(A_YEAR_ON)
        recount = {entry.person_id for entry in seen}
        assert world.billed().keys() | world.adjusted().keys() == recount
        assert len(world.billed()) + len(world.adjusted()) == len(recount)


def test_running_past_months_again_changes_no_byte_and_adds_nothing_d5(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(AFTER)
    files = world.files()

    world.run(AFTER)
    world.run(LATER)

    assert world.files() == files
    assert world.adjusted() == {"bob": ("e2", AFTER, FEBRUARY)}


def test_a_month_stays_open_while_a_day_of_it_waits_d5(world: World) -> None:
    world.enter(january(1, "ann"))
    world.touch(date(2026, 1, 10))

    world.run(DUE)

    assert world.files() == {}
    assert world.books.listed() == []


def test_what_comes_between_booking_and_closing_is_an_adjustment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement is what was booked: nothing that a fetch and a refresh bring in between gets lost."""
    close = Books.close

    def fetch_and_close(books: Books, account_id: str, month: date, *, as_of: datetime) -> None:
        world.enter(january(1, "ann"), january(2, "bob"))
        close(books, account_id, month, as_of=as_of)

    world.enter(january(1, "ann"))
    monkeypatch.setattr(Books, "close", fetch_and_close)
    world.run(DUE)

    assert world.billed() == {"ann": ("e1", DUE)}
    assert world.adjusted() == {"bob": ("e2", DUE, FEBRUARY)}


def test_an_adjustment_is_booked_in_the_first_month_that_is_open(world: World) -> None:
    world.run(DUE)
    slice_of_february = {"month": [FEBRUARY], "account_id": ["acme"]}
    world.books.lake.replace(MepLedger, MepLedger.create_empty().lazy(), slice_of_february)
    world.books.close("acme", FEBRUARY, as_of=LATER)

    world.enter(january(2, "bob"))
    world.run(AFTER)

    assert world.adjusted() == {"bob": ("e2", AFTER, MARCH)}


def test_one_changed_byte_of_a_statement_is_found_and_nothing_is_read(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)
    [path] = (world.home / "statements").rglob("*.csv")
    path.write_bytes(path.read_bytes().replace(b"ann", b"bnn"))

    with pytest.raises(StatementChanged, match=r"account acme for 2026-01 was changed.*Put it back from the backup"):
        world.books.ledger("acme", JANUARY)


def test_a_merge_after_the_close_adjusts_nobody_d6(world: World) -> None:
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(DUE)

    world.merge("cor", "bob", at=AFTER)
    world.run(AFTER)

    assert world.adjusted() == {}
    assert world.billed().keys() == {"ann", "bob"}


def test_a_late_person_who_is_known_to_be_a_billed_one_is_not_billed_again_d6(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)

    world.merge("ann", "bob", at=AFTER)
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(AFTER)

    assert world.adjusted() == {}


def test_a_contact_that_passes_to_somebody_else_after_the_close_adjusts_nobody_d6(world: World) -> None:
    world.profile("ann", PHONE, at=OPEN)
    world.enter(january(1, "ann"), january(2, f"contact-{identify('acme', PHONE)}"))
    world.run(DUE)

    world.profile("ann", "", at=AFTER)
    world.profile("bob", PHONE, at=AFTER)
    world.run(AFTER)

    assert world.adjusted() == {}


def test_platform_and_sftp_entry_of_one_contact_are_one_adjustment_d23(world: World) -> None:
    world.run(DUE)

    world.profile("ann", PHONE, at=AFTER)
    world.enter(january(1, f"contact-{identify('acme', PHONE)}"), january(2, "ann"))
    world.run(AFTER)

    assert world.adjusted() == {"ann": ("e1", AFTER, FEBRUARY)}


def test_the_id_of_a_deleted_person_becomes_a_keyed_hash_in_open_months_and_billed_at_stays_d7(world: World) -> None:
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(OPEN)

    world.delete("ann", at=OPEN)
    world.run(DUE)

    assert world.billed() == {hash_person(KEY, "acme", "ann"): ("e1", OPEN), "bob": ("e2", OPEN)}
    assert all(b'"ann"' not in content for content in world.files().values())


def test_a_deletion_after_the_close_changes_neither_statement_nor_adjustments_d7(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)

    world.delete("ann", at=AFTER)
    world.run(AFTER)

    assert world.billed() == {"ann": ("e1", DUE)}
    assert world.adjusted() == {}


def test_without_a_key_deleted_persons_keep_their_ids_and_are_counted_as_such_d7(tmp_path: Path) -> None:
    world = World(tmp_path, key=None)
    world.enter(january(1, "ann"))
    world.delete("ann", at=OPEN)

    world.run(OPEN)

    assert world.billed() == {"ann": ("e1", OPEN)}
    assert world.books.count_unhashed(["acme"]) == 1


@pytest.mark.parametrize("before", [None, b"another key"])
def test_a_new_key_bills_nobody_again_d7(tmp_path: Path, before: bytes | None) -> None:
    world = World(tmp_path, key=before)
    world.enter(january(1, "ann"))
    world.delete("ann", at=OPEN)
    world.run(OPEN)

    world.books = replace(world.books, deletion_key=KEY)
    world.run(DUE)

    assert world.billed() == {hash_person(KEY, "acme", "ann"): ("e1", OPEN)}
