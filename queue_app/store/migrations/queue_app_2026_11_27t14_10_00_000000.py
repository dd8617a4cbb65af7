"""Contacts at which nothing arrives, until somebody corrects or confirms them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T14:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Refused contacts"

SCHEMA = """
-- A phone, or an e-mail in small letters, as long as a booking names it.
CREATE TABLE refused_contact (
    contact text PRIMARY KEY CHECK (contact = lower(contact)),
    refused_at timestamptz NOT NULL,
    reason text NOT NULL
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
