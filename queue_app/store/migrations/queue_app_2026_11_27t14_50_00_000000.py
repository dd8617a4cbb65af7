"""Whoever is called before their booked time and is not there is expected at that time."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T14:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Rights that last, and calls that end before an alert"

SCHEMA = """
-- From when somebody may be called again who was not there when called early.
ALTER TABLE ticket ADD COLUMN expected_at timestamptz;
ALTER TABLE ticket ADD CONSTRAINT ticket_expected_waits
    CHECK (expected_at IS NULL OR (state = 'waiting' AND due_at IS NOT NULL));
-- Until when a call is from before: its beginning, or later where a clock was ahead. NULL: it began
-- before there was such a rule.
ALTER TABLE interruption ADD COLUMN calls_until timestamptz;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
