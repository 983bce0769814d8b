"""Register every kind of report with who asked for what, and let mails be tried again."""

import calendar
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

NEW = [
    sa.Column("requested_by", sa.String(), nullable=False, server_default="not recorded"),
    sa.Column("parameters", sa.String(), nullable=False, server_default="{}"),
    sa.Column("first_day", sa.Date(), nullable=True),
    sa.Column("last_day", sa.Date(), nullable=True),
    sa.Column("file_sha256", sa.String(), nullable=True),
]


def upgrade() -> None:
    with op.batch_alter_table("report_register") as register:
        for column in NEW:
            register.add_column(column)
        register.alter_column("month", existing_type=sa.Date(), nullable=True)
    _move_sub_accounts()
    with op.batch_alter_table("report_register") as register:
        register.drop_column("sub_accounts")
        register.alter_column("requested_by", existing_type=sa.String(), server_default=None)
        register.alter_column("parameters", existing_type=sa.String(), server_default=None)
    op.add_column("mail_outbox", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    outbox = sa.table("mail_outbox", *(sa.column(name) for name in ("state", "due_at", "updated_at")))
    is_waiting = outbox.c.state.in_(["queued", "failed"])
    op.execute(sa.update(outbox).where(is_waiting).values(due_at=outbox.c.updated_at))


def _move_sub_accounts() -> None:
    """What was asked for stood in columns of its own; it becomes the parameters of an MEP report as closed."""
    register = sa.table(
        "report_register",
        *(sa.column(name) for name in ("report_id", "sub_accounts", "parameters")),
        *(sa.column(name, sa.Date()) for name in ("month", "first_day", "last_day")),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(register.c.report_id, register.c.sub_accounts, register.c.month)).all():
        asked: dict[str, Any] = {"edition": "as_closed", "kind": "mep", "month": f"{row.month:%Y-%m}"}
        asked["sub_accounts"] = row.sub_accounts.split(",") if row.sub_accounts else []
        end = row.month.replace(day=calendar.monthrange(row.month.year, row.month.month)[1])
        values = {"parameters": json.dumps(asked, sort_keys=True), "first_day": row.month, "last_day": end}
        connection.execute(sa.update(register).where(register.c.report_id == row.report_id).values(values))
