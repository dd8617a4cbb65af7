"""When the last of a series joined the queue: whoever has a lower number stands before."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-28T06:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The place in the queue follows the number"

SCHEMA = """
-- Known under the lock that gives the number; null where nobody of a series joined the live queue.
ALTER TABLE counter ADD COLUMN joined_at timestamptz;
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
