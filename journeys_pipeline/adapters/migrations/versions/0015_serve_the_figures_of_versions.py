"""Serve funnels, exits, channels, costs, elements and delays of each journey version.

Figures are made from facts: those of months before come with a back-fill.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from journeys_pipeline.adapters.warehouse import ExactDecimal

revision = "0015"
down_revision = "0014"

ACTS = [f"{act}{of}" for act in ("seen", "opened") for of in ("", "_messages", "_people")]
CLICKS = ["clicked", "clicked_messages", "clicked_people"]
OF_SOME_TYPES = ["entries", "unique_entrants", "re_entries", "satisfied", "timed_out", "median_satisfaction_s"]
OF_OTHER_TYPES = ["executed", "failed", "exited_people", "exited_passages"]


def upgrade() -> None:
    amount = sa.Numeric(precision=18, scale=6).with_variant(ExactDecimal(), "sqlite")
    for grain in ("day", "month"):
        _create(f"version_exits_by_{grain}", ["exit_type"], *_counts("exits", "people", "passages"))
        cost = sa.Column("cost", amount, nullable=False)
        _create(f"version_costs_by_{grain}", ["channel", "currency"], *_counts("priced_messages"), cost)
    _create("version_funnel_by_month", [], *_counts("entered", "messaged", "active"), *_perhaps("reached_goal"))
    _create("version_goal_delays_by_month", ["delay"], *_counts("goal_events"))
    _create(
        "version_channels_by_month",
        ["channel"],
        *_counts("messages_sent"),
        *_perhaps("segments"),
        *_counts("delivered"),
        *_perhaps("failed", "bounced_hard", "bounced_soft"),
        *_counts("pending"),
        *_perhaps(*ACTS, "machine_opens", *CLICKS, "unsubscribed", "complained", "replied"),
    )
    _create(
        "version_elements_by_month",
        ["element_id"],
        sa.Column("element_type", sa.String(), nullable=True),
        *_counts("entered", "unique_people", "in_it_now", "completed", "exited_here", "errored"),
        *_perhaps("median_dwell_s", "p95_dwell_s", *OF_SOME_TYPES, *OF_OTHER_TYPES),
    )


def _create(name: str, key: list[str], *columns: sa.Column[Any]) -> None:
    """A table of figures per journey version, period, and texts."""
    texts = [sa.Column(text, sa.String(), nullable=False) for text in ("account_id", "journey_id", *key)]
    period = sa.Column("period", sa.Date(), nullable=False)
    version = sa.Column("journey_version", sa.Integer(), nullable=False)
    every = ["account_id", "journey_id", "period", *key, "journey_version"]
    op.create_table(name, *texts[:2], period, *texts[2:], *columns, version, sa.PrimaryKeyConstraint(*every))


def _counts(*names: str, nullable: bool = False) -> list[sa.Column[Any]]:
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return [sa.Column(name, count, nullable=nullable) for name in names]


def _perhaps(*names: str) -> list[sa.Column[Any]]:
    return _counts(*names, nullable=True)
