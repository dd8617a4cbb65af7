"""Days of a former system, from its log, which can be taken back."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T19:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Days that were imported"

SCHEMA = """
-- What came from the log of a former system, and can be taken back: a centre's own tickets cannot.
CREATE TABLE imported (
    branch_id integer NOT NULL,
    ticket_id bigint NOT NULL,
    row_hash bytea NOT NULL CHECK (length(row_hash) = 32),
    imported_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, ticket_id),
    UNIQUE (branch_id, row_hash),
    FOREIGN KEY (branch_id, ticket_id) REFERENCES ticket ON DELETE CASCADE
);
CREATE FUNCTION refuse_change_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM imported
            WHERE branch_id = OLD.branch_id AND ticket_id = OLD.ticket_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER ticket_event_append_only ON ticket_event;
CREATE TRIGGER ticket_event_append_only BEFORE UPDATE OR DELETE ON ticket_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_event();
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
