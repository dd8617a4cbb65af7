"""Whether an end of the day let everybody go, so that nothing is booked for it either."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-28T20:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "A day that is over is not booked"

SCHEMA = """
-- No more tickets leave the bookings of the day as they are; once nobody is received any more,
-- there are no times of it either. Whoever gives tickets again receives people again. A ticket too
-- many is refused by the constraint of the limit, whose name is asked for, and not by this one.
ALTER TABLE ticket_limit
    ADD COLUMN is_over boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT ticket_limit_over CHECK (remaining <= 0 OR NOT is_over);
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
