"""A desk asks for help, or for a break."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T19:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "What a desk asks for"

SCHEMA = """
ALTER TABLE desk ADD COLUMN help_at timestamptz, ADD COLUMN break_asked_at timestamptz,
    ADD COLUMN break_reason text,
    ADD CONSTRAINT desk_asks CHECK (state <> 'closed'
        OR num_nonnulls(help_at, break_asked_at, break_reason) = 0),
    ADD CONSTRAINT desk_break_asked CHECK ((break_asked_at IS NULL) = (break_reason IS NULL)
        AND (break_asked_at IS NULL OR state = 'open'));
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
