"""Warehouse revisions, run by alembic: from any earlier one to the newest, whole or not at all."""

import threading
from pathlib import Path

import sqlalchemy as sa

NEWEST = "head"
LOCK = 0x6A6F7572  # one process migrates a PostgreSQL database at a time; the number is ours
_one_at_a_time = threading.Lock()  # what alembic is at work on is global to the process


class WarehouseIsNewer(Exception):
    """A newer version of this program has migrated the database; the message says what to do."""


def upgrade(connection: sa.Connection, revision: str = NEWEST) -> None:
    """Bring the database to a revision, in the transaction that the caller has begun.

    Raises:
        WarehouseIsNewer: the database is at a revision that this version does not know.
    """
    from alembic import command  # noqa: PLC0415 - a second of import time that only migrations need
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.migration import MigrationContext  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":  # SQLite locks the whole database when the transaction begins
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise WarehouseIsNewer(
            f"The warehouse is at revision {', '.join(sorted(unknown))}, and this version of journeys_pipeline knows "
            f"none after {scripts.get_current_head()}: a newer version has opened it. Nothing was changed. Install "
            "that version again, or put back the backup that was made before the upgrade (docs/operations.md)."
        )
    with _one_at_a_time:
        command.upgrade(config, revision)
