"""Whether a right to go first was shown at the desk."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The document of a right to go first"

SCHEMA = """
ALTER TABLE ticket ADD COLUMN right_shown boolean;
ALTER TABLE ticket ADD CONSTRAINT ticket_right_shown
    CHECK (right_shown IS NULL OR priority IS NOT NULL);
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
