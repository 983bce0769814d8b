"""Serve goal events by the time since the entry that earned them, by day and by month."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for grain in ("day", "month"):
        op.create_table(
            f"goal_delays_by_{grain}",
            sa.Column("account_id", sa.String(), nullable=False),
            sa.Column("journey_id", sa.String(), nullable=False),
            sa.Column("period", sa.Date(), nullable=False),
            sa.Column("delay", sa.String(), nullable=False),
            sa.Column("goal_events", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
            sa.PrimaryKeyConstraint("account_id", "journey_id", "period", "delay"),
        )
