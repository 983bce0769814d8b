"""Datasets of pages: shaped from what is served, compared with the right days, and no unique count ever summed."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from journeys_pipeline.catalog.datasets import DATASETS
from journeys_pipeline.catalog.datasets.ranges import RANGES
from journeys_pipeline.schemas.contact_entries import ImportPerformance
from journeys_pipeline.schemas.ivr_metrics import CallHours, CallPerformance, MenuPerformance
from journeys_pipeline.schemas.landed_files import FeedReadings, LandedFiles
from journeys_pipeline.schemas.mep_ledger import MepByDay, MepByJourney, MepByJourneyDay, MepSummary
from journeys_pipeline.schemas.metrics import (
    AccountMonthStarts,
    AccountPerformance,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ExitsByType,
    JourneySummary,
    VersionPerformance,
)
from journeys_pipeline.transforms.dashboards import SHAPES, Served, shape_days, shape_versions

TODAY = date(2026, 11, 24)
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
MONTHS = (NOVEMBER, OCTOBER, SEPTEMBER, date(2026, 8, 1))
NAMES = {"account_id": "acme", "journey_id": "j"}

Rows = list[dict[str, Any]]


class Tables(dict[tuple[type[dy.Schema], str], pl.LazyFrame]):
    """Served tables; those that nobody filled are empty."""

    def __missing__(self, key: tuple[type[dy.Schema], str]) -> pl.LazyFrame:
        return pl.LazyFrame(schema=key[0].create_empty().schema)


def serve(*tables: tuple[type[dy.Schema], str, Rows], **about: Any) -> Served:
    filled = Tables()
    for table, grain, rows in tables:
        blank = {name: None if column.nullable else 0 for name, column in table.columns().items()}
        complete = [blank | {name: value for name, value in NAMES.items() if name in blank} | row for row in rows]
        filled[table, grain] = pl.LazyFrame(complete, schema=table.create_empty().schema, orient="row")
    return Served(tables=filled, months=MONTHS, today=TODAY, **about)


def begun(day: date) -> tuple[type[dy.Schema], str, Rows]:
    """An account's history, which begins on that day."""
    return AccountPerformance, "day", [{"period": day}]


def shown(name: str, served: Served, *columns: str) -> list[tuple[Any, ...]]:
    return SHAPES[name](served).select(columns or pl.all()).collect().rows()


@pytest.mark.parametrize("name", SHAPES)
def test_a_dataset_has_the_columns_that_widgets_may_name(name: str) -> None:
    columns = SHAPES[name](serve()).collect().columns

    assert columns == ["month", *DATASETS[name].columns]


def test_every_dataset_that_can_be_named_is_shaped() -> None:
    assert set(SHAPES) == set(DATASETS)


def test_the_month_that_is_not_over_is_compared_with_the_people_of_its_same_days_last_month() -> None:  # D20
    months = [{"period": month, "profiles_in_journey": people} for month, people in ((OCTOBER, 70), (NOVEMBER, 60))]
    starts = [{"month": OCTOBER, "days": 24, "profiles_in_journey": 50}]

    served = serve(begun(OCTOBER), (AccountPerformance, "month", months), (AccountMonthStarts, "", starts))

    columns = ("month", "profiles_in_journey", "profiles_in_journey_before")
    assert sorted(shown("account", served, *columns)) == [(OCTOBER, 70, None), (NOVEMBER, 60, 50)]


def test_a_month_that_is_over_is_compared_with_the_whole_month_before() -> None:
    months = [{"period": month, "profiles_in_journey": people} for month, people in ((SEPTEMBER, 40), (OCTOBER, 70))]

    served = serve(begun(SEPTEMBER), (AccountPerformance, "month", months))

    assert shown("account", served, "month", "profiles_in_journey_before")[-1] == (OCTOBER, 40)


def test_nothing_is_compared_with_the_month_in_which_an_accounts_history_begins() -> None:
    months = [{"period": month, "profiles_in_journey": people} for month, people in ((OCTOBER, 2), (NOVEMBER, 700))]
    starts = [{"month": OCTOBER, "days": 24, "profiles_in_journey": 1}]
    new = begun(date(2026, 10, 23))

    served = serve(new, (AccountPerformance, "month", months), (AccountMonthStarts, "", starts))

    assert shown("account", served, "month", "profiles_in_journey_before")[-1] == (NOVEMBER, None)


