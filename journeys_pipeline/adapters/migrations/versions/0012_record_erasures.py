"""Record which persons were erased, and which landed bytes are no longer as fetched."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    count = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.String(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("requested_by", sa.String(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contacts", count, nullable=False),
        sa.Column("landed_files", count, nullable=False),
        sa.Column("lake_rows", count, nullable=False),
        sa.Column("warehouse_rows", count, nullable=False),
        sa.PrimaryKeyConstraint("erasure_id"),
    )
    op.create_table(
        "altered_bytes",
        sa.Column("connection_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("altered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "sha256"),
    )
