"""Every range that a person is shown is kept, not only the first, with what came true."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-24T08:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Promised waits shown since the ticket, and their outcome"

SCHEMA = """
DROP INDEX promise_at;
ALTER TABLE promise
    DROP CONSTRAINT promise_pkey,
    ADD PRIMARY KEY (branch_id, promised_at, ticket_id),
    ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    ADD COLUMN shown text NOT NULL DEFAULT 'ticket' CHECK (shown IN ('ticket', 'later')),
    ADD COLUMN outcome text CHECK (outcome IN ('called', 'left', 'closed')),
    ADD COLUMN waited_minutes double precision CHECK (waited_minutes >= 0),
    ADD CHECK ((outcome IS NULL) = (waited_minutes IS NULL));
ALTER TABLE promise ALTER COLUMN revision DROP DEFAULT, ALTER COLUMN shown DROP DEFAULT;
CREATE INDEX promise_open ON promise (branch_id, ticket_id) WHERE outcome IS NULL;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
