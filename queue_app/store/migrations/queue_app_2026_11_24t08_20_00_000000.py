"""A revoked device leaves its name to another."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-24T08:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Names of devices in use"

SCHEMA = """
ALTER TABLE device DROP CONSTRAINT device_branch_id_name_key;
CREATE UNIQUE INDEX device_name ON device (branch_id, name) WHERE revoked_at IS NULL;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
