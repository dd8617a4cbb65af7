"""Sign-ins that failed slow the next ones down, and stored answers name nobody."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T15:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "The brake of sign-ins"

SCHEMA = """
-- How many sign-ins failed of late for one subject, hashed, and when the next may be tried.
CREATE TABLE brake (
    subject bytea PRIMARY KEY,
    failures integer NOT NULL CHECK (failures >= 0),
    last_at timestamptz NOT NULL,
    free_at timestamptz NOT NULL
);

-- From which browser, and from which network, somebody has signed in before.
CREATE TABLE known_browser (
    staff_id integer NOT NULL REFERENCES staff,
    token_hash bytea NOT NULL,
    network bytea,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (staff_id, token_hash)
);

-- Answers that are kept for whoever asks again name nobody from now on.
UPDATE request SET response = response - 'name' - 'phone' - 'email'
WHERE jsonb_typeof(response) = 'object';
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
