"""`journeys check-config` draws customers' own charts, and says what is wrong with them where it stands (F96)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from journeys_pipeline.cli import app

CATALOG = """\
accounts:
  - id: acme
    name: Acme
    tiers: [{{tier: scale, valid_from: 2026-01-01}}]
    dashboards:
      - id: board
        title: Board
        widgets:
          - id: own
            kind: vega_lite
            title: Journeys by message
            dataset: journeys
            spec: |
              {spec}
connections:
  - id: sftp
    account_id: acme
    url: file:///nowhere
    feeds: [{{kind: events, id: events, glob: "*.ndjson"}}]
"""
PLACE = "journeys.yaml:13: accounts[0].dashboards[0].widgets[0].spec: "
SENT = '{"field": "messages_sent", "type": "quantitative"}'


def check(folder: Path, spec: str) -> tuple[int, str]:
    path = folder / "journeys.yaml"
    path.write_text(CATALOG.format(spec=spec))
    result = CliRunner().invoke(app, ["check-config", str(path)], env={"COLUMNS": "400"})
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ('{"mark": "barz", "encoding": {"x": ' + SENT + "}}", "`barz` is not a mark: did you mean `bar`?"),
        ('{"layer": [{"mark": {"type": "lines"}}]}', "`lines` is not a mark: did you mean `line`?"),
        (
            '{"mark": "bar", "encoding": {"x": {"field": "mesages_sent", "type": "quantitative"}}}',
            "`mesages_sent` is not in the dataset journeys: did you mean `messages_sent`?",
        ),
        ('{"encoding": {"x": ' + SENT + "}}", "cannot be drawn: Invalid specification"),
        (
            '{"mark": "bar", "transform": [{"calculate": "datum.x +", "as": "y"}]}',
            "cannot be drawn: Unexpected end of input",
        ),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_said_with_its_line(tmp_path: Path, spec: str, message: str) -> None:
    code, output = check(tmp_path, spec)

    assert code == 1
    assert PLACE + message in output


@pytest.mark.parametrize(
    "spec",
    [
        '{"mark": "bar", "encoding": {"y": {"field": "journey", "type": "nominal"}, "x": ' + SENT + "}}",
        '{"mark": {"type": "point"}, "transform": [{"calculate": "datum.messages_sent * 2", "as": "twice"}]}',
    ],
)
def test_a_chart_that_can_be_drawn_is_no_mistake(tmp_path: Path, spec: str) -> None:
    code, output = check(tmp_path, spec)

    assert code == 0
    assert "no mistakes" in output
