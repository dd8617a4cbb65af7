"""The secret out of which a hall's code is made."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The code of the hall"

SCHEMA = """
ALTER TABLE branch ADD COLUMN hall_secret uuid NOT NULL DEFAULT gen_random_uuid();
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
