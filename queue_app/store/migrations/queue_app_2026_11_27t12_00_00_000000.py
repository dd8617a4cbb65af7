"""A booking's contact can be corrected, and addresses are compared without case."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T12:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Contacts of residents"

SCHEMA = """
-- Beside whatever other verbs there are by now.
DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'appointment_event_verb_check');
BEGIN
    ALTER TABLE appointment_event DROP CONSTRAINT appointment_event_verb_check;
    EXECUTE 'ALTER TABLE appointment_event ADD CONSTRAINT appointment_event_verb_check '
        || replace(known, '''miss''::text', '''miss''::text, ''correct''::text');
END $$;

DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'office_event_kind_check');
BEGIN
    ALTER TABLE office_event DROP CONSTRAINT office_event_kind_check;
    EXECUTE 'ALTER TABLE office_event ADD CONSTRAINT office_event_kind_check '
        || replace(known, '''centre''::text', '''centre''::text, ''person''::text');
END $$;

DROP INDEX appointment_email;
CREATE INDEX appointment_email ON appointment (lower(email)) WHERE email IS NOT NULL;

-- Whence what is held is held: hashed, and gone with the hold.
CREATE TABLE hold_from (
    branch_id integer NOT NULL,
    appointment_id bigint NOT NULL,
    address bytea NOT NULL,
    held_until timestamptz NOT NULL,
    PRIMARY KEY (branch_id, appointment_id),
    FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment ON DELETE CASCADE
);
CREATE INDEX hold_from_address ON hold_from (address, held_until);

-- A stretch of a lane that was given back and is not shown yet.
CREATE TABLE freed_slot (
    branch_id integer NOT NULL,
    lane_id integer NOT NULL,
    period tstzrange NOT NULL,
    free_at timestamptz NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (branch_id, id),
    FOREIGN KEY (branch_id, lane_id) REFERENCES lane
);
CREATE INDEX freed_slot_free_at ON freed_slot (branch_id, free_at);

CREATE TABLE proof (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token_hash bytea NOT NULL UNIQUE,
    contact text NOT NULL,
    code_hash text,
    tries integer NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    asked_at timestamptz NOT NULL,
    proven_at timestamptz
);

CREATE TABLE tally (
    what text NOT NULL,
    subject bytea NOT NULL,
    begins_at timestamptz NOT NULL,
    times integer NOT NULL CHECK (times > 0),
    PRIMARY KEY (what, subject, begins_at)
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