def test_costs_are_kept_apart_by_currency_and_compared_with_the_same_days() -> None:  # D18
    costs = [
        {"period": day, "channel": "sms", "currency": currency, "cost": Decimal(cost)}
        for day, currency, cost in [
            (date(2026, 10, 24), "EUR", 5), (date(2026, 10, 25), "EUR", 100), (date(2026, 11, 2), "EUR", 7),
            (date(2026, 11, 2), "USD", 9),
        ]
    ]  # fmt: skip

    rows = shown("account_costs", serve(begun(OCTOBER), (ChannelCosts, "day", costs)))

    assert rows == [
        (OCTOBER, "EUR", Decimal(105), None),
        (NOVEMBER, "EUR", Decimal(7), Decimal(5)),
        (NOVEMBER, "USD", Decimal(9), None),
    ]


def test_entries_of_a_journey_that_nobody_enters_any_more_are_a_loss() -> None:
    days = [
        {"journey_id": "old", "period": date(2026, 10, 3), "entries": 8},
        {"journey_id": "old", "period": date(2026, 10, 30), "entries": 50},
        {"journey_id": "new", "period": date(2026, 11, 3), "entries": 5},
    ]

    known, new = (serve(begun(day), (CampaignPerformance, "day", days)) for day in (OCTOBER, date(2026, 10, 3)))
    columns = ("month", "journey", "entries", "difference")

    assert shown("movers", known, *columns)[:2] == [(NOVEMBER, "old", 0, -8), (NOVEMBER, "new", 5, 5)]
    assert all(month != NOVEMBER for month, *_ in shown("movers", new, *columns))


def test_a_message_that_a_channel_saw_counts_once_in_the_funnel() -> None:
    months = [
        {"period": NOVEMBER, "channel": "web_push", "messages_sent": 10, "delivered": 9, "seen_messages": 6,
         "opened_messages": 2, "clicked_messages": 1},
        {"period": NOVEMBER, "channel": "email", "messages_sent": 5, "delivered": 5, "opened_messages": 3},
        {"period": NOVEMBER, "channel": "sms", "messages_sent": 5, "delivered": 4},
    ]  # fmt: skip

    rows = shown("delivery_funnel", serve((ChannelPerformance, "month", months)), "step", "messages", "share")

    assert rows == [("Sent", 20, 1.0), ("Delivered", 18, 0.9), ("Seen or opened", 9, 0.45), ("Clicked", 1, 0.05)]


def test_what_a_channel_cannot_tell_is_null_and_not_nought() -> None:  # F4
    months = [{"period": NOVEMBER, "channel": "sms", "messages_sent": 5, "delivered": 4}]

    assert shown("channels", serve((ChannelPerformance, "month", months)), "looked_at", "look_rate") == [(None, None)]


def test_people_who_left_several_journeys_are_not_added_up() -> None:  # D20
    exits = [
        {"journey_id": journey, "period": NOVEMBER, "exit_type": "exit_point", "exits": 4, "people": 3}
        for journey in ("a", "b")
    ]
    served = serve((ExitsByType, "month", exits))

    assert shown("exits", served, "exits", "people") == [(8, None)]
    assert shown("exits", served.of_journey("a"), "exits", "people") == [(4, 3)]


def test_a_day_without_calls_is_a_day_of_nothing_for_each_version() -> None:  # F25, F27
    months = [{"journey_version": version, "period": NOVEMBER, "calls": 2} for version in (0, 2)]
    days = [{"journey_version": version, "period": TODAY, "calls": 2} for version in (0, 2)]

    served = serve((CallPerformance, "month", months), (CallPerformance, "day", days))
    rows = shape_versions(["ivr_days"], served, [0, 2])["ivr_days"].select("version", "calls").collect().rows()

    assert rows == [(0, 0)] * 23 + [(0, 2)] + [(2, 0)] * 23 + [(2, 2)]


def test_calls_of_all_journeys_are_added_up_per_day_and_those_of_versions_are_not_counted_twice() -> None:  # F27
    calls = [
        {"journey_id": journey, "journey_version": version, "period": TODAY, "calls": 2}
        for journey in ("a", "b")
        for version in (0, 1)
    ]

    rows = shown("call_days", serve((CallPerformance, "day", calls)), "day", "calls")

    assert rows[-1] == (TODAY, 4)
    assert [count for _, count in rows] == [0] * 23 + [4]


