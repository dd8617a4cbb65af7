"""A branch may be the contact centre: one for the whole city, whose people phone."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The contact centre"

SCHEMA = """
ALTER TABLE branch ADD COLUMN kind text NOT NULL DEFAULT 'office'
    CHECK (kind IN ('office', 'contact_centre'));
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
