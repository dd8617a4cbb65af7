"""A device is what it can do, is paired by a code, and gives signs of life."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T16:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Paired devices"

SCHEMA = """
-- What stands already can do the one thing that it was added for; its token goes on.
ALTER TABLE device ADD COLUMN kinds text[];
UPDATE device SET kinds = ARRAY[kind];
ALTER TABLE device ALTER COLUMN kinds SET NOT NULL, DROP COLUMN kind,
    ADD CONSTRAINT device_kinds CHECK (cardinality(kinds) > 0
        AND kinds <@ '{kiosk, board, panel, printer, voice}'::text[]);

-- Its last sign of life, until when that holds, and what it said of itself.
ALTER TABLE device ADD COLUMN seen_at timestamptz, ADD COLUMN here_until timestamptz,
    ADD COLUMN version text, ADD COLUMN address text,
    ADD COLUMN battery smallint CHECK (battery BETWEEN 0 AND 100),
    ADD CONSTRAINT device_seen CHECK ((seen_at IS NULL) = (here_until IS NULL));

-- A machine that shows a code, until the office has confirmed it and it has got its token.
CREATE TABLE pairing (
    secret_hash bytea PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0
        AND kinds <@ '{kiosk, board, panel, printer, voice}'::text[]),
    name text NOT NULL,
    address text,
    created_at timestamptz NOT NULL,
    device_id integer UNIQUE REFERENCES device
);
CREATE INDEX pairing_created_at ON pairing (created_at);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
