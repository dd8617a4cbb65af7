"""Bookings of a former system, and how its desks stood, beside the tickets that were imported."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T19:50:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Bookings and desks that were imported"

SCHEMA = """
-- A row of a log is a ticket, with its booking if it had one, or a booking to which nobody came.
ALTER TABLE imported DROP CONSTRAINT imported_pkey,
    ALTER COLUMN ticket_id DROP NOT NULL,
    ADD COLUMN appointment_id bigint,
    ADD FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment ON DELETE CASCADE,
    DROP CONSTRAINT imported_branch_id_row_hash_key,
    ADD PRIMARY KEY (branch_id, row_hash),
    ADD UNIQUE (branch_id, ticket_id),
    ADD UNIQUE (branch_id, appointment_id),
    ADD CHECK (num_nonnulls(ticket_id, appointment_id) > 0);

CREATE FUNCTION refuse_change_of_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM imported
            WHERE branch_id = OLD.branch_id AND appointment_id = OLD.appointment_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
DROP TRIGGER appointment_event_append_only ON appointment_event;
CREATE TRIGGER appointment_event_append_only BEFORE UPDATE OR DELETE ON appointment_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_booking();

-- When a desk was opened, paused and closed, by nobody who is known: no event of a clerk.
CREATE TABLE imported_mark (
    branch_id integer NOT NULL,
    desk_id integer NOT NULL,
    at timestamptz NOT NULL,
    verb text NOT NULL CHECK (verb IN ('open', 'pause', 'resume', 'close')),
    PRIMARY KEY (branch_id, desk_id, at, verb),
    FOREIGN KEY (branch_id, desk_id) REFERENCES desk
);
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
