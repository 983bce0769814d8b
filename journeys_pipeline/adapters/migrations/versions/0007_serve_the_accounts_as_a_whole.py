"""Serve the figures of an account as a whole, by day, by month, and for the first days of each month."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for grain in ("day", "month"):
        _create(f"account_performance_by_{grain}", "period")
    _create("account_month_starts", "month", _count("days"))


def _create(table: str, period: str, *columns: sa.Column[Any]) -> None:
    names = ["profiles_in_journey", "entries", "active_profiles", "goal_performers", "messages_sent"]
    op.create_table(
        table,
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column(period, sa.Date(), nullable=False),
        *columns,
        *(_count(name) for name in names),
        sa.PrimaryKeyConstraint("account_id", period),
    )


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)
