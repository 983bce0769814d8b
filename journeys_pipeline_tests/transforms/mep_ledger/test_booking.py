"""One person, one month, one account, once (F56-F65), credited and booked as decided (D1, D3-D5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.journey_events import JourneyEvents
from journeys_pipeline.schemas.mep_ledger import MepLedger
from journeys_pipeline.transforms.daily_facts import collect_entries
from journeys_pipeline.transforms.mep_ledger import book_engagements, find_engagements
from journeys_pipeline_tests.transforms.mep_ledger.examples import (
    FEBRUARY,
    FIRST_RUN,
    JANUARY,
    LATER_RUN,
    MIDNIGHT,
    NOON,
    TICK,
    Entry,
    definitions,
    facts,
)


def refresh(
    entries: Iterable[Entry],
    booked: pl.DataFrame | None = None,
    *,
    as_of: datetime = FIRST_RUN,
    journeys: pl.LazyFrame | None = None,
) -> pl.DataFrame:
    """The ledger after one run that sees these entries."""
    before = MepLedger.create_empty() if booked is None else booked
    found = find_engagements(facts(entries), definitions() if journeys is None else journeys)
    return MepLedger.validate(book_engagements(found, before.lazy(), as_of=as_of).collect())


def events(*rows: dict[str, object]) -> pl.LazyFrame:
    envelope = {"account_id": "acme", "occurred_at": NOON, "day": NOON.date(), "is_test": False, "row_number": 1}
    return pl.DataFrame([envelope | row for row in rows], schema=JourneyEvents.create_empty().schema).lazy()


def engaged_people(*rows: dict[str, object]) -> list[str]:
    contacts = pl.LazyFrame(
        schema={"is_valid": pl.Boolean, "is_duplicate": pl.Boolean, "day": pl.Date, "row_number": pl.Int64}
        | dict.fromkeys(
            ["account_id", "file_id", "sub_account_id", "journey_id", "person_id", "phone", "email"], pl.String
        )
        | {"imported_at": pl.Datetime("us", "UTC")}
    )
    return find_engagements(collect_entries(events(*rows), contacts), definitions()).collect()["person_id"].to_list()


Booking = tuple[datetime, str, str, datetime]  # engaged_at, source_id, journey_id, billed_at


def book_by_hand(deliveries: list[list[Entry]]) -> dict[tuple[date, str, str], Booking]:
    """The oracle: one entry after the other, refresh by refresh."""
    ledger: dict[tuple[date, str, str], Booking] = {}
    for number, delivery in enumerate(deliveries):
        for entry in delivery:
            key = (entry.entered_at.date().replace(day=1), entry.account_id, entry.person_id)
            new = (entry.entered_at, entry.source_id, entry.journey_id, FIRST_RUN + timedelta(hours=number))
            old = ledger.get(key, new)
            ledger[key] = (*min(old[:3], new[:3]), old[3])
    return ledger


ENTRY = st.builds(
    Entry,
    source_id=st.text("ab1#é", min_size=1, max_size=4),
    person_id=st.sampled_from(["ann", "bob"]),
    entered_at=st.sampled_from([NOON, MIDNIGHT - TICK, MIDNIGHT, MIDNIGHT + TICK]),
    account_id=st.sampled_from(["acme", "bolt"]),
    journey_id=st.sampled_from(["welcome", "winback"]),
)


@st.composite
def deliveries_of_entries(draw: st.DrawFn) -> list[list[Entry]]:
    """Entries in any order, any number of times, split into any refreshes."""
    entries = draw(
        st.lists(ENTRY, min_size=1, max_size=12, unique_by=lambda entry: (entry.account_id, entry.source_id))
    )
    return draw(st.lists(st.lists(st.sampled_from(entries), max_size=12), min_size=1, max_size=3))


@settings(deadline=None)
@given(deliveries=deliveries_of_entries())
def test_any_order_duplication_and_splitting_books_each_person_once_a_month_f56_f57_f58_f65(
    deliveries: list[list[Entry]],
) -> None:
    ledger, seen = MepLedger.create_empty(), list[Entry]()

    for number, delivery in enumerate(deliveries):
        seen += delivery
        ledger = refresh(seen, ledger, as_of=FIRST_RUN + timedelta(hours=number))

    key, columns = ["month", "account_id", "person_id"], ["engaged_at", "source_id", "journey_id", "billed_at"]
    booked = {row[:3]: row[3:] for row in ledger.select(*key, *columns).rows()}
    assert ledger.height == len(booked)
    assert booked == book_by_hand(deliveries)


@pytest.mark.parametrize("source", ["segment", "event", "api", "sftp_import", "transfer"])
def test_an_entry_counts_from_any_source_f64(source: str) -> None:
    ledger = refresh([Entry("e1", entry_source=source)])

    assert ledger.select("person_id", "entry_source").rows() == [("ann", source)]


def test_an_entry_without_any_message_makes_an_mep_f60_f61() -> None:
    entered = {"event_id": "e1", "event_type": "journey_entered", "journey_id": "welcome", "journey_version": 1}

    people = engaged_people(entered | {"person_id": "ann", "entry_id": "p1", "entry_source": "api", "file_id": "f"})

    assert people == ["ann"]


@pytest.mark.parametrize("journey_id", [None, "welcome"])
@pytest.mark.parametrize("event_type", ["message_sent", "message_clicked", "goal_performed", "journey_exited"])
def test_nothing_but_an_entry_makes_an_mep_f62_f63(event_type: str, journey_id: str | None) -> None:
    happened = {"event_id": "e1", "event_type": event_type, "journey_id": journey_id, "person_id": "ann"}

    people = engaged_people(happened | {"channel": "sms", "message_id": "m1", "file_id": "f"})

    assert people == []


def test_many_journeys_and_sources_are_one_mep_credited_to_the_first_f58_f59_d3() -> None:
    first = Entry("e3", entered_at=NOON - TICK, journey_id="winback", sub_account_id="north", entry_source="api")
    others = [Entry("e1", sub_account_id="south"), Entry("f1#2", journey_version=None, entry_source="sftp_import")]

    ledger = refresh([*others, first])

    credited = ["person_id", "journey_id", "sub_account_id", "entry_source", "source_id", "engaged_at"]
    assert ledger.select(credited).rows() == [("ann", "winback", "north", "api", "e3", NOON - TICK)]


def test_a_tie_goes_to_the_smaller_source_id_d3() -> None:
    tied = [Entry("e2", journey_id="winback"), Entry("e10", journey_id="welcome"), Entry("e3", journey_id="other")]

    ledger = refresh(tied)

    assert ledger.select("source_id", "journey_id").rows() == [("e10", "welcome")]


def test_a_month_ends_at_midnight_utc_wherever_the_time_was_written_d4() -> None:
    tokyo, new_york = timezone(timedelta(hours=9)), timezone(timedelta(hours=-5))
    entries = [
        Entry("e1", "last of January", (MIDNIGHT - TICK).astimezone(tokyo)),
        Entry("e2", "first of February", MIDNIGHT.astimezone(new_york)),
    ]

    ledger = refresh(entries)

    months = dict(ledger.select("person_id", "month").rows())
    assert months == {"last of January": JANUARY, "first of February": FEBRUARY}


def test_the_same_person_counts_again_in_the_next_month_and_in_another_account_f65() -> None:
    entries = [Entry("e1"), Entry("e2", entered_at=MIDNIGHT), Entry("e1", account_id="bolt")]

    ledger = refresh(entries)

    keys = ledger.select("month", "account_id", "person_id").rows()
    assert sorted(keys) == [(JANUARY, "acme", "ann"), (JANUARY, "bolt", "ann"), (FEBRUARY, "acme", "ann")]


def test_a_late_earlier_entry_moves_engaged_at_and_keeps_billed_at_d1_d5() -> None:
    booked = refresh([Entry("e1")])
    late = Entry("e9", entered_at=NOON - timedelta(days=3), journey_id="winback")

    ledger = refresh([Entry("e1"), late], booked, as_of=LATER_RUN)

    moved = ledger.select("engaged_at", "journey_id", "billed_at").rows()
    assert moved == [(NOON - timedelta(days=3), "winback", FIRST_RUN)]


def test_the_newly_engaged_are_booked_at_the_runs_logical_time_in_utc_d1() -> None:
    booked = refresh([Entry("e1")])
    tokyo_time = LATER_RUN.astimezone(timezone(timedelta(hours=9)))

    ledger = refresh([Entry("e1"), Entry("e2", "bob")], booked, as_of=tokyo_time)

    assert dict(ledger.select("person_id", "billed_at").rows()) == {"ann": FIRST_RUN, "bob": LATER_RUN}
    assert ledger.schema["billed_at"] == pl.Datetime("us", "UTC")


def test_a_person_booked_stays_booked_when_the_entries_are_gone_d1() -> None:
    booked = refresh([Entry("e1"), Entry("e2", "bob")])

    ledger = refresh([Entry("e2", "bob")], booked, as_of=LATER_RUN)

    assert ledger.sort("person_id").equals(booked.sort("person_id"))


def test_the_credited_version_names_the_campaign() -> None:
    journeys = definitions(("welcome", 1, "c1"), ("welcome", 2, "c2"))

    ledger = refresh([Entry("e1", journey_version=1)], journeys=journeys)

    assert ledger.select("campaign_id", "campaign_name").rows() == [("c1", "Campaign c1")]


@pytest.mark.parametrize("version", [None, 3])
def test_an_entry_of_no_known_version_carries_the_newest_campaign(version: int | None) -> None:
    journeys = definitions(("welcome", 10, "c10"), ("welcome", 9, "c9"))

    ledger = refresh([Entry("f1#2", journey_version=version)], journeys=journeys)

    assert ledger.select("campaign_id", "campaign_name").rows() == [("c10", "Campaign c10")]


def test_an_undefined_journey_is_billed_under_its_own_id_and_never_another_accounts_campaign() -> None:
    journeys = definitions(("welcome", 1, "c1"))

    ledger = refresh([replace(Entry("e1"), account_id="bolt")], journeys=journeys)

    assert ledger.select("campaign_id", "campaign_name").rows() == [("welcome", "welcome")]
