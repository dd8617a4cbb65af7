"""Ranges corrected by minutes added to their ends, by people ahead: what a promise was made of."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T19:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Minutes that correct ranges"

SCHEMA = """
DROP INDEX promise_unheard;
ALTER TABLE promise
    DROP COLUMN heard,
    ADD COLUMN people_ahead integer CHECK (people_ahead >= 0),
    ADD COLUMN low_forecast real CHECK (low_forecast >= 0),
    ADD COLUMN high_forecast real CHECK (high_forecast >= low_forecast);
CREATE INDEX promise_teaches ON promise (branch_id, promised_at)
    WHERE shown = 'ticket' AND outcome = 'called' AND low_forecast IS NOT NULL;
CREATE INDEX desk_event_at ON desk_event (branch_id, at);
ALTER TABLE branch_habits DROP COLUMN low_end, DROP COLUMN high_end,
    ADD COLUMN correction jsonb NOT NULL DEFAULT '{}',
    ADD CONSTRAINT branch_habits_correction CHECK (jsonb_typeof(correction) = 'object');
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
