"""Ranges that correct themselves: where their ends are told, and which promises were heard."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-25T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The correction of a branch's ranges"

SCHEMA = """
ALTER TABLE branch_habits
    ADD COLUMN low_end double precision NOT NULL DEFAULT -1
        CONSTRAINT branch_habits_low_end CHECK (low_end BETWEEN -4 AND -0.25),
    ADD COLUMN high_end double precision NOT NULL DEFAULT 1
        CONSTRAINT branch_habits_high_end CHECK (high_end BETWEEN 0.25 AND 4);
ALTER TABLE promise ADD COLUMN heard boolean NOT NULL DEFAULT false;
CREATE INDEX promise_unheard ON promise (branch_id, promised_at)
    WHERE NOT heard AND shown = 'ticket' AND outcome = 'called';
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
