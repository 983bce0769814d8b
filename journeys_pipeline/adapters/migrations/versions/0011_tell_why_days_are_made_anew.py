"""Tell which files a day is made anew for; let the options of a menu in which nobody pressed any have no share."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    files = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("touched_days", sa.Column("files", files, nullable=True))
    op.add_column("touched_days", sa.Column("file_id", sa.String(), nullable=True))
    for grain in ("day", "month"):
        with op.batch_alter_table(f"menu_paths_by_{grain}") as paths:
            paths.alter_column("share", existing_type=sa.Float(), nullable=True)
