"""What a supervisor orders for a day: what a desk gives, how many tickets are still given."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T18:40:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Orders of a supervisor for the day"

SCHEMA = """
-- Until then the desk gives these skills and not those of its plan.
CREATE TABLE desk_skills (
    branch_id integer NOT NULL,
    desk_id integer NOT NULL,
    skills text[] NOT NULL CHECK (cardinality(skills) > 0),
    until timestamptz NOT NULL,
    PRIMARY KEY (branch_id, desk_id),
    FOREIGN KEY (branch_id, desk_id) REFERENCES desk
);

-- Until then so many walk-ins are still given a ticket for this service.
CREATE TABLE ticket_limit (
    branch_id integer NOT NULL REFERENCES branch,
    service text NOT NULL REFERENCES service,
    remaining integer NOT NULL CONSTRAINT ticket_limit_holds CHECK (remaining >= 0),
    until timestamptz NOT NULL,
    PRIMARY KEY (branch_id, service)
);

-- Beside whatever kinds are known already.
DO $$
DECLARE known text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conname = 'office_event_kind_check');
BEGIN
    ALTER TABLE office_event DROP CONSTRAINT office_event_kind_check;
    EXECUTE 'ALTER TABLE office_event ADD CONSTRAINT office_event_kind_check '
        || replace(known, '''centre''::text', '''centre''::text, ''hall''::text');
END $$;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
