"""What is learned of a branch's visitors."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-24T08:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Learned habits"

SCHEMA = """
CREATE TABLE branch_habits (
    branch_id integer PRIMARY KEY REFERENCES branch,
    document jsonb NOT NULL,
    learned_at timestamptz NOT NULL,
    CONSTRAINT branch_habits_sane CHECK ((
        (document ->> 'comes')::float8 BETWEEN 0 AND 1
        AND (document ->> 'early_spread')::float8 > 0
        AND (document ->> 'change_over')::float8 >= 0
        AND (document ->> 'priority_per_minute')::float8 >= 0
    ) IS TRUE)
);
"""


async def create() -> None:
    """In the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
