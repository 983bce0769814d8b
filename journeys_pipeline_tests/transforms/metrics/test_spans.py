"""Unique people of any range are a sum of spans: the one that plain Python counts, and the facts anew."""

from datetime import date, timedelta

import polars as pl
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from journeys_pipeline.schemas.metrics import CampaignPerformance, PeopleByDay, PeopleSpans
from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    campaigns_of_range,
    differing_days,
    measure_campaigns,
    measure_people,
    measure_spans,
)
from journeys_pipeline_tests.transforms.metrics.expecting_messages import expect_campaigns
from journeys_pipeline_tests.transforms.metrics.reference import expected
from journeys_pipeline_tests.transforms.metrics.worlds import TALKING, World, facts_of, worlds

FIRST, END = date(2026, 10, 31), date(2026, 12, 4)
DAYS = st.dates(FIRST, END - timedelta(days=1))
QUICKLY = settings(
    max_examples=12, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)


def people_of(facts: Facts, start: date = FIRST, end: date = END) -> pl.DataFrame:
    return PeopleByDay.validate(measure_people(facts, Periods(start, end, "day")).collect()).sort(pl.all())


def spans_of(people: pl.DataFrame, first: date = FIRST) -> pl.DataFrame:
    return PeopleSpans.validate(measure_spans(people.lazy(), first=first).collect()).sort(pl.all())


def figures_by_day(facts: Facts, start: date = FIRST, end: date = END) -> pl.LazyFrame:
    return measure_campaigns(facts, Periods(start, end, "day"))


@QUICKLY
@given(world=worlds(TALKING), start=DAYS, last=DAYS)
def test_figures_of_any_range_are_those_that_plain_python_counts(world: World, start: date, last: date) -> None:  # F5
    start, end = min(start, last), max(start, last) + timedelta(days=1)
    facts = facts_of(world)

    spans = spans_of(people_of(facts)).lazy()
    found = campaigns_of_range(figures_by_day(facts, start, end), spans, start, end).collect()

    rows = sorted(CampaignPerformance.validate(found).rows(), key=str)
    assert rows == expected(expect_campaigns, world, Periods(start, end, "range"))


@QUICKLY
@given(before=worlds(TALKING), after=worlds(TALKING), first=DAYS)
def test_spans_made_again_from_a_changed_day_on_are_those_of_all_days_made_at_once(
    before: World, after: World, first: date
) -> None:
    old, new = people_of(facts_of(before)), people_of(facts_of(after))
    people = pl.concat([old.filter(pl.col("day") < first), new.filter(pl.col("day") >= first)])

    kept = spans_of(old).filter(pl.col("day") < first)
    made = spans_of(people, first)

    assert_frame_equal(pl.concat([kept, made]).sort(pl.all()), spans_of(people))


@QUICKLY
@given(world=worlds(TALKING))
def test_people_of_many_days_at_once_are_those_of_day_by_day(world: World) -> None:
    facts = facts_of(world)

    days = [FIRST + timedelta(days=number) for number in range((END - FIRST).days)]
    single = pl.concat([people_of(facts, day, day + timedelta(days=1)) for day in days])

    assert_frame_equal(people_of(facts), single.sort(pl.all()))


@QUICKLY
@given(world=worlds(TALKING))
def test_spans_differ_from_the_figures_of_no_day_until_a_person_is_lost(world: World) -> None:
    facts = facts_of(world)
    people = people_of(facts)

    complete = differing_days(figures_by_day(facts), spans_of(people).lazy()).collect()
    own = people.filter(pl.col("figure") != "completed")
    lacking = differing_days(figures_by_day(facts), spans_of(own.slice(1)).lazy()).collect()

    assert complete.is_empty()
    assert own.is_empty() or lacking.rows() == own.head(1).select("account_id", "journey_id", "day").rows()
