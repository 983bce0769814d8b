"""Remember when months were booked; what was made before counts as booked."""

from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    bookings = op.create_table(
        "bookings",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "month"),
    )
    instant = sa.DateTime(timezone=True)
    kinds = {"account_id": sa.String(), "day": sa.Date(), "as_of": instant, "begun_at": instant}
    made = sa.table("refreshes", *(sa.column(name, kind) for name, kind in kinds.items()))
    newest: dict[tuple[str, date], dict[str, Any]] = {}
    for row in op.get_bind().execute(sa.select(made).order_by(made.c.begun_at)).mappings():
        newest[row["account_id"], row["day"].replace(day=1)] = {name: row[name] for name in ("as_of", "begun_at")}
    op.bulk_insert(
        bookings,
        [{"account_id": account_id, "month": month, **times} for (account_id, month), times in newest.items()],
    )
