"""Who is reminded of a booking: how far that has come, and who wishes for none."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T14:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reminders"

SCHEMA = """
-- Whoever is booked up to `reach` has had this reminder, or was not to have it.
CREATE TABLE reminded (
    reminder text PRIMARY KEY,
    reach timestamptz NOT NULL
);

-- A phone or an e-mail in lower case; it goes with the last booking that names it.
CREATE TABLE unreminded (
    contact text PRIMARY KEY CHECK (contact <> ''),
    since timestamptz NOT NULL
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
