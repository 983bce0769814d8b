"""A closed month as it would be by what is known now: a signed difference with its cause, nothing written (D5-D7)."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.defs.auditing import audit_statements, explain_person, find_restatement
from journeys_pipeline.defs.billing import hash_person
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.transforms.mep_ledger import CAUSES
from journeys_pipeline_tests.defs.books import AFTER, DUE, KEY, LATER, OPEN, World, january
from journeys_pipeline_tests.transforms.mep_ledger.examples import FEBRUARY, JANUARY, Entry

ENTRIES = [january(number, "abcd"[number % 4], day=1 + number * 5 % 28) for number in range(8)]
SOME = st.sets(st.sampled_from(ENTRIES), max_size=6)
MERGES = st.lists(st.permutations("abcd").map(lambda people: people[:2]), max_size=2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def differences(world: World) -> list[tuple[int, str, str | None, str | None]]:
    rows = find_restatement(world.books, "acme", JANUARY)
    return rows.select("change", "cause", "person_id", "restated_person_id").rows()


@settings(deadline=None, max_examples=15)
@given(before=SOME, after=SOME, merges=MERGES, deleted=st.sets(st.sampled_from("abcd"), max_size=1))
def test_statement_and_differences_make_the_recount_whatever_happened_since(
    before: set[Entry], after: set[Entry], merges: list[list[str]], deleted: set[str]
) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.enter(*before)
        world.run(DUE)
        for survivor, merged in merges:
            world.merge(survivor, merged, at=AFTER)
        for person in deleted:
            world.delete(person, at=AFTER)
        world.enter(*after)
        world.run(AFTER)
        recount = world.books.resolved(["acme"], JANUARY).select("person_id").unique().collect().height

        found = find_restatement(world.books, "acme", JANUARY)

        assert len(world.billed()) + found["change"].sum() == recount
        assert set(found["cause"]) <= set(CAUSES)
        late = found.filter(pl.col("cause") == "late entry")
        assert late["adjusted_in"].null_count() == 0
        assert late.height == len(world.adjusted())


def test_a_late_person_is_a_late_entry_booked_in_its_month_d5(world: World) -> None:
    world.run(DUE)
    world.enter(january(1, "ann"))
    unbooked = find_restatement(world.books, "acme", JANUARY)["adjusted_in"].to_list()

    world.run(AFTER)

    assert differences(world) == [(1, "late entry", None, "ann")]
    assert unbooked == [None]
    assert find_restatement(world.books, "acme", JANUARY)["adjusted_in"].to_list() == [FEBRUARY]


def test_merged_persons_are_one_less_and_the_earlier_stays_d6(world: World) -> None:
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(DUE)

    world.merge("bob", "ann", at=AFTER)

    assert differences(world) == [(-1, "merged", "bob", "bob"), (0, "renamed", "ann", "bob")]


def test_a_deleted_person_has_another_id_and_is_not_one_less_d7(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)

    world.delete("ann", at=AFTER)

    assert differences(world) == [(0, "deleted", "ann", hash_person(KEY, "acme", "ann"))]


def test_a_person_whose_entries_are_gone_is_withdrawn(world: World) -> None:
    world.enter(january(1, "ann"), january(2, "bob"))
    world.run(DUE)

    world.enter(january(2, "bob"))

    assert differences(world) == [(-1, "withdrawn", "ann", "ann")]


def test_an_earlier_late_entry_would_move_the_credit_d3(world: World) -> None:
    world.enter(january(2, "ann"))
    world.run(DUE)

    world.enter(january(1, "ann", journey="winback"), january(2, "ann"))

    found = find_restatement(world.books, "acme", JANUARY)
    assert found.select("change", "cause", "person_id").rows() == [(0, "credit moved", "ann")]


def test_restating_writes_nothing(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)
    world.enter(january(1, "ann"), january(2, "bob"))
    before = sorted((path, path.stat().st_mtime_ns) for path in world.home.rglob("*") if "sqlite" not in path.name)

    find_restatement(world.books, "acme", JANUARY)

    after = sorted((path, path.stat().st_mtime_ns) for path in world.home.rglob("*") if "sqlite" not in path.name)
    assert after == before


def test_an_open_month_has_nothing_to_restate(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(OPEN)

    assert find_restatement(world.books, "acme", JANUARY).is_empty()


def test_an_audit_names_the_statement_that_is_missing_and_the_ledger_that_differs(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)
    unchanged = audit_statements(world.books)["state"].to_list()
    world.books.lake.replace(MepLedger, MepLedger.create_empty().lazy(), {"month": [JANUARY], "account_id": ["acme"]})
    differs = audit_statements(world.books)["state"].item()
    [path] = (world.home / "statements").rglob("*.csv")
    path.unlink()

    missing = audit_statements(world.books, [JANUARY])["state"].item()

    assert unchanged == ["unchanged"]
    assert differs.startswith("unchanged, but 1 rows of the lake's ledger differ")
    assert "is missing" in missing
    assert audit_statements(world.books, [FEBRUARY]).is_empty()


def test_an_explanation_says_of_each_entry_why_it_billed_or_did_not_f57_f58_d3_d5(world: World) -> None:
    same_moment = january(1, "ann", journey="promo")
    tied = Entry("e1b", "ann", same_moment.entered_at)
    again = january(5, "ann", journey="promo")
    world.enter(same_moment, tied, again, january(6, "ann", journey="winback"))
    world.run(DUE)
    earlier = Entry("e0", "ann", same_moment.entered_at - timedelta(days=1))
    world.enter(earlier, same_moment, tied, again, january(6, "ann", journey="winback"))
    world.run(AFTER)

    explained = explain_person(world.books, "acme", "ann", JANUARY)

    verdicts = dict(explained.entries.select("source_id", "verdict").rows())
    assert [(source, verdict.partition(" (")[0]) for source, verdict in verdicts.items()] == [
        ("e0", "not billed: it came after the close, and the person was billed already"),
        ("e1", "billed: the person's first entry of the month"),
        ("e1b", "not billed: at the same moment the smaller source id is credited"),
        ("e5", "not billed: the journey again, by whatever way"),
        ("e6", "not billed: another journey of the month"),
    ]
    assert explained.billed.select("source_id", "billed_at").rows() == [("e1", DUE)]


def test_an_explanation_knows_adjustments_merged_ids_and_who_is_not_booked_yet(world: World) -> None:
    world.enter(january(1, "ann"))
    world.run(DUE)
    world.enter(january(1, "ann"), january(2, "bob"))
    waiting = explain_person(world.books, "acme", "bob", JANUARY)
    world.run(LATER)
    world.merge("cor", "bob", at=LATER)

    adjusted = explain_person(world.books, "acme", "bob", JANUARY)

    assert waiting.entries["verdict"].to_list() == ["not billed yet: the next booking run books it (D1)"]
    assert waiting.billed.is_empty()
    assert adjusted.person_id == "cor"
    assert adjusted.entries.select("entered_as", "verdict").rows() == [
        ("bob", "billed as an adjustment in 2026-03: it came after the close (D5)")
    ]
    assert adjusted.billed["billed_at"].to_list() == [LATER]
