"""Register every kind of report with who asked for what, and let mails be tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

NEW = [
    sa.Column("requested_by", sa.String(), nullable=True),
    sa.Column("parameters", sa.String(), nullable=True),
    sa.Column("first_day", sa.Date(), nullable=True),
    sa.Column("last_day", sa.Date(), nullable=True),
    sa.Column("file_sha256", sa.String(), nullable=True),
]


def upgrade() -> None:
    with op.batch_alter_table("report_register") as register:
        for column in NEW:
            register.add_column(column)
        register.alter_column("month", existing_type=sa.Date(), nullable=True)
    op.add_column("mail_outbox", sa.Column("due_at", sa.DateTime(timezone=True), nullable=True))
    outbox = sa.table("mail_outbox", *(sa.column(name) for name in ("state", "due_at", "updated_at")))
    is_waiting = outbox.c.state.in_(["queued", "failed"])
    op.execute(sa.update(outbox).where(is_waiting).values(due_at=outbox.c.updated_at))
