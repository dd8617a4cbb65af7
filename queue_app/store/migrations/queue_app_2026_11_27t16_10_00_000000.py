"""A line that a supervisor puts on the boards of a branch, until the end of its day."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T16:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Lines on boards"

SCHEMA = """
-- One at most for a branch; `said`: the text by language.
CREATE TABLE board_line (
    branch_id integer PRIMARY KEY REFERENCES branch,
    said jsonb NOT NULL CHECK (jsonb_typeof(said) = 'object' AND said <> '{}'),
    until timestamptz NOT NULL
);

-- Beside whatever kinds are known already.
DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'office_event_kind_check');
BEGIN
    ALTER TABLE office_event DROP CONSTRAINT office_event_kind_check;
    EXECUTE 'ALTER TABLE office_event ADD CONSTRAINT office_event_kind_check '
        || replace(known, '''centre''::text', '''centre''::text, ''board''::text');
END $$;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
