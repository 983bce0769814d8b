"""An account's own dashboards in the catalog: every mistake with its line, and what to do about it (F87, F96, F99)."""

from pathlib import Path

import pytest

from journeys_pipeline.catalog import Catalog, CatalogError, load_catalog

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{{tier: {tier}, valid_from: 2026-01-01}}]
    dashboards:
      - id: board
        title: Board
        widgets:
          - {widget}
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{{kind: events, id: events, glob: "*.ndjson"}}]
"""
WIDGET = "accounts[0].dashboards[0].widgets[0]"
SENT = "{id: a, kind: bar, title: T, dataset: channel_days, measure: messages_sent, by: channel}"


def load(folder: Path, widget: str, tier: str = "scale") -> Catalog:
    path = folder / "journeys.yaml"
    path.write_text(CATALOG.format(widget=widget, tier=tier))
    return load_catalog(path)


def mistake(folder: Path, widget: str, tier: str = "scale") -> str:
    with pytest.raises(CatalogError) as refused:
        load(folder, widget, tier)
    return str(refused.value)


def test_an_account_on_scale_declares_a_dashboard(tmp_path: Path) -> None:  # F87, F99
    catalog = load(tmp_path, SENT)

    (board,) = catalog.account("acme").dashboards
    assert [(widget.id, widget.kind, widget.span) for widget in board.widgets] == [("a", "bar", 12)]


@pytest.mark.parametrize("tier", ["start", "grow"])
def test_an_account_that_is_never_on_scale_is_told_so(tmp_path: Path, tier: str) -> None:  # F87
    assert mistake(tmp_path, SENT, tier) == (
        "journeys.yaml:5: accounts[0].dashboards: are for accounts on the tier scale (F87), and this account never is: "
        "add that tier, or remove them"
    )


@pytest.mark.parametrize(
    ("widget", "where", "message"),
    [
        (SENT.replace("channel_days", "channel_day"), "dataset", "is not a dataset: did you mean `channel_days`?"),
        (SENT.replace("channel_days", "ivr_days"), "dataset", "is not a dataset: did you mean `import_days`?"),
        (
            SENT.replace("messages_sent", "mesages_sent"),
            "measure",
            "`mesages_sent` is not in the dataset channel_days: did you mean `messages_sent`?",
        ),
        (
            SENT.replace("messages_sent", "channel"),
            "measure",
            "`channel` does not hold figures: there are delivered, messages_sent",
        ),
        (
            SENT.replace("by: channel", "by: chanel"),
            "by",
            "`chanel` is not in the dataset channel_days: did you mean `channel`?",
        ),
        (
            "{id: a, kind: line, title: T, dataset: journeys, measure: messages_sent}",
            "x",
            "is missing: this dataset has no day; it has journey, campaign, status",
        ),
        (
            "{id: a, kind: area, title: T, dataset: journeys, x: journey, measure: messages_sent}",
            "kind",
            "must be bar, unless `x` is day",
        ),
        (SENT.replace("kind: bar", "kind: pie"), "kind", "must be one of 'kpis', 'line', 'area', 'bar', "),
        (SENT.replace("kind: bar, ", ""), "kind", "is missing: add it; it is kpis, line, area, bar, "),
        (SENT.replace("title: T", "title: T, spam: 6"), "spam", "is not a key here: did you mean `span`?"),
        (SENT.replace("title: T", "title: T, span: 13"), "span", "must be at most 12"),
        (
            SENT.replace("title: T", "title: T, rows: channel-day"),
            "rows",
            "is not a table of rows: did you mean `channel-days`?",
        ),
        (SENT.replace("id: a", "id: A b"), "id", "must be 1 to 40 lower-case letters, digits or dashes"),
        (
            "{id: a, kind: kpis, title: T, figures: [{dataset: account, measure: messages_sent, trend: journeys}]}",
            "figures[0].trend",
            "is not a dataset per day: did you mean `journey_days`?",
        ),
    ],
)
def test_a_mistake_is_shown_with_its_line_and_what_to_do(tmp_path: Path, widget: str, where: str, message: str) -> None:
    assert f"journeys.yaml:9: {WIDGET}.{where}: {message}" in mistake(tmp_path, widget)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ('{"mark": "bar", "data": {"url": "https://evil.example/x.json"}}', '`"data"` names data of its own'),
        ('{"layer": [{"mark": {"type": "image", "url": "https://evil.example/x.png"}}]}', '`"url"` fetches'),
        ('{"mark": "bar", "encoding": {"href": {"value": "https://evil.example"}}}', '`"href"` leads elsewhere'),
        ('{"mark": "bar", "usermeta": {"embedOptions": {"ast": false}}}', '`"usermeta"` changes how the page draws'),
        ('{"mark": }', "is not valid JSON in its line 1, column 10: Expecting value"),
        ("[1]", "must be a Vega-Lite object: {…}"),
    ],
)
def test_a_chart_in_vega_lite_may_have_no_data_of_its_own(tmp_path: Path, spec: str, message: str) -> None:  # F96
    widget = f"{{id: a, kind: vega_lite, title: T, dataset: journeys, spec: '{spec}'}}"

    assert f"journeys.yaml:9: {WIDGET}.spec: {message}" in mistake(tmp_path, widget)


def test_two_widgets_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = f"{SENT}\n          - {SENT}"

    assert f"journeys.yaml:10: accounts[0].dashboards[0].widgets[1].id: is the same as in {WIDGET}" in mistake(
        tmp_path, twice
    )
