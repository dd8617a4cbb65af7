"""What the jobs look for stands in indexes of its own, so that none reads the whole past for it."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-26T20:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes of what jobs look for"

SCHEMA = """
CREATE INDEX appointment_held ON appointment (branch_id, held_until) WHERE state = 'held';
CREATE INDEX appointment_named ON appointment (branch_id, (
    CASE WHEN state IN ('cancelled', 'expired') THEN changed_at ELSE upper(period) END
)) WHERE state NOT IN ('held', 'booked') AND num_nonnulls(name, phone, email) > 0;
CREATE INDEX message_created ON message (branch_id, created_at);
CREATE INDEX message_unsent ON message (branch_id, created_at)
    WHERE state IN ('waiting', 'failed');
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
