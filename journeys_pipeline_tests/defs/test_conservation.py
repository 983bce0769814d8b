"""Nothing is lost unnoticed: whatever event or figure is dropped, the checks of its kind fail, and no others."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dataframely as dy
import polars as pl
import pytest

from journeys_pipeline.defs.assets.account_metrics import ACCOUNTS
from journeys_pipeline.defs.assets.ivr_metrics import CALLS
from journeys_pipeline.defs.assets.metrics import FAMILIES
from journeys_pipeline.defs.checks import BALANCES
from journeys_pipeline.defs.checks.balances import Balance, Books
from journeys_pipeline.defs.checks.events import EVENTS_OF
from journeys_pipeline.schemas.contact_entries import ContactEntries
from journeys_pipeline.schemas.daily_facts import (
    GoalEvents,
    JourneyEntries,
    JourneyExits,
    JourneySteps,
    MessageEvents,
)
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import REQUIRED_FIELDS, JourneyEvents, Journeys
from journeys_pipeline.schemas.metrics import (
    AccountPerformance,
    BranchTraffic,
    CampaignPerformance,
    ChannelCosts,
    ChannelPerformance,
    ElementErrors,
    ElementMessages,
    ElementPerformance,
    EntryPoints,
    ExitsByType,
    GoalValues,
    VersionExits,
    VersionPerformance,
)
from journeys_pipeline.schemas.shared_columns import table_name
from journeys_pipeline.transforms import daily_facts, ivr_facts
from journeys_pipeline.transforms.ivr_metrics import IvrFacts
from journeys_pipeline.transforms.metrics import Facts, Periods
from journeys_pipeline_tests.defs.lost_events import (
    ACT,
    ARRIVED,
    COMPLETED,
    CONTACTS,
    EVENTS,
    FATE,
    INSIDE,
    PRICED,
    SENT,
    TESTS,
)
from journeys_pipeline_tests.transforms.metrics.examples import Record, facts_of

FIRST, SECOND = date(2026, 11, 1), date(2026, 11, 2)
DAYS = Periods(FIRST, date(2026, 11, 3), "day")


class Shelf:
    """A lake and a warehouse of tables in memory."""

    def __init__(self, tables: Mapping[type[dy.Schema], pl.DataFrame]) -> None:
        self._tables = tables

    def read(self, table: type[dy.Schema], *_: object, **__: object) -> pl.DataFrame:
        return self._tables.get(table, table.create_empty())

    def scan(self, table: type[dy.Schema]) -> pl.LazyFrame:
        return self.read(table).lazy()


Tables = dict[type[dy.Schema], pl.DataFrame]


def frame(table: type[dy.Schema], rows: list[Record]) -> pl.DataFrame:
    return table.validate(pl.DataFrame(rows, schema=table.create_empty().schema))


def accepted(names: list[str]) -> pl.DataFrame:
    """The events of these names, and test events."""
    envelope = {"account_id": "acme", "is_test": False, "file_id": "f", "row_number": 1, "journey_version": 2}
    records = {name: EVENTS[name].record for name in names} | dict(zip("tu", TESTS, strict=True))
    return frame(
        JourneyEvents,
        [
            envelope | {"event_id": name, "entry_id": name, "day": record["occurred_at"].date()} | record
            for name, record in records.items()
        ],
    )


def facts(names: list[str], contacts: list[Record]) -> Tables:
    """The fact tables of these events and contacts."""
    events, entries = accepted(names).lazy(), frame(ContactEntries, contacts).lazy()
    collected = {
        JourneyEntries: daily_facts.collect_entries(events, entries),
        JourneyExits: daily_facts.collect_exits(events),
        JourneySteps: daily_facts.collect_steps(events),
        MessageEvents: daily_facts.collect_messages(events),
        GoalEvents: daily_facts.collect_goals(events),
        Calls: ivr_facts.collect_calls(events),
        MenuSteps: ivr_facts.collect_menu_steps(events),
        CollectedInputs: ivr_facts.collect_inputs(events),
    }
    return dict(zip(collected, pl.collect_all(collected.values()), strict=True))


def figures(tables: Tables) -> Tables:
    """The figures by day of these facts."""
    lazy = {table: rows.lazy() for table, rows in tables.items()}
    goals = facts_of().journeys
    passages = [lazy[table] for table in (JourneyEntries, JourneyExits, JourneySteps, MessageEvents, GoalEvents)]
    of_journeys, calls = Facts(*passages, goals), IvrFacts(lazy[Calls], lazy[MenuSteps], lazy[CollectedInputs], goals)
    measured = {
        table: measure(of_journeys, DAYS)
        for family in (*FAMILIES, ACCOUNTS)
        for table, measure in family.measures.items()
    } | {table: measure(calls, DAYS) for table, measure in CALLS.measures.items()}
    return dict(zip(measured, pl.collect_all(measured.values()), strict=True))


ALL = list(EVENTS)
SOURCES: Tables = {
    JourneyEvents: accepted(ALL),
    ContactEntries: frame(ContactEntries, CONTACTS),
    Journeys: facts_of().journeys.collect(),
}


@pytest.fixture(scope="module")
def whole() -> Tables:
    """All facts, and the figures made of them."""
    tables = facts(ALL, CONTACTS)
    return tables | figures(tables)


def failing(tables: Tables) -> set[str]:
    shelf: Any = Shelf(SOURCES | tables)
    books = Books(shelf, shelf, (FIRST, SECOND))
    return {label(balance) for balance in BALANCES if not balance.differences(books).is_empty()}


def label(balance: Balance) -> str:
    return f"{table_name(balance.table)} lack an event" if balance.table in EVENTS_OF else balance.name


def lack(name: str) -> str:
    kind = EVENTS[name].record["event_type"]
    return f"{next(table_name(table) for table, types in EVENTS_OF.items() if kind in types)} lack an event"


def test_each_type_of_event_is_dropped_below_and_made_to_a_fact() -> None:
    assert {lost.record["event_type"] for lost in EVENTS.values()} == set(REQUIRED_FIELDS)
    assert sorted(name for names in EVENTS_OF.values() for name in names) == sorted(REQUIRED_FIELDS)


def test_all_checks_pass_where_nothing_is_lost(whole: Tables) -> None:
    assert failing(whole) == set()


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_the_facts_lack_fails_the_check_of_its_table_and_of_its_figures(whole: Tables, name: str) -> None:
    without = facts([other for other in EVENTS if other != name], CONTACTS)

    assert failing(whole | without) == {lack(name)} | EVENTS[name].in_facts


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_that_facts_and_figures_lack_fails_the_check_of_its_table(name: str) -> None:
    without = facts([other for other in EVENTS if other != name], CONTACTS)

    assert failing(without | figures(without)) == {lack(name)} | EVENTS[name].everywhere


def test_a_contact_entry_that_the_facts_lack_fails_the_checks_of_entries(whole: Tables) -> None:
    without = facts(ALL, [])

    assert failing(whole | without) == {"journey_entries lack an event", "every_entry_is_counted"}
    assert failing(without | figures(without)) == {"journey_entries lack an event"}


ENTRIES = {"every_entry_is_counted", "entry_sources_sum_to_the_entries"}
ACCOUNT = {"journeys_sum_to_the_account"}
ONE_FATE = {"every_message_has_one_fate"}


@pytest.mark.parametrize(
    ("table", "column", "fails"),
    [
        (CampaignPerformance, "entries", ENTRIES | ACCOUNT),
        (CampaignPerformance, "messages_sent", ACCOUNT | {"channels_sum_to_the_messages_sent"}),
        (CampaignPerformance, "goal_events", {"every_goal_is_counted", "currencies_sum_to_the_goal_events"}),
        (AccountPerformance, "entries", ACCOUNT),
        (VersionPerformance, "entries", {"versions_sum_to_the_entries"}),
        (EntryPoints, "entries", {"entry_sources_sum_to_the_entries"}),
        (ExitsByType, "exits", {"every_exit_is_counted"}),
        (VersionExits, "exits", {"versions_sum_to_the_exits"}),
        (GoalValues, "goal_events", {"currencies_sum_to_the_goal_events"}),
        (ChannelPerformance, "messages_sent", SENT | ONE_FATE | {"channels_sum_to_the_messages_sent"}),
        (ChannelPerformance, "delivered", FATE | ONE_FATE),
        (ChannelPerformance, "pending", ONE_FATE),
        (ChannelPerformance, "clicked", ACT),
        (ChannelCosts, "cost", PRICED),
        (ElementMessages, "messages_sent", {"elements_sum_to_the_messages_sent"}),
        (ElementPerformance, "entered", ARRIVED | INSIDE),
        (ElementPerformance, "completed", COMPLETED | INSIDE),
        (ElementPerformance, "exited_here", {"every_exit_at_an_element_is_counted"}),
        (ElementPerformance, "errored", {"error_codes_sum_to_the_errors"}),
        (ElementPerformance, "in_it_now", INSIDE),
        (ElementErrors, "errors", {"error_codes_sum_to_the_errors"}),
        (BranchTraffic, "taken", {"branches_sum_to_the_completions"}),
    ],
)
def test_a_figure_that_is_one_too_low_fails_the_checks_that_read_it(
    whole: Tables, table: type[dy.Schema], column: str, fails: set[str]
) -> None:
    positive = whole[table].with_row_index().filter(pl.col(column) > 0)["index"].max()
    is_lowered = pl.int_range(pl.len()) == positive
    lowered = whole[table].with_columns(pl.col(column) - pl.when(is_lowered).then(1).otherwise(0))

    assert failing(whole | {table: lowered}) == fails


def test_days_that_a_file_touched_since_are_not_judged(whole: Tables) -> None:
    without: Any = Shelf(SOURCES | whole | facts([name for name in EVENTS if name != "a click"], CONTACTS))
    unsettled = pl.DataFrame({"account_id": ["acme"], "day": [SECOND]})

    books = Books(without, without, (FIRST, SECOND), unsettled)

    assert [balance.name for balance in BALANCES if not balance.differences(books).is_empty()] == []
