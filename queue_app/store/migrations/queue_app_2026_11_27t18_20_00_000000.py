"""What was done in a visit: the services given, an outcome, and notes, which go with retention."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T18:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What was done in a visit"

SCHEMA = """
-- Empty: those that were asked for.
ALTER TABLE ticket ADD COLUMN given text[] NOT NULL DEFAULT '{}', ADD COLUMN outcome text,
    ADD CONSTRAINT ticket_given_finished
        CHECK (state = 'finished' OR (given = '{}' AND outcome IS NULL));

-- Words of staff about a person, so in no event: those are kept for ever.
CREATE TABLE visit_note (
    branch_id integer NOT NULL,
    ticket_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    text text NOT NULL CHECK (length(text) BETWEEN 1 AND 500),
    PRIMARY KEY (branch_id, ticket_id, seq),
    FOREIGN KEY (branch_id, ticket_id) REFERENCES ticket
);
CREATE INDEX visit_note_at ON visit_note (branch_id, at);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
