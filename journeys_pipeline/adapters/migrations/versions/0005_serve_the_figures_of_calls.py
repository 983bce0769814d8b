"""Serve the figures of calls, by day and by month."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from journeys_pipeline.adapters.warehouse import ExactDecimal

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    for grain in ("day", "month"):
        _create(
            f"call_performance_by_{grain}",
            [],
            _count("calls"),
            *_answers(),
            _count("completed"),
            _count("ended_early"),
            sa.Column("completion_rate", sa.Float(), nullable=True),
            _exact("talk_time_s", 3),
            _exact("median_talk_time_s", 4),
            _count("unique_callers"),
        )
        _create(
            f"call_element_performance_by_{grain}",
            ["element_id"],
            _count("calls"),
            *_answers()[1:],
            _exact("talk_time_s", 3),
        )
        _create(f"call_costs_by_{grain}", ["element_id", "currency"], _count("calls"), _exact("cost", 6))
        _create(f"call_hours_by_{grain}", [_count("weekday"), _count("hour")], _count("calls"), _count("answered"))
        _create(f"call_drop_offs_by_{grain}", ["element_id"], _count("ended_early"), _share())
        _create(
            f"menu_performance_by_{grain}",
            ["element_id"],
            *(_count(name, nullable=True) for name in ("shown", "repeats", "pressed", "no_input", "invalid")),
        )
        _create(
            f"menu_paths_by_{grain}",
            ["element_id", "key", "next_element_id"],
            sa.Column("label", sa.String(), nullable=True),
            _count("presses"),
            _share(),
        )
        _create(
            f"input_performance_by_{grain}",
            ["element_id", "variable"],
            *(_count(name) for name in ("attempts", "ok", "no_input", "invalid")),
            _count("distinct_values", nullable=True),
        )
        _create(f"input_values_by_{grain}", ["element_id", "variable", "masking", "value"], _count("inputs"))


def _create(table: str, key: list[Any], *columns: sa.Column[Any]) -> None:
    """A table whose key is the cell (account, journey, version, period) and these columns, or texts of these names."""
    keys = [
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("journey_version", sa.Integer(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        *(sa.Column(part, sa.String(), nullable=False) if isinstance(part, str) else part for part in key),
    ]
    op.create_table(table, *keys, *columns, sa.PrimaryKeyConstraint(*(column.name for column in keys)))


def _answers() -> list[sa.Column[Any]]:
    names = ["answered", "answered_by_human", "answered_by_machine", "no_answer", "busy", "failed"]
    return [_count(name) for name in names]


def _count(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _share() -> sa.Column[Any]:
    return sa.Column("share", sa.Float(), nullable=False)


def _exact(name: str, scale: int) -> sa.Column[Any]:
    return sa.Column(name, sa.Numeric(precision=18, scale=scale).with_variant(ExactDecimal(), "sqlite"), nullable=True)
