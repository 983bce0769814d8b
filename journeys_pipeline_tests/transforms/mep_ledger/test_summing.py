"""What is served of the ledger agrees with a count by hand, adds up where it may, and never sums people (D3, D20)."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta

import dataframely as dy
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeys_pipeline.schemas.mep_ledger import (
    MepAdjustments,
    MepByCampaign,
    MepByDay,
    MepByEntrySource,
    MepByJourney,
    MepByJourneyDay,
    MepBySubAccount,
    MepLedger,
    MepSummary,
)
from journeys_pipeline.transforms.mep_ledger import (
    Months,
    adjust,
    book_engagements,
    count_by_campaign,
    count_by_day,
    count_by_entry_source,
    count_by_journey,
    count_by_journey_day,
    count_by_sub_account,
    find_engagements,
    summarise_meps,
    tally_engaged,
)
from journeys_pipeline_tests.transforms.mep_ledger.examples import (
    FEBRUARY,
    FIRST_RUN,
    JANUARY,
    MIDNIGHT,
    NOON,
    Entry,
    definitions,
    facts,
)

MONTH_END = datetime(2026, 2, 3, tzinfo=UTC)
JOURNEYS = definitions(("welcome", 1, "c1"), ("winback", 1, "c1"), ("promo", 1, "c2"))
TABLES: list[tuple[type[dy.Schema], object]] = [
    (MepByDay, count_by_day),
    (MepBySubAccount, count_by_sub_account),
    (MepByCampaign, count_by_campaign),
    (MepByJourney, count_by_journey),
    (MepByJourneyDay, count_by_journey_day),
    (MepByEntrySource, count_by_entry_source),
]
ENTRY = st.builds(
    Entry,
    source_id=st.text("ab1", min_size=1, max_size=4),
    person_id=st.sampled_from(["ann", "bob", "cor", "dee"]),
    entered_at=st.sampled_from([NOON, NOON - timedelta(days=3), NOON + timedelta(days=1)]),
    journey_id=st.sampled_from(["welcome", "winback", "promo"]),
    sub_account_id=st.sampled_from([None, "north", "south"]),
    entry_source=st.sampled_from(["api", "segment"]),
)
CAMPAIGN = {"welcome": "c1", "winback": "c1", "promo": "c2"}


def months(
    entries: list[Entry],
    *,
    as_of: datetime = FIRST_RUN,
    is_closed: bool = False,
    allowance: int | None = None,
    adjustments: pl.LazyFrame | None = None,
    parts: int = 1,
) -> Months:
    """January of acme as one run sums it up, its people in so many parts."""
    rows = facts(entries)
    ledger = book_engagements(find_engagements(rows, JOURNEYS), MepLedger.create_empty().lazy(), as_of=as_of)
    plan = {"account_id": "acme", "month": JANUARY, "plan": "Plus", "price": None, "currency": None}
    plan |= {"allowance": allowance, "is_closed": is_closed}
    in_part = [pl.col("person_id").hash() % parts == part for part in range(parts)]
    tallies = [tally_engaged(rows.filter(mine), ledger.filter(mine), JOURNEYS) for mine in in_part]
    return Months(
        ledger,
        pl.concat(tallies),
        MepAdjustments.create_empty().lazy() if adjustments is None else adjustments,
        JOURNEYS,
        pl.LazyFrame([plan], schema_overrides={"price": pl.Decimal(18, 6), "allowance": pl.Int64}),
        as_of,
    )


@settings(deadline=None, max_examples=60)
@given(
    entries=st.lists(ENTRY, min_size=1, max_size=12, unique_by=lambda entry: entry.source_id), parts=st.integers(1, 3)
)
def test_every_table_agrees_with_a_count_by_hand_f74_f82_d3_d8(entries: list[Entry], parts: int) -> None:
    first: dict[str, Entry] = {}
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in sorted(entries, key=lambda entry: (entry.entered_at, entry.source_id)):
        first.setdefault(entry.person_id, entry)
        places["sub_account", entry.sub_account_id or ""].add(entry.person_id)
        places["journey", entry.journey_id].add(entry.person_id)
        places["campaign", CAMPAIGN[entry.journey_id]].add(entry.person_id)
    credited = list(first.values())

    sources = months(entries, parts=parts)
    tables = {table: table.validate(count(sources).collect()) for table, count in TABLES}

    by_sub_account = Counter(entry.sub_account_id or "" for entry in credited)
    assert tables[MepBySubAccount].select("sub_account_id", "billed", "engaged").rows() == [
        (name, by_sub_account[name], len(people))
        for (kind, name), people in sorted(places.items())
        if kind == "sub_account"
    ]
    by_campaign = Counter(CAMPAIGN[entry.journey_id] for entry in credited)
    assert tables[MepByCampaign].select("campaign_id", "billed", "engaged").rows() == [
        (name, by_campaign[name], len(people)) for (kind, name), people in sorted(places.items()) if kind == "campaign"
    ]
    by_journey = Counter(entry.journey_id for entry in credited)
    ranked = sorted(
        (-by_journey[name], -len(people), name) for (kind, name), people in places.items() if kind == "journey"
    )
    assert tables[MepByJourney].sort("rank").select(
        "rank", "journey_id", "billed", "engaged", "campaign_id"
    ).rows() == [
        (rank, name, -billed, -engaged, CAMPAIGN[name]) for rank, (billed, engaged, name) in enumerate(ranked, 1)
    ]
    by_source = Counter(entry.entry_source for entry in credited)
    assert dict(tables[MepByEntrySource].select("entry_source", "billed").rows()) == dict(by_source)
    by_day = Counter(entry.entered_at.date() for entry in credited)
    new = dict(tables[MepByDay].select("day", "new").rows())
    assert {day: count for day, count in new.items() if count} == dict(by_day)
    assert tables[MepByDay]["cumulative"].last() == len(credited)
    assert tables[MepByJourneyDay]["billed"].sum() == len(credited)


def test_each_day_of_the_month_up_to_now_has_a_row_f79() -> None:
    days = count_by_day(months([Entry("e1")])).collect()

    assert days["day"].to_list() == [date(2026, 1, day) for day in range(1, 17)]
    assert days["cumulative"].to_list() == [0] * 14 + [1, 1]


def test_a_month_that_has_ended_has_a_row_for_its_last_day_and_none_after() -> None:
    days = count_by_day(months([Entry("e1")], as_of=MONTH_END)).collect()

    assert days["day"].last() == date(2026, 1, 31)


@pytest.mark.parametrize(("allowance", "overage"), [(1, 1), (2, 0), (3, 0), (None, None)])
def test_meps_are_set_against_the_plan_f81_f102(allowance: int | None, overage: int | None) -> None:
    sources = months([Entry("e1"), Entry("e2", "bob")], allowance=allowance)

    summary = MepSummary.validate(summarise_meps(sources).collect())

    assert summary.select("plan", "mep", "allowance", "overage", "as_of").rows() == [
        ("Plus", 2, allowance, overage, FIRST_RUN)
    ]


def test_an_account_without_engaged_persons_has_a_summary_of_zero_f81() -> None:
    sources = months([Entry("e1", account_id="bolt")], allowance=5)
    nobody = Months(MepLedger.create_empty().lazy(), *list(vars(sources).values())[1:])

    summary = summarise_meps(nobody).collect()

    assert summary.select("mep", "overage", "adjustments", "projected").rows() == [(0, 0, 0, 0)]


@pytest.mark.parametrize(
    ("as_of", "is_closed", "projected"),
    [
        pytest.param(datetime(2026, 1, 1, 23, 59, tzinfo=UTC), False, None, id="before a day has passed"),
        pytest.param(datetime(2026, 1, 2, tzinfo=UTC), False, 62, id="a day of 31"),
        pytest.param(datetime(2026, 1, 16, 12, tzinfo=UTC), False, 4, id="half the month"),
        pytest.param(datetime(2026, 1, 31, 12, tzinfo=UTC), False, 2, id="all but half a day"),
        pytest.param(MONTH_END, False, 2, id="ended, still open"),
        pytest.param(MONTH_END, True, None, id="closed"),
    ],
)
def test_a_month_is_projected_by_the_share_of_it_that_has_passed(
    as_of: datetime,
    is_closed: bool,  # noqa: FBT001 - a parameter of the test
    projected: int | None,
) -> None:
    entries = [Entry("e1", entered_at=NOON), Entry("e2", "bob")]

    summary = summarise_meps(months(entries, as_of=as_of, is_closed=is_closed)).collect()

    assert summary["projected"].to_list() == [projected]


def test_adjustments_count_in_the_month_that_they_are_booked_in_d5() -> None:
    late = adjust(facts([Entry("e9", "eve")]), JOURNEYS, booked_in=FEBRUARY, as_of=MONTH_END)
    sources = months([Entry("e2", entered_at=MIDNIGHT)], adjustments=late)
    february = pl.col("month").dt.offset_by("1mo")
    in_february = Months(*list(vars(sources).values())[:4], sources.plans.with_columns(february), MONTH_END)

    summary = summarise_meps(in_february).collect()

    assert summary.select("month", "mep", "adjustments").rows() == [(FEBRUARY, 1, 1)]
