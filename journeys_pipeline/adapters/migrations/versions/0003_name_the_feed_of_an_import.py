"""Name the feed of an import, so that each feed has a warning line of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("import_performance", sa.Column("feed_id", sa.String(), nullable=True))
    manifest = sa.table("landed_files", sa.column("file_id"), sa.column("feed_id"))
    imports = sa.table("import_performance", sa.column("file_id"), sa.column("feed_id"))
    feed = sa.select(manifest.c.feed_id).where(manifest.c.file_id == imports.c.file_id).scalar_subquery()
    op.execute(sa.update(imports).values(feed_id=feed))
