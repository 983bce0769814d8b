"""`journeys ivr` shows any range of days, one journey or version or all, as a table, CSV or JSON."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.cli import app
from journeys_pipeline.schemas.ivr_facts import Calls, CollectedInputs, MenuSteps
from journeys_pipeline.schemas.journey_events import Journeys
from journeys_pipeline.showing_ivr import IVR_TABLES
from journeys_pipeline_tests.transforms.ivr_worlds import INSTANTS, Event, facts_of

LAST_OF_OCTOBER, FIRST_OF_NOVEMBER, THIRD_OF_DECEMBER = INSTANTS[0], INSTANTS[1], INSTANTS[-1]
EVENTS = [
    Event("call_ended", LAST_OF_OCTOBER, call_id="c1", outcome="busy"),
    Event("call_ended", FIRST_OF_NOVEMBER, call_id="c2", outcome="completed"),
    Event("call_ended", FIRST_OF_NOVEMBER, call_id="c3", outcome="hung_up", journey_version=2),
    Event("call_ended", THIRD_OF_DECEMBER, call_id="c4", outcome="completed", person_id="bob"),
    Event("call_ended", THIRD_OF_DECEMBER, call_id="c5", outcome="completed", journey_id="undefined"),
    Event("call_ended", THIRD_OF_DECEMBER, call_id="c6", outcome="completed", account_id="beta"),
    Event("call_ended", FIRST_OF_NOVEMBER, call_id="c7", outcome="hung_up", element_id="menu"),
    Event("menu_shown", FIRST_OF_NOVEMBER, call_id="c2", element_id="menu"),
    Event("option_pressed", FIRST_OF_NOVEMBER, call_id="c2", element_id="menu", key="1"),
    Event("input_collected", FIRST_OF_NOVEMBER, element_id="zip", variable="zip", value="1", masking="always"),
]  # fmt: skip
RANGE = ["--from", "2026-11-01", "--to", "2026-12-03"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home whose lake holds facts of calls."""
    monkeypatch.setenv("JOURNEYS_HOME", str(tmp_path))
    events = [
        Event(**(vars(event) | {"event_id": f"e{n}", "started_at": event.occurred_at}))
        for n, event in enumerate(EVENTS)
    ]
    facts, lake = facts_of(events), Lake(tmp_path / "lake")
    kept = [
        (Calls, facts.calls),
        (MenuSteps, facts.menu_steps),
        (CollectedInputs, facts.inputs),
        (Journeys, facts.journeys),
    ]
    for table, rows in kept:
        lake.replace(table, rows, {"account_id": ["acme", "beta"]})


def show(*options: str) -> str:
    result = CliRunner().invoke(app, ["ivr", "--account", "acme", *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_range_is_counted_as_one_period_over_all_versions() -> None:  # F24, D20
    lines = show(*RANGE, "--journey", "defined", "--format", "json").splitlines()

    figures = [json.loads(line) for line in lines]
    assert [(row["calls"], row["completion_rate"], row["unique_callers"]) for row in figures] == [(4, 0.5, 2)]


def test_one_version_is_shown_alone() -> None:  # F25
    lines = show(*RANGE, "--version", "2", "--format", "csv").splitlines()

    assert [line.split(",")[:4] for line in lines] == [
        ["account_id", "journey_id", "calls", "answered"],
        ["acme", "defined", "1", "1"],
    ]


def test_all_journeys_of_the_account_are_shown_without_a_filter() -> None:
    lines = show(*RANGE, "--format", "csv").splitlines()

    assert [line.split(",")[:3] for line in lines[1:]] == [["acme", "defined", "4"], ["acme", "undefined", "1"]]


@pytest.mark.parametrize("what", IVR_TABLES)
def test_every_table_obeys_range_and_version(what: str) -> None:  # F32
    inside, outside = [show(*RANGE, "--what", what, "--format", "csv", "--version", version) for version in ("1", "9")]
    before = show("--from", "2026-10-01", "--to", "2026-10-30", "--what", what, "--format", "csv")

    assert len(inside.splitlines()) > 1
    assert [len(outside.splitlines()), len(before.splitlines())] == [1, 1]  # the header alone


def test_drop_off_points_are_shown_with_their_share() -> None:  # F29
    lines = show(*RANGE, "--what", "dropoff", "--format", "csv").splitlines()

    assert lines[1:] == ['acme,defined,"",1,0.5', "acme,defined,menu,1,0.5"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--from", "2026-11-02", "--to", "2026-11-01"], "lies before"),
        ([*RANGE, "--what", "weather"], "none of"),
    ],
)
def test_what_cannot_be_shown_is_said(options: list[str], complaint: str) -> None:
    result = CliRunner().invoke(app, ["ivr", "--account", "acme", *options])

    assert result.exit_code == 2
    assert complaint in result.output
