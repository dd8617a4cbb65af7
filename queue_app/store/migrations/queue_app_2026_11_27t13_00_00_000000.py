"""Bookings that the centre's changed plans left without a place, until each is settled."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T13:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Bookings that changed plans hit"

SCHEMA = """
ALTER TABLE appointment_event
    DROP CONSTRAINT appointment_event_verb_check,
    ADD CONSTRAINT appointment_event_verb_check CHECK (verb IN (
        'hold', 'extend', 'confirm', 'move', 'cancel', 'expire', 'check_in', 'fulfil', 'miss',
        'unsettle', 'settle', 'restore'
    ));

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
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
