"""A message has a name that no other has, even after a backup was restored, and so has the outbox
of each database; a message that nobody needs any more is dropped, which is no failure."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-26T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Identities of messages and of their outbox; messages that are dropped"

SCHEMA = """
CREATE TABLE outbox (
    id integer PRIMARY KEY DEFAULT 1 CONSTRAINT outbox_is_one CHECK (id = 1),
    identity uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO outbox DEFAULT VALUES;

ALTER TABLE message
    ADD COLUMN identity uuid NOT NULL DEFAULT gen_random_uuid()
        CONSTRAINT message_identity UNIQUE,
    DROP CONSTRAINT message_state_check,
    ADD CONSTRAINT message_state_check CHECK (state IN ('waiting', 'sent', 'failed', 'dropped'));
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
