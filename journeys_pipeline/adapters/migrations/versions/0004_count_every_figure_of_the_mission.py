"""Figures of versions, funnels, entries, exits, elements and messages; costs apart from channels.

Figures are made from facts: what is dropped here comes back with the next refresh, or back-fill, of its days.
"""

import sqlalchemy as sa
from alembic import op

from journeys_pipeline.adapters.warehouse import ExactDecimal

revision = "0004"
down_revision = "0003"

GRAINS = ("day", "month")
CAMPAIGN = ("profiles_in_journey", "entries", "profiles_exited")
ACTS = ("seen", "opened", "clicked")
OF_SOME_TYPES = ("entries", "unique_entrants", "re_entries", "satisfied", "timed_out", "median_satisfaction_s")
OF_OTHER_TYPES = ("executed", "failed", "exited_people", "exited_passages")


def upgrade() -> None:
    for grain in GRAINS:
        for table in ("channel_performance", "element_performance", "goal_values"):
            op.drop_table(f"{table}_by_{grain}")
        _create_figures_of_journeys(grain)
        _create_figures_of_messages(grain)
        _create_figures_of_elements(grain)
    _create_summary()


def _create_figures_of_journeys(grain: str) -> None:
    _create(f"version_performance_by_{grain}", sa.Column("journey_version", sa.Integer(), nullable=False),
            *_counts(*CAMPAIGN), sa.Column("completion_rate", sa.Float(), nullable=True), *_counts("active_profiles"),
            *_counts("goal_performers", "goal_events", nullable=True), *_counts("messages_sent"),
            key=["journey_version"])  # fmt: skip
    _create(f"journey_funnel_by_{grain}", *_counts("entered", "messaged", "active"),
            *_counts("reached_goal", nullable=True))  # fmt: skip
    _create(f"entry_points_by_{grain}", _text("entry_source"), *_counts("entries", "unique_entrants", "re_entries"),
            key=["entry_source"])  # fmt: skip
    _create(f"exits_by_type_by_{grain}", _text("exit_type"), *_counts("exits", "people", "passages"),
            key=["exit_type"])  # fmt: skip
    _create(f"goal_values_by_{grain}", _text("currency"), *_counts("goal_events", "goal_performers"),
            _money("goal_value"), key=["currency"])  # fmt: skip


def _create_figures_of_messages(grain: str) -> None:
    _create(f"channel_performance_by_{grain}", _text("channel"), *_message_columns(), key=["channel"])
    _create(f"channel_costs_by_{grain}", _text("channel"), *_cost_columns(), key=["channel", "currency"])
    _create(
        f"element_messages_by_{grain}",
        _text("element_id"),
        _text("channel"),
        *_message_columns(),
        key=["element_id", "channel"],
    )
    _create(f"element_costs_by_{grain}", _text("element_id"), *_cost_columns(), key=["element_id", "currency"])


def _create_figures_of_elements(grain: str) -> None:
    _create(f"element_performance_by_{grain}", _text("element_id"), _text("element_type", nullable=True),
            *_counts("entered", "unique_people", "in_it_now", "completed", "exited_here", "errored"),
            *_counts("median_dwell_s", "p95_dwell_s", *OF_SOME_TYPES, *OF_OTHER_TYPES, nullable=True),
            key=["element_id"])  # fmt: skip
    _create(f"branch_traffic_by_{grain}", _text("element_id"), _text("branch"), *_counts("taken", "unique_people"),
            sa.Column("share", sa.Float(), nullable=False), key=["element_id", "branch"])  # fmt: skip
    _create(f"element_errors_by_{grain}", _text("element_id"), _text("error_code"),
            *_counts("errors", "unique_people"), key=["element_id", "error_code"])  # fmt: skip


def _create_summary() -> None:
    op.create_table(
        "journey_summary",
        _text("account_id"),
        _text("journey_id"),
        *(_text(name, nullable=True) for name in ("name", "campaign_id", "campaign_name", "status")),
        sa.Column("newest_version", sa.Integer(), nullable=True),
        sa.Column("launched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_active_on", sa.Date(), nullable=True),
        *_counts("profiles_in_journey", "profiles_exited", "active_profiles"),
        *_counts("goal_performers", "goal_events", nullable=True),
        *_counts("messages_sent"),
        sa.PrimaryKeyConstraint("account_id", "journey_id"),
    )


def _create(name: str, *columns: sa.Column[object], key: list[str] | None = None) -> None:
    """A table of figures per journey, period, and whatever else is in the key."""
    cell = [_text("account_id"), _text("journey_id"), sa.Column("period", sa.Date(), nullable=False)]
    primary_key = sa.PrimaryKeyConstraint("account_id", "journey_id", "period", *(key or []))
    op.create_table(name, *cell, *columns, primary_key)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _counts(*names: str, nullable: bool = False) -> list[sa.Column[object]]:
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return [sa.Column(name, count, nullable=nullable) for name in names]


def _money(name: str) -> sa.Column[object]:
    amount = sa.Numeric(precision=18, scale=6).with_variant(ExactDecimal(), "sqlite")
    return sa.Column(name, amount, nullable=False)


def _cost_columns() -> list[sa.Column[object]]:
    return [_text("currency"), *_counts("priced_messages"), _money("cost")]


def _message_columns() -> list[sa.Column[object]]:
    seen, opened, clicked = ([act, f"{act}_messages", f"{act}_people"] for act in ACTS)
    return [
        *_counts("messages_sent"),
        *_counts("segments", nullable=True),
        *_counts("delivered"),
        *_counts("failed", "bounced_hard", "bounced_soft", nullable=True),
        *_counts("pending"),
        *_counts(*seen, *opened, "machine_opens", *clicked, nullable=True),
        *_counts("unsubscribed", "complained", "replied", nullable=True),
    ]
