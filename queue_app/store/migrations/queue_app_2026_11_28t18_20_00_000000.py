"""What version a branch has at this moment, whatever the statement that asks has seen."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-28T18:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The version of a branch after a lock"

SCHEMA = """
-- A statement that waits for a lock goes on with what it saw before it waited; a volatile function
-- looks anew. Asked for what was locked, this says how the branch stands since.
CREATE FUNCTION version_now(branch integer) RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce((SELECT version FROM branch_version WHERE branch_id = branch), 0);
END $$;
"""


async def create() -> None:
    """Past Piccolo's prepared statements; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
