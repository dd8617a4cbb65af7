"""Holds are counted by browser, too, and phones are told of calls by web push."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T14:30:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Holds by browser, web push"

SCHEMA = """
ALTER TABLE hold_from ALTER COLUMN address DROP NOT NULL, ADD COLUMN browser bytea,
    ADD CONSTRAINT hold_from_somewhere CHECK (num_nonnulls(address, browser) > 0);
CREATE INDEX hold_from_browser ON hold_from (browser, held_until) WHERE browser IS NOT NULL;

-- By what push services know this centre (RFC 8292), for as long as it stands.
CREATE TABLE push_key (
    id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    private_key bytea NOT NULL
);

-- A browser that is to be told of one visit: of a booking and its ticket, or of a ticket without.
CREATE TABLE push_subscription (
    branch_id integer NOT NULL REFERENCES branch,
    id bigint GENERATED ALWAYS AS IDENTITY,
    appointment_id bigint,
    ticket_id bigint,
    endpoint text NOT NULL,
    p256dh bytea NOT NULL CHECK (length(p256dh) = 65),
    auth bytea NOT NULL CHECK (length(auth) = 16),
    language text NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (branch_id, id),
    FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment ON DELETE CASCADE,
    FOREIGN KEY (branch_id, ticket_id) REFERENCES ticket ON DELETE CASCADE,
    CONSTRAINT push_subscription_of_one CHECK (num_nonnulls(appointment_id, ticket_id) = 1)
);
CREATE UNIQUE INDEX push_subscription_appointment
    ON push_subscription (branch_id, appointment_id, endpoint) WHERE appointment_id IS NOT NULL;
CREATE UNIQUE INDEX push_subscription_ticket
    ON push_subscription (branch_id, ticket_id, endpoint) WHERE ticket_id IS NOT NULL;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
