"""Serve MEPs by day, sub-account, campaign, journey and entry source, and list the statements of closed months.

Months that were marked as closed have no statement yet: they are due again, and close with one.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from journeys_pipeline.adapters.warehouse import ExactDecimal

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    money = sa.Numeric(precision=18, scale=6).with_variant(ExactDecimal(), "sqlite")
    for column in (
        _text("plan", nullable=True),
        sa.Column("price", money, nullable=True),
        _text("currency", nullable=True),
        _count("projected", nullable=True),
        _count("adjustments", server_default="0"),
    ):
        op.add_column("mep_summary", column)
    op.execute(sa.update(sa.table("mep_summary", sa.column("is_closed"))).values(is_closed=sa.false()))
    _create("mep_by_day", [sa.Column("day", sa.Date(), nullable=False)], _count("new"), _count("cumulative"))
    _create("mep_by_sub_account", [_text("sub_account_id")], _count("billed"), _count("engaged"))
    _create("mep_by_campaign", [_text("campaign_id")], _text("campaign_name"), _count("billed"), _count("engaged"))
    _create(
        "mep_by_journey",
        [_text("journey_id")],
        _text("journey_name"),
        _text("campaign_id"),
        _text("campaign_name"),
        _count("billed"),
        _count("engaged"),
        _count("rank"),
    )
    _create("mep_by_journey_day", [_text("journey_id"), sa.Column("day", sa.Date(), nullable=False)], _count("billed"))
    _create("mep_by_entry_source", [_text("entry_source")], _count("billed"))
    _create(
        "mep_statements",
        [],
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        _count("row_count"),
        _text("sha256"),
        _text("path"),
    )


def _create(table: str, key: list[sa.Column[Any]], *columns: sa.Column[Any]) -> None:
    """A table whose key is account, month and these columns."""
    keys = [_text("account_id"), sa.Column("month", sa.Date(), nullable=False), *key]
    op.create_table(table, *keys, *columns, sa.PrimaryKeyConstraint(*(column.name for column in keys)))


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _count(name: str, *, nullable: bool = False, server_default: str | None = None) -> sa.Column[Any]:
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, whole, nullable=nullable, server_default=server_default)
