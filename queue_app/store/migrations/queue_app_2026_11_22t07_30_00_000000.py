"""What is learned of service times, and every estimate that was promised."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-22T07:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Learned service times and promised waits"

SCHEMA = """
CREATE TABLE service_time (
    branch_id integer NOT NULL REFERENCES branch,
    service text NOT NULL REFERENCES service,
    mu double precision NOT NULL,
    sigma double precision NOT NULL CHECK (sigma > 0),
    visits double precision NOT NULL CHECK (visits > 0),
    learned_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, service)
);

CREATE TABLE promise (
    branch_id integer NOT NULL,
    ticket_id bigint NOT NULL,
    promised_at timestamptz NOT NULL,
    low_minutes integer NOT NULL CHECK (low_minutes >= 0),
    high_minutes integer NOT NULL CHECK (high_minutes > low_minutes),
    PRIMARY KEY (branch_id, ticket_id),
    FOREIGN KEY (branch_id, ticket_id) REFERENCES ticket
);
CREATE INDEX promise_at ON promise (branch_id, promised_at);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
