"""Each row of the mission about calls, on the smallest journey that shows it."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.schemas.ivr_metrics import MOST_VALUES
from journeys_pipeline.transforms.ivr_metrics import (
    IvrFacts,
    list_input_values,
    measure_call_costs,
    measure_call_elements,
    measure_call_hours,
    measure_calls,
    measure_drop_offs,
    measure_inputs,
    measure_menu_paths,
    measure_menus,
)
from journeys_pipeline.transforms.metrics import Periods
from journeys_pipeline_tests.transforms.ivr_worlds import Event, facts_of, journeys

NOVEMBER = Periods(date(2026, 11, 1), date(2026, 12, 1), "month")


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def happened(*events: Event) -> IvrFacts:
    """The facts of events, each with an id of its own; a call that is not named is one of its own."""
    named = [Event(**(vars(event) | {"event_id": f"e{number:03}"})) for number, event in enumerate(events)]
    return facts_of(named)


def call(call_id: str, outcome: str = "completed", when: datetime | None = None, **fields: Any) -> Event:
    ended_at = when or at(2)
    return Event("call_ended", ended_at, call_id=call_id, outcome=outcome, **({"started_at": ended_at} | fields))


def pressed(key: str | None, **fields: Any) -> Event:
    return Event("option_pressed", at(2), key=key, **({"element_id": "menu"} | fields))


def collected(value: str | None, masking: str | None = "always", outcome: str = "ok", **fields: Any) -> Event:
    return Event(
        "input_collected", at(2), value=value, masking=masking, outcome=outcome,
        **({"element_id": "zip", "variable": "code"} | fields),
    )  # fmt: skip


def figures(
    measure: Callable[..., pl.LazyFrame], facts: IvrFacts, *columns: str, version: int = 0, periods: Periods = NOVEMBER
) -> list[tuple[Any, ...]]:
    """The rows of one version; 0 for all together."""
    rows = measure(facts, periods).filter(pl.col("journey_version") == version)
    return rows.select(columns).collect().rows()


def test_volume_counts_unanswered_calls_too() -> None:  # F26, D19
    facts = happened(*(call(outcome, outcome) for outcome in ("completed", "hung_up", "no_answer", "busy", "failed")))

    columns = ["calls", "answered", "no_answer", "busy", "failed"]
    assert figures(measure_calls, facts, *columns) == [(5, 2, 1, 1, 1)]


@pytest.mark.parametrize(
    ("version", "element_id", "completed"),
    [
        pytest.param(1, "menu", 0, id="the way goes on"),
        pytest.param(1, "bye", 1, id="no next element"),
        pytest.param(1, "done", 1, id="an exit point"),
        pytest.param(2, "bye", 0, id="goes on in this version"),
        pytest.param(2, "menu", 0, id="goes on by a menu option alone"),
        pytest.param(2, "done", 1, id="an exit point, whatever is next"),
        pytest.param(3, "bye", 0, id="the version is not defined"),
        pytest.param(1, "gone", 0, id="the element is not defined"),
        pytest.param(1, None, 0, id="the record names no element"),
    ],
)
def test_a_call_hung_up_at_a_terminal_element_is_completed(version: int, element_id: str, completed: int) -> None:
    facts = happened(call("c", "hung_up", journey_version=version, element_id=element_id))  # D19

    rows = figures(measure_calls, facts, "answered", "completed", "ended_early", "completion_rate")
    assert rows == [(1, completed, 1 - completed, float(completed))]


def test_a_completed_call_is_completed_wherever_it_ended() -> None:  # D19
    facts = happened(call("c", "completed", element_id="menu"))

    assert figures(measure_calls, facts, "completed", "ended_early") == [(1, 0)]


def test_an_unanswered_call_at_a_terminal_element_is_not_completed() -> None:  # D19
    facts = happened(call("c", "no_answer", element_id="bye"))

    assert figures(measure_calls, facts, "answered", "completed", "completion_rate") == [(0, 0, None)]


def test_completion_is_a_share_of_answered_calls_machines_included() -> None:  # F28, D19
    facts = happened(
        call("a", answered_by="human"), call("b", "hung_up", answered_by="machine"), call("c", "busy"),
        call("d", answered_by=None), call("e", "hung_up", answered_by="human"),
    )  # fmt: skip

    columns = ["answered", "answered_by_human", "answered_by_machine", "completion_rate"]
    assert figures(measure_calls, facts, *columns) == [(4, 2, 1, 0.5)]


def test_talk_time_is_that_of_answered_calls_and_unknown_where_none_tells() -> None:
    unanswered = call("a", "no_answer", duration_s=30.0)
    facts = happened(unanswered, *(call(f"c{seconds}", duration_s=seconds) for seconds in (1.001, 1.002, 9.0, 0.5)))

    columns = ["talk_time_s", "median_talk_time_s"]
    assert figures(measure_calls, facts, *columns) == [(Decimal("11.503"), Decimal("1.0015"))]
    assert figures(measure_calls, happened(unanswered, call("b")), *columns) == [(None, None)]


def test_a_caller_of_two_versions_and_days_is_one_unique_caller_of_the_month() -> None:  # D20, F25
    facts = happened(call("a"), call("b", when=at(3), journey_version=2), call("c", when=at(3), journey_version=2))

    assert figures(measure_calls, facts, "calls", "unique_callers") == [(3, 1)]
    assert figures(measure_calls, facts, "calls", "unique_callers", version=1) == [(1, 1)]
    assert figures(measure_calls, facts, "calls", "unique_callers", version=2) == [(2, 1)]


@pytest.mark.parametrize("start", [1, 2])
def test_a_call_recorded_twice_counts_once_on_its_first_day_whichever_days_are_measured(start: int) -> None:
    facts = happened(call("c", when=at(2)), call("c", when=at(1)))

    days = Periods(date(2026, 11, start), date(2026, 11, 3), "day")
    assert figures(measure_calls, facts, "period", "calls", periods=days) == [(date(2026, 11, 1), 1)][start - 1 :]


def test_calls_over_time_are_by_the_hour_of_the_week_at_which_they_began() -> None:  # F27
    sunday_night = {"started_at": at(1, 23), "when": at(2, 0)}
    facts = happened(call("a", **sunday_night), call("b", "busy", **sunday_night), call("c", when=at(9, 8)))

    columns = ["weekday", "hour", "calls", "answered"]
    assert figures(measure_call_hours, facts, *columns) == [(1, 8, 1, 1), (7, 23, 2, 1)]


def test_drop_off_points_are_where_answered_calls_ended_early() -> None:  # F29
    facts = happened(
        *(call(f"m{number}", "hung_up", element_id="menu") for number in range(3)),
        call("z", "hung_up", element_id="zip"),
        call("end", "hung_up", element_id="bye"), call("done", element_id="menu"), call("off", "failed"),
    )  # fmt: skip

    rows = figures(measure_drop_offs, facts, "element_id", "ended_early", "share")
    assert rows == [("menu", 3, 0.75), ("zip", 1, 0.25)]


def test_costs_are_per_currency_and_call_element() -> None:  # F20, D18
    euro, dollar = {"price": Decimal("0.1"), "currency": "EUR"}, {"price": Decimal("0.1"), "currency": "USD"}
    facts = happened(
        call("a", element_id="menu", **euro), call("b", element_id="zip", **euro),
        call("c", element_id="again", **dollar), call("d", "busy", element_id="dial", currency="EUR"),
    )  # fmt: skip

    rows = figures(measure_call_costs, facts, "element_id", "currency", "calls", "cost")
    assert rows == [("again", "USD", 1, Decimal("0.1")), ("dial", "", 1, None), ("dial", "EUR", 2, Decimal("0.2"))]


def test_a_call_belongs_to_the_call_element_whose_way_it_took() -> None:  # F3
    facts = happened(
        call("a", "busy", element_id="dial"), call("b", element_id="zip"), call("c", element_id="done"),
        call("d", element_id=None), call("e", element_id=None, journey_version=2),
    )  # fmt: skip

    rows = figures(measure_call_elements, facts, "element_id", "calls", "busy")
    assert rows == [("", 1, 0), ("again", 1, 0), ("dial", 3, 1)]


def test_menu_paths_are_named_by_the_journeys_version() -> None:  # F30
    facts = happened(pressed("1"), pressed("1", next_element_id="zip"), pressed("2"), pressed("1", journey_version=2))

    columns = ["key", "label", "next_element_id", "presses", "share"]
    first, second = [figures(measure_menu_paths, facts, *columns, version=version) for version in (1, 2)]
    assert first == [
        ("1", "Postal code", "zip", 2, pytest.approx(2 / 3)),
        ("2", "Goodbye", "bye", 1, pytest.approx(1 / 3)),
        ("3", None, "again", 0, 0.0),
    ]
    assert second == [("1", "End", "bye", 1, 1.0)]


@pytest.mark.parametrize("versions", [(1, 2), (2, 1)])
def test_all_versions_together_bear_the_newest_label(versions: tuple[int, int]) -> None:  # F30
    facts = happened(*(pressed("1", next_element_id="bye", journey_version=version) for version in versions))

    paths = figures(measure_menu_paths, facts, "key", "label", "presses")
    assert paths == [("1", "End", 2), ("2", "Goodbye", 0), ("3", None, 0)]


def test_options_of_a_menu_in_which_nobody_pressed_any_have_no_share() -> None:  # F30
    facts = happened(*(Event("menu_shown", at(2), element_id="menu", journey_version=number) for number in (1, 2, 3)))

    columns = ["key", "next_element_id", "label", "presses", "share"]
    together, third = [figures(measure_menu_paths, facts, *columns, version=version) for version in (0, 3)]
    assert together == [
        ("1", "bye", "End", 0, None), ("1", "zip", "Postal code", 0, None), ("2", "bye", "Goodbye", 0, None),
        ("3", "again", None, 0, None),
    ]  # fmt: skip
    assert third == []


def test_a_menu_that_nobody_came_to_has_no_options() -> None:  # F30
    facts = happened(call("a", "busy", element_id="menu"))

    assert figures(measure_menu_paths, facts, "key") == []


def test_an_option_that_nothing_defines_has_no_label() -> None:  # F30
    facts = happened(pressed("9"), pressed(None), pressed("1", journey_version=3, next_element_id="zip"))

    columns = ["key", "label", "next_element_id"]
    pressed_ones = [row[:3] for row in figures(measure_menu_paths, facts, *columns, "presses") if row[3]]
    assert pressed_ones == [("", None, ""), ("1", None, "zip"), ("9", None, "")]


def test_a_menu_played_again_in_the_same_call_is_a_repeat() -> None:  # F30
    shown = [Event("menu_shown", at(2), call_id=call_id, element_id="menu") for call_id in ("a", "a", "a", "b")]
    failed = [collected(None, outcome=outcome, element_id="menu") for outcome in ("no_input", "invalid", "invalid")]
    facts = happened(*shown, pressed("1"), *failed)

    columns = ["element_id", "shown", "repeats", "pressed", "no_input", "invalid"]
    assert figures(measure_menus, facts, *columns) == [("menu", 4, 2, 1, 1, 2)]


def test_an_element_has_no_figures_of_what_it_is_not() -> None:  # F4
    facts = happened(pressed("1"), collected("17"))

    columns = ["element_id", "shown", "pressed", "no_input", "invalid"]
    assert figures(measure_menus, facts, *columns) == [("menu", 0, 1, None, None), ("zip", None, None, 0, 0)]


def test_input_is_counted_by_outcome_and_by_different_valid_values() -> None:  # F31
    facts = happened(
        collected("17"), collected("17"), collected("4711"), collected("9", outcome="invalid"),
        collected(None, outcome="no_input"),
    )  # fmt: skip

    columns = ["attempts", "ok", "no_input", "invalid", "distinct_values"]
    assert figures(measure_inputs, facts, *columns) == [(5, 3, 1, 1, 2)]
    assert figures(list_input_values, facts, "value", "inputs") == [("17", 2), ("4711", 1)]


@pytest.mark.parametrize(
    ("masking", "stored", "shown"),
    [
        ("always", "4711", [("4711", 1)]),
        ("masked", "***11", [("***11", 1)]),
        ("never", None, []),
        ("never", "4711", []),
        (None, "4711", []),
    ],
)
def test_a_value_is_shown_only_as_far_as_its_source_says(masking: str, stored: str, shown: list[Any]) -> None:  # F31
    facts = happened(collected(stored, masking))

    assert figures(list_input_values, facts, "value", "inputs") == shown
    assert figures(measure_inputs, facts, "ok") == [(1,)]


@pytest.mark.parametrize("masking", ["masked", "never", None])
def test_different_values_are_not_told_unless_all_may_be_kept(masking: str | None) -> None:  # F31
    facts = happened(collected("17"), collected("***12", masking))

    assert figures(measure_inputs, facts, "ok", "distinct_values") == [(2, None)]


def test_the_most_frequent_values_are_shown_and_the_first_of_equals() -> None:  # F31
    rare = [collected(f"{number:04}", person_id="ann") for number in range(MOST_VALUES + 5)]
    facts = happened(*rare, collected("often"), collected("often"))

    values = figures(list_input_values, facts, "value", "inputs")
    assert len(values) == MOST_VALUES
    assert (values[0], values[-2:]) == (("0000", 1), [("0098", 1), ("often", 2)])


def test_a_journey_without_calls_has_no_figures_of_calls() -> None:  # F23
    facts = happened()

    measures = [measure_calls, measure_call_hours, measure_drop_offs, measure_menus, measure_menu_paths, measure_inputs]
    assert [measure(facts, NOVEMBER).collect().height for measure in measures] == [0] * len(measures)


@pytest.mark.parametrize(
    "elements",
    [
        [],
        ["menu"],
        [{"element_id": "menu", "next": "bye", "menu_options": {"1": "bye"}}],
        [{"element_id": "menu", "next": [{"id": "bye"}], "menu_options": ["1"]}],
        [{"element_id": "menu", "next": None, "menu_options": [{"label": "End"}]}],
        [{"element_id": {"id": "menu"}, "is_exit_point": "no"}],
    ],
)
def test_an_odd_definition_keeps_no_account_from_its_figures(elements: list[Any]) -> None:
    facts = happened(call("c", element_id="menu"), pressed("1"))
    odd = IvrFacts(facts.calls, facts.menu_steps, facts.inputs, journeys({1: elements}))

    assert figures(measure_calls, odd, "calls") == [(1,)]
    assert figures(measure_menu_paths, odd, "key", "label", "presses") == [("1", None, 1)]


def test_an_element_or_key_that_is_defined_twice_is_the_first_and_counts_once() -> None:  # F30
    options = [{"key": "1", "label": name, "next_element_id": name} for name in ("first", "second")]
    menus = [{"element_id": "menu", "menu_options": offered} for offered in (options, options[1:])]
    facts = happened(pressed("1"))
    twice = IvrFacts(facts.calls, facts.menu_steps, facts.inputs, journeys({1: menus}))

    assert figures(measure_menu_paths, twice, "label", "next_element_id", "presses") == [("first", "first", 1)]
