"""Traffic of elements: what every element has, and what only some types have."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from journeys_pipeline.transforms.metrics import (
    Facts,
    Periods,
    measure_branches,
    measure_element_messages,
    measure_elements,
    measure_errors,
)
from journeys_pipeline_tests.transforms.metrics.examples import (
    NOVEMBER,
    Record,
    acted,
    arrived,
    at,
    completed,
    entered,
    exited,
    facts_of,
    sent,
)

OF_TYPES = [
    "entries", "unique_entrants", "re_entries", "satisfied", "timed_out", "median_satisfaction_s", "executed", "failed",
    "exited_people", "exited_passages",
]  # fmt: skip
SHARES_OF_DAYS = Periods(date(2026, 11, 1), date(2026, 11, 5), "day")


def element(
    facts: Facts, *columns: str, element_id: str = "wait", periods: Periods = NOVEMBER
) -> list[tuple[Any, ...]]:
    rows = measure_elements(facts, periods).filter(pl.col("element_id") == element_id)
    return rows.select(columns).collect().rows()


def test_an_element_that_sends_nothing_has_its_traffic_too() -> None:  # F3, F22
    arrival, completion = arrived(at(1), "wait"), completed(at(2), "wait")
    facts = facts_of(arrival, arrival, arrival | {"person_id": "bob"}, completion, completion | {"outcome": "error"})

    assert element(facts, "entered", "unique_people", "completed", "errored") == [(3, 2, 2, 1)]


@pytest.mark.parametrize(
    ("element_id", "element_type", "has"),
    [
        ("door", "api", ["entries", "unique_entrants", "re_entries"]),
        ("wait", "wait_for_event", ["satisfied", "timed_out", "median_satisfaction_s"]),
        ("hook", "api_call", ["executed", "failed"]),
        ("done", "exit_point", ["exited_people", "exited_passages"]),
        ("mail", "email", []),
        ("fork", "split", []),
        ("unheard_of", None, []),
    ],
)
def test_an_element_has_the_figures_of_its_type_and_null_for_others(
    element_id: str, element_type: str | None, has: list[str]
) -> None:  # F4
    facts = facts_of(arrived(at(1), element_id), completed(at(1), element_id))

    [figures] = measure_elements(facts, NOVEMBER).select("element_type", *OF_TYPES).collect().to_dicts()

    assert figures.pop("element_type") == element_type
    assert [column for column, value in figures.items() if value is not None] == has


@pytest.mark.parametrize(
    ("records", "inside"),
    [
        pytest.param([arrived(at(1), "wait")], [1, 1, 1, 1], id="arrived"),
        pytest.param([arrived(at(-300), "wait")], [1, 1, 1, 1], id="arrived long ago"),
        pytest.param([arrived(at(1), "wait"), completed(at(3), "wait")], [1, 1], id="went on"),
        pytest.param([arrived(at(1), "wait"), completed(at(1), "wait")], [], id="went on at once"),
        pytest.param([arrived(at(1), "wait"), completed(at(2), "mail")], [1, 1, 1, 1], id="other things ended"),
        pytest.param([arrived(at(1), "wait"), exited(at(2), entry_id="p1")], [1], id="left the journey from there"),
        pytest.param([arrived(at(1), "wait"), exited(at(2), entry_id="p2")], [1, 1, 1, 1], id="another passage left"),
        pytest.param([arrived(at(2), "wait"), exited(at(1), entry_id="p1")], [1, 1, 1], id="arrived after all"),
        pytest.param([arrived(at(1), "wait"), arrived(at(2), "wait"), completed(at(3), "wait")], [1, 1], id="twice"),
        pytest.param([arrived(at(1), "wait"), arrived(at(2), "wait", entry_id="p2")], [1, 2, 2, 2], id="two passages"),
        pytest.param(
            [arrived(at(1), "wait"), completed(at(1, 1), "wait"), arrived(at(1, 2), "wait")], [1, 1, 1, 1],
            id="came back the same day",
        ),
        pytest.param(
            [arrived(at(1), "wait", entry_id=None), exited(at(3), entry_id=None, element_id=None)], [1, 1],
            id="no passage is named: the person's only one",
        ),
    ],
)  # fmt: skip
def test_who_is_in_an_element_is_told_as_of_each_days_end(records: list[Record], inside: list[int]) -> None:
    facts = facts_of(*records)

    rows = measure_elements(facts, SHARES_OF_DAYS).filter(pl.col("in_it_now") > 0).select("in_it_now").collect()

    assert rows["in_it_now"].to_list() == inside


def test_dwell_is_from_the_latest_arrival_of_the_passage_to_its_completion() -> None:
    facts = facts_of(
        arrived(at(1), "wait"), arrived(at(2), "wait"), completed(at(2, 5), "wait"),
        arrived(at(-40), "wait", entry_id="p2"), completed(at(1), "wait", entry_id="p2"),
        completed(at(3), "wait", entry_id="never arrived"),
    )  # fmt: skip

    assert element(facts, "median_dwell_s", "p95_dwell_s") == [(5 * 3600, 41 * 86400)]


def test_the_95th_percentile_is_the_19th_of_20_dwells() -> None:
    visits = [
        step
        for hours in range(1, 21)
        for step in (
            arrived(at(1), "wait", entry_id=f"p{hours}"),
            completed(at(1, hours), "wait", entry_id=f"p{hours}"),
        )
    ]
    facts = facts_of(*visits)

    assert element(facts, "median_dwell_s", "p95_dwell_s") == [(10 * 3600, 19 * 3600)]


def test_the_dwell_of_satisfied_waits_leaves_out_those_that_timed_out() -> None:
    facts = facts_of(
        arrived(at(1), "wait"), completed(at(1, 1), "wait"),
        arrived(at(1), "wait", entry_id="p2"), completed(at(1, 9), "wait", entry_id="p2", outcome="timed_out"),
        arrived(at(1), "wait", entry_id="p3"), completed(at(1, 9), "wait", entry_id="p3", outcome="timed_out"),
    )  # fmt: skip

    columns = ["satisfied", "timed_out", "median_satisfaction_s", "median_dwell_s"]
    assert element(facts, *columns) == [(1, 2, 3600, 9 * 3600)]


def test_exits_from_an_element_count_passages_and_people_whatever_their_type() -> None:  # D16
    left = exited(at(2), element_id="done", entry_id="p1")
    facts = facts_of(left, left, left | {"entry_id": "p2", "exit_type": "cancelled"})

    assert element(facts, "exited_here", "exited_people", "exited_passages", element_id="done") == [(3, 1, 2)]


def test_an_entry_element_tells_entries_from_people_and_from_those_who_came_back() -> None:  # F64
    facts = facts_of(
        entered(at(0)), entered(at(1), element_id="door"), entered(at(2), element_id="door", person_id="bob"),
        entered(at(3), element_id="door", person_id="bob"),
    )  # fmt: skip

    assert element(facts, "entries", "unique_entrants", "re_entries", element_id="door") == [(3, 2, 2)]


def test_branches_share_the_completions_that_took_one() -> None:
    branches = [completed(at(1), "fork", branch=branch) for branch in ("A", "A", "A", "B", None)]
    facts = facts_of(*branches)

    rows = measure_branches(facts, NOVEMBER).select("branch", "taken", "unique_people", "share").collect().rows()
    assert rows == [("A", 3, 1, 0.75), ("B", 1, 1, 0.25)]


def test_errors_count_per_code_and_without_one() -> None:
    codes = [completed(at(1), "hook", outcome="error", error_code=code) for code in ("E1", "E1", None)]
    facts = facts_of(*codes, completed(at(1), "hook", error_code="E9"))

    rows = measure_errors(facts, NOVEMBER).select("error_code", "errors").collect().rows()
    assert rows == [("", 1), ("E1", 2)]


def test_messages_belong_to_the_element_that_sent_them() -> None:  # F3
    by_mail = sent(at(1), "a", channel="email", element_id="mail")
    facts = facts_of(
        by_mail, sent(at(1), "b", element_id="text"), sent(at(1), "c"), acted("message_opened", at(2), "a")
    )

    rows = (
        measure_element_messages(facts, NOVEMBER).select("element_id", "channel", "messages_sent", "opened").collect()
    )
    assert rows.rows() == [("mail", "email", 1, 1), ("text", "sms", 1, None)]
