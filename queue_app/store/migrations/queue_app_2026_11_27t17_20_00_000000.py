"""Where a branch is: its entrance, what of it is accessible, and where it lies on a map."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Where a branch is"

SCHEMA = """
ALTER TABLE branch ADD COLUMN entrance jsonb, ADD COLUMN access jsonb, ADD COLUMN map jsonb;
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
