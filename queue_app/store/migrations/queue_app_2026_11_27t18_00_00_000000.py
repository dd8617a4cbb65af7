"""The services of a booking may change, so its events say which they are."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T18:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Other services for a booking"

SCHEMA = """
-- Beside whatever other verbs there are by now.
DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'appointment_event_verb_check');
BEGIN
    ALTER TABLE appointment_event DROP CONSTRAINT appointment_event_verb_check;
    EXECUTE 'ALTER TABLE appointment_event ADD CONSTRAINT appointment_event_verb_check '
        || replace(known, '''miss''::text', '''miss''::text, ''change''::text');
END $$;

-- Until now they never changed, so they were those of the row from the first event on.
ALTER TABLE appointment_event DISABLE TRIGGER appointment_event_append_only;
UPDATE appointment_event e SET data = data || jsonb_build_object('services', a.services)
FROM appointment a
WHERE e.verb = 'hold' AND e.branch_id = a.branch_id AND e.appointment_id = a.id;
ALTER TABLE appointment_event ENABLE TRIGGER appointment_event_append_only;
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
