"""Figures of many accounts are counted for a few of them at once, as memory asks for."""

from datetime import date
from pathlib import Path

import pytest

from journeys_pipeline.adapters.lake import Lake
from journeys_pipeline.defs import batches as together
from journeys_pipeline.defs.assets.metrics import CHANNELS
from journeys_pipeline.periods import days_between
from journeys_pipeline.schemas.daily_facts import MessageEvents
from journeys_pipeline.transforms.metrics import Periods
from journeys_pipeline_tests.transforms.metrics.examples import acted, at, facts_of, sent

ACCOUNTS = ["acme", "beta", "delta", "gamma"]
FACTS = facts_of(
    sent(at(1), "a"), acted("message_delivered", at(1, 1), "a"), acted("message_clicked", at(2), "a"),
    sent(at(1), "b", account_id="beta"), sent(at(1), "c", account_id="gamma"), sent(at(2), "d", account_id="gamma"),
)  # fmt: skip
DAYS = Periods(date(2026, 11, 1), date(2026, 11, 3), "day")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake")
    lake.replace(MessageEvents, FACTS.messages, {"day": days_between(DAYS.start, DAYS.end), "account_id": ACCOUNTS})
    return lake


@pytest.mark.parametrize(
    ("facts_at_once", "batches"),
    [
        (100, [["acme", "beta", "delta", "gamma"]]),
        (4, [["acme", "beta", "delta"], ["gamma"]]),
        (1, [["acme"], ["beta", "delta"], ["gamma"]]),
    ],
)
def test_accounts_are_counted_together_while_their_facts_are_few(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, facts_at_once: int, batches: list[list[str]]
) -> None:
    monkeypatch.setattr(together, "ROWS_AT_ONCE", facts_at_once)

    assert CHANNELS.batches(lake, ACCOUNTS, DAYS) == batches
