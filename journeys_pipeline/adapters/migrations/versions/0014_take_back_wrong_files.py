"""Record which landed files were withdrawn, by whom and why; and which reports erasures rewrote."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    time = sa.DateTime(timezone=True)
    op.create_table(
        "withdrawals",
        sa.Column("file_id", sa.String(), nullable=False),
        sa.Column("withdrawn_at", time, nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("withdrawn_by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("taken_out_at", time, nullable=True),
        sa.Column("reinstated_at", time, nullable=True),
        sa.Column("reinstated_by", sa.String(), nullable=True),
        sa.Column("put_back_at", time, nullable=True),
        sa.PrimaryKeyConstraint("file_id", "withdrawn_at"),
    )
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in ("reports", "mails"):
        op.add_column("erasures", sa.Column(name, count, nullable=False, server_default="0"))
    op.add_column("report_register", sa.Column("altered_at", time, nullable=True))
