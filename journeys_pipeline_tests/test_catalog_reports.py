"""Reports that the catalog declares: what it accepts, and what it says there is instead (F36, F95)."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from journeys_pipeline.catalog import CatalogError, DeclaredReport, DeclaredTable, load_catalog

HEAD = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{tier: scale, valid_from: 2026-01-01}]
    sub_accounts: [{id: north, name: North}]
    recipients: [ops@acme.example, boss@acme.example]
  - id: beta
    name: Beta
    tiers: [{tier: start, valid_from: 2026-01-01}]
    recipients: [ops@beta.example]
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{kind: events, id: events, glob: "*.ndjson"}]
reports:
"""
LINES = HEAD.count("\n")
CUSTOM = """\
- kind: custom
  id: busy
  name: Busy journeys
  accounts: acme
  dataset: channel_costs_by_day
  columns: [period, journey_id, cost]
  filters:
    - {column: channel, one_of: [sms, email]}
    - {column: cost, at_least: 0.5}
    - {column: period, at_least: 2026-01-01}
  order: [-period, journey_id]
  schedule: weekly
  mail_to: boss@acme.example
"""

Load = Callable[[str], list[DeclaredReport]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def write_and_load(reports: str) -> list[DeclaredReport]:
        path = tmp_path / "journeys.yaml"
        path.write_text(HEAD + textwrap.indent(reports, "  "))
        return load_catalog(path).reports

    return write_and_load


def mistakes(load: Load, reports: str) -> list[str]:
    """What is wrong, with the lines of the reports counted from 1."""
    with pytest.raises(CatalogError) as caught:
        load(reports)
    return [f"{found.line - LINES}: {found.where}: {found.message}" for found in caught.value.mistakes]


def changed(old: str, new: str) -> str:
    assert old in CUSTOM
    return CUSTOM.replace(old, new, 1)


def test_a_custom_report_is_read_whole(load: Load) -> None:
    [report] = load(CUSTOM)

    assert isinstance(report, DeclaredTable)
    assert (report.accounts, report.mail_to, report.format) == (["acme"], ["boss@acme.example"], "xlsx")
    assert report.filters[0].one_of == ["sms", "email"]
    assert (report.filters[1].at_least, report.order) == ("0.5", ["-period", "journey_id"])


def test_every_kind_of_report_is_declared_in_one_list(load: Load) -> None:
    reports = load("""\
- {kind: mep, id: a, name: A, schedule: after_close, edition: as_restated, accounts: [acme], sub_accounts: [north]}
- {kind: channels, id: b, name: B, journey_id: welcome, period: yesterday, format: csv}
- {kind: imports, id: c, name: C, schedule: daily}
- {kind: custom, id: d, name: D, dataset: mep_ledger, schedule: monthly}
""")

    assert [report.kind for report in reports] == ["mep", "channels", "imports", "custom"]
    assert [report.is_for("beta") for report in reports] == [False, True, True, True]


def test_an_unknown_dataset_is_told_with_the_nearest_and_with_all_there_are(load: Load) -> None:
    [said] = mistakes(load, changed("channel_costs_by_day", "channel_cost_by_day"))

    assert said.startswith("5: reports[0].dataset: is not a dataset: did you mean `channel_costs_by_day`? There are ")
    assert "campaign_performance_by_month, " in said
    assert "mep_ledger, mep_statements, mep_summary, " in said
    assert "mail_outbox" not in said


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("[period, journey_id, cost]", "[period, journey, cost]", "6: reports[0].columns"),
        ("[-period, journey_id]", "[-period, -journey]", "11: reports[0].order"),
        ("{column: channel,", "{column: chanel,", "8: reports[0].filters[0].column"),
    ],
)
def test_an_unknown_column_is_told_with_all_that_the_dataset_has(load: Load, old: str, new: str, place: str) -> None:
    [said] = mistakes(load, changed(old, new))

    assert said.startswith(f"{place}: ")
    assert said.endswith("There are account_id, channel, cost, currency, journey_id, period, priced_messages")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("at_least: 0.5", "at_least: half", "9: reports[0].filters[1].at_least: does not fit the column cost: it must"),
        (
            "2026-01-01",
            "tomorrow",
            "10: reports[0].filters[2].at_least: does not fit the column period: it must be a d",
        ),
        (", at_least: 0.5", "", "9: reports[0].filters[1]: needs exactly one condition: one_of, none_of, at_least"),
        ("at_least: 0.5", "at_least: 1, at_most: 2", "9: reports[0].filters[1]: needs exactly one condition"),
        ("at_least: 0.5", "over: 1", "9: reports[0].filters[1].over: is not a key here: there are at_least, at_most"),
        ("[period, journey_id, cost]", "[cost, cost]", "6: reports[0].columns: names cost twice"),
        ("accounts: acme", "accounts: acne", "4: reports[0].accounts: names something that is not an account: did you"),
        ("boss@acme", "boss@beta", "13: reports[0].mail_to: names something that is not one of the recipients of acc"),
        ("weekly", "hourly", "12: reports[0].schedule: must be one of 'daily', 'weekly' or 'monthly'"),
        ("  dataset: channel_costs_by_day\n", "", "1: reports[0].dataset: is missing: add it"),
        ("kind: custom", "kind: costum", "1: reports[0].kind: must be one of 'mep', 'channels', 'imports', 'custom'"),
        (
            "- kind: custom\n  id",
            "- id",
            "1: reports[0].kind: is missing: add it; it is mep, channels, imports or cust",
        ),
        (
            "name: Busy journeys",
            "name: '=?utf-8?q?x?='",
            "3: reports[0].name: must be a name of at most 120 characters",
        ),
        ("schedule: weekly", "period: last_week\n  colour: red", "13: reports[0].colour: is not a key here"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_do(load: Load, old: str, new: str, said: str) -> None:
    found = mistakes(load, changed(old, new))

    assert any(each.startswith(said) for each in found), found


@pytest.mark.parametrize(
    ("dataset", "schedule", "said"),
    [
        ("journey_summary", "weekly", "must be all: journey_summary has no time in it"),
        ("campaign_performance_by_month", "weekly", "must be one of last_month, this_month, all"),
        ("mep_ledger", "daily", "must be one of last_month, this_month, all"),
    ],
)
def test_a_period_that_the_dataset_cannot_tell_is_refused(load: Load, dataset: str, schedule: str, said: str) -> None:
    report = f"- {{kind: custom, id: a, name: A, dataset: {dataset}, schedule: {schedule}}}\n"

    [found] = mistakes(load, report)

    assert found.startswith(f"1: reports[0].period: {said}")


def test_two_reports_of_one_id_are_refused(load: Load) -> None:
    twice = "- {kind: mep, id: a, name: A}\n- {kind: imports, id: a, name: B}\n"

    assert mistakes(load, twice) == ["2: reports[1].id: is the same as in reports[0]: give each its own"]


def test_a_sub_account_must_be_one_of_every_account_that_the_report_is_for(load: Load) -> None:
    [said] = mistakes(load, "- {kind: mep, id: a, name: A, sub_accounts: [north]}\n")

    what = "names something that is not one of the sub-accounts of account beta: There are none"
    assert said == f"1: reports[0].sub_accounts: {what}"