def test_a_journeys_version_has_the_figures_that_are_served_for_it_and_the_journey_its_own() -> None:  # D20, F25
    people = [{"period": NOVEMBER, "profiles_in_journey": 7}]
    of_version = [
        {"period": NOVEMBER, "journey_version": version, "profiles_in_journey": people, "journey_id": journey}
        for journey, version, people in (("j", 1, 5), ("j", 2, 4), ("other", 2, 9))
    ]
    served = serve((CampaignPerformance, "month", people), (VersionPerformance, "month", of_version)).of_journey("j")

    shaped = shape_versions(["campaign", "versions"], served, [0, 2, 1])

    figures = shaped["campaign"].select("version", "profiles_in_journey").collect().rows()
    beside = shaped["versions"].filter(version=1).select("journey_version", "profiles_in_journey").collect().rows()
    assert figures == [(0, 7), (2, 4), (1, 5)]
    assert beside == [("Version 2", 4), ("Version 1", 5)]


def test_the_rows_of_days_that_a_range_is_added_up_from_are_those_served_by_day() -> None:  # F24, F32
    days = [
        {"journey_version": version, "period": day, "weekday": 2, "hour": 9, "calls": 4 + version}
        for version in (0, 2)
        for day in (date(2026, 10, 31), TODAY)
    ]
    served = serve((CallHours, "day", days))

    rows = shape_days(["ivr_hours"], served, [0, 2])["ivr_hours"].select("version", "day", "hour", "calls").collect()

    assert rows.rows() == [
        (0, date(2026, 10, 31), "09:00", 4), (0, TODAY, "09:00", 4),
        (2, date(2026, 10, 31), "09:00", 6), (2, TODAY, "09:00", 6),
    ]  # fmt: skip


@pytest.mark.parametrize("name", RANGES)
def test_every_column_of_a_range_is_said_to_add_up_or_not(name: str) -> None:
    about = RANGES[name]

    said = [*about.key, *about.sums, *about.ratios, *about.shares, *about.single, *about.latest]

    assert sorted(said) == sorted(DATASETS[name].columns)


def test_the_hours_of_a_week_are_all_there_in_order() -> None:
    hours = [{"journey_version": 0, "period": NOVEMBER, "weekday": 2, "hour": 9, "calls": 4}]

    rows = shown("ivr_hours", serve((CallHours, "month", hours)), "weekday", "hour", "calls")

    assert len(rows) == 7 * 24
    assert rows[0] == ("Monday", "00:00", 0)
    assert [row for row in rows if row[2]] == [("Tuesday", "09:00", 4)]


def test_menus_stand_between_answering_and_the_end_those_that_most_heard_first() -> None:
    calls = [{"journey_version": 0, "period": NOVEMBER, "calls": 20, "answered": 15, "completed": 5}]
    menus = [
        {"journey_version": 0, "period": NOVEMBER, "element_id": name, "shown": heard, "repeats": again}
        for name, heard, again in (("second", 9, 1), ("first", 14, 0), ("no menu", None, None))
    ]

    served = serve((CallPerformance, "month", calls), (MenuPerformance, "month", menus))

    assert shown("ivr_steps", served, "step", "calls") == [
        ("Called", 20), ("Answered", 15), ("Menu: first", 14), ("Menu: second", 8), ("Completed", 5),
    ]  # fmt: skip


def test_a_feed_that_brought_nothing_this_month_keeps_its_last_file() -> None:
    at = datetime(2026, 10, 5, 8, tzinfo=UTC)
    files = [{"file_id": "f", "connection_id": "c", "feed_id": "events", "kind": "events", "status": "landed",
              "fetched_at": at}]  # fmt: skip
    readings = [{"file_id": "f", "records": 10, "quarantined": 3}]

    rows = shown("feeds", serve((LandedFiles, "", files), (FeedReadings, "", readings)))

    assert rows == [
        (OCTOBER, "events", "events", at, 1, 0, 10, 3),
        (NOVEMBER, "events", "events", at, 0, 0, 0, 0),
    ]


def test_a_file_over_its_feeds_warning_line_is_to_be_looked_at() -> None:  # F54
    fetched = {"connection_id": "c", "feed_id": "people", "status": "landed", "fetched_at": NOON}
    files = [
        fetched
        | {"file_id": name, "file_name": name, "total_entries": 10, "valid_entries": 10 - bad, "invalid_entries": bad}
        | {"reasons": f'{{"EMPTY_EMAIL": {bad}}}'}
        for name, bad in (("good.csv", 2), ("bad.csv", 3))
    ]
    served = serve((ImportPerformance, "", files), warning_lines={("c", "people"): 0.2})

    assert shown("import_reviews", served, "file", "finding") == [
        ("bad.csv", "30.0% of its entries are invalid, more than the feed's warning line")
    ]
    assert shown("import_reasons", served) == [(NOVEMBER, "Empty email", 5)]
    assert shown("import_files", served, "reasons")[0] == ("Empty email: 3",)


