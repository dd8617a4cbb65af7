"""A lane may pause between visits, and keep a share of its day for walk-ins."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Pauses and walk-ins of a lane"

SCHEMA = """
ALTER TABLE lane
    ADD COLUMN pause_minutes integer NOT NULL DEFAULT 0 CHECK (pause_minutes BETWEEN 0 AND 240),
    ADD COLUMN walk_in_percent integer NOT NULL DEFAULT 0 CHECK (walk_in_percent BETWEEN 0 AND 90);
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
