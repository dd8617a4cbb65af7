"""Bookings that the centre's changed plans left without a place, until each is settled."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Bookings that changed plans hit"

SCHEMA = """
-- Beside whatever other verbs there are by now.
DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'appointment_event_verb_check');
BEGIN
    ALTER TABLE appointment_event DROP CONSTRAINT appointment_event_verb_check;
    EXECUTE 'ALTER TABLE appointment_event ADD CONSTRAINT appointment_event_verb_check '
        || replace(known, '''miss''::text',
            '''miss''::text, ''unsettle''::text, ''settle''::text, ''restore''::text');
END $$;

CREATE TABLE unsettled (
    branch_id integer NOT NULL,
    appointment_id bigint NOT NULL,
    since timestamptz NOT NULL,
    why text NOT NULL CHECK (why IN ('branch', 'closed', 'service', 'lane')),
    settled_at timestamptz,
    how text CHECK (how IN ('moved', 'cancelled', 'came', 'staff', 'restored', 'over')),
    PRIMARY KEY (branch_id, appointment_id, since),
    FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment,
    CONSTRAINT unsettled_ends_whole CHECK (num_nulls(settled_at, how) IN (0, 2)),
    CONSTRAINT unsettled_times_in_order CHECK (settled_at >= since)
);
CREATE UNIQUE INDEX unsettled_once ON unsettled (branch_id, appointment_id)
    WHERE settled_at IS NULL;

-- Whom a branch that is no more left without a place before there was a list.
INSERT INTO unsettled (branch_id, appointment_id, since, why)
SELECT branch_id, a.id, greatest(retired_at, a.created_at), 'branch'
FROM appointment a JOIN branch ON branch.id = a.branch_id
WHERE a.state = 'booked' AND checked_in_at IS NULL AND retired_at IS NOT NULL;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
