"""Who comes with whoever holds a ticket."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T19:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Company of a ticket"

SCHEMA = """
-- `people` with the same errand share one number; `company`: whoever holds it has somebody who
-- helps along, or comes for somebody else.
ALTER TABLE ticket ADD COLUMN people smallint NOT NULL DEFAULT 1 CHECK (people BETWEEN 1 AND 5);
ALTER TABLE ticket ADD COLUMN company text CHECK (company IN ('helped', 'represents'));
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
