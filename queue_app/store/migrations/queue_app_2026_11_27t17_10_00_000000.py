"""When to come without a booking: what is foretold of each branch, kept and judged."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T17:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Waits ahead"

SCHEMA = """
-- What is foretold of a branch, made anew every minute; the coming week every hour.
CREATE TABLE waits_ahead (
    branch_id integer PRIMARY KEY REFERENCES branch,
    made_at timestamptz NOT NULL,
    week_at timestamptz NOT NULL,
    centre_version bigint NOT NULL,
    document jsonb NOT NULL
);

-- The range of a half hour as it was foretold an hour before, and what came of it.
CREATE TABLE foretold (
    branch_id integer NOT NULL REFERENCES branch,
    starts_at timestamptz NOT NULL,
    made_at timestamptz NOT NULL,
    low_minutes integer NOT NULL CHECK (low_minutes >= 0),
    high_minutes integer NOT NULL CHECK (high_minutes >= low_minutes),
    came integer CHECK (came >= 0),
    held integer CHECK (held >= 0 AND held <= came),
    PRIMARY KEY (branch_id, starts_at)
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