def test_a_withdrawn_file_is_shown_with_its_counts_and_counts_nowhere() -> None:
    counts = {"total_entries": 10, "valid_entries": 6, "invalid_entries": 4, "reasons": '{"EMPTY_EMAIL": 4}'}
    fetched = {"connection_id": "c", "feed_id": "people", "journey_id": "j", "fetched_at": NOON} | counts
    files = [
        fetched | {"file_id": "1", "file_name": "right.csv", "status": "landed"},
        fetched
        | {"file_id": "2", "file_name": "wrong.csv", "status": "withdrawn", "error": "Withdrawn by ann: test data"},
    ]

    served = serve((ImportPerformance, "", files))

    assert shown("import_files", served, "file", "status", "total") == [
        ("right.csv", "landed", 10), ("wrong.csv", "withdrawn", 10),
    ]  # fmt: skip
    assert shown("imports", served, "files", "total", "valid", "invalid") == [(1, 10, 6, 4)]
    assert [row for row in shown("import_days", served, "valid", "invalid", "files") if any(row)] == [(6, 4, 1)]
    assert shown("import_reasons", served) == [(NOVEMBER, "Empty email", 4)]
    assert shown("import_journeys", served, "files", "valid") == [(1, 6)]
    assert ("wrong.csv", "Withdrawn by ann: test data") in shown("import_reviews", served, "file", "finding")


def test_a_connection_error_stands_where_the_connection_does() -> None:  # F41
    failed = {"file_id": "e", "connection_id": "c", "status": "connection_error", "connection_error": "no route"}

    served = serve((ImportPerformance, "", [failed | {"fetched_at": NOON}]))

    assert shown("import_files", served, "connection", "file", "total") == [("no route", None, None)]
    assert shown("imports", served, "files", "connection_errors") == [(0, 1)]


def test_the_projection_leads_from_todays_count_to_that_of_the_months_end() -> None:  # F102
    summary = [{"month": NOVEMBER, "mep": 60, "allowance": 100, "projected": 72}]
    days = [{"month": NOVEMBER, "day": NOVEMBER + timedelta(days=at), "cumulative": 37 + at} for at in range(24)]
    last = [{"month": OCTOBER, "day": OCTOBER + timedelta(days=at), "cumulative": 10 + at} for at in range(31)]

    rows = shown("mep_course", serve(begun(OCTOBER), (MepSummary, "", summary), (MepByDay, "", days + last)))

    assert len(rows) == 30
    assert rows[22] == (NOVEMBER, date(2026, 11, 23), 59, 32, 100, None)
    assert rows[23] == (NOVEMBER, TODAY, 60, 33, 100, 60)
    assert rows[-1] == (NOVEMBER, date(2026, 11, 30), None, 39, 100, 72)


def test_the_month_in_which_an_accounts_history_begins_is_no_ghost_of_the_next() -> None:
    summary = [{"month": NOVEMBER, "mep": 60, "allowance": 100, "projected": 72}]
    days = [{"month": OCTOBER, "day": date(2026, 10, 31), "cumulative": 9}]
    new = begun(date(2026, 10, 28))

    rows = shown("mep_course", serve(new, (MepSummary, "", summary), (MepByDay, "", days)), "last_month")

    assert set(rows) == {(None,)}


def test_journeys_stand_by_rank_with_their_days() -> None:  # F82
    journeys = [
        {
            "journey_id": name,
            "month": NOVEMBER,
            "journey_name": name,
            "campaign_name": "C",
            "billed": billed,
            "rank": rank,
        }
        for name, billed, rank in (("small", 1, 2), ("large", 3, 1))
    ]
    days = [{"journey_id": "large", "month": NOVEMBER, "day": TODAY, "billed": 3}]

    rows = shown("mep_journeys", serve((MepByJourney, "", journeys), (MepByJourneyDay, "", days)), "journey", "trend")

    assert rows == [("large", [0] * 23 + [3]), ("small", [0] * 24)]


def test_a_journey_without_a_definition_goes_by_its_id_and_leads_to_its_page() -> None:
    months = [{"journey_id": name, "period": NOVEMBER, "profiles_in_journey": 1} for name in ("j", "unknown")]
    known = [{"name": "Welcome", "status": "active"}]

    served = serve((CampaignPerformance, "month", months), (JourneySummary, "", known), pages={"j": "campaign-1.html"})

    assert shown("journeys", served, "journey", "page") == [("Welcome", "campaign-1.html"), ("unknown", None)]
