"""The waiting list: wishes, and holds that are offered to one."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-27T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Waiting list"

SCHEMA = """
CREATE TABLE wish (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('open', 'booked', 'withdrawn', 'ended')),
    services text[] NOT NULL CHECK (cardinality(services) > 0),
    channel text NOT NULL CHECK (channel IN ('visit', 'phone')),
    branches integer[] NOT NULL CHECK (cardinality(branches) > 0),
    first_day date NOT NULL,
    last_day date NOT NULL,
    weekdays integer[] NOT NULL CHECK (weekdays <@ '{0, 1, 2, 3, 4, 5, 6}'::integer[]),
    from_hour integer NOT NULL,
    until_hour integer NOT NULL,
    language text NOT NULL,
    name text,
    phone text,
    email text,
    made_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    revision integer NOT NULL,
    CONSTRAINT wish_days_in_order CHECK (first_day <= last_day),
    CONSTRAINT wish_hours_in_order
        CHECK (from_hour >= 0 AND from_hour < until_hour AND until_hour <= 24),
    CONSTRAINT wish_can_be_told CHECK (state <> 'open' OR num_nonnulls(phone, email) > 0)
);
CREATE INDEX wish_open ON wish (id) WHERE state = 'open';
CREATE INDEX wish_named ON wish (changed_at)
    WHERE state <> 'open' AND num_nonnulls(name, phone, email) > 0;
CREATE INDEX wish_phone ON wish (phone) WHERE phone IS NOT NULL;
CREATE INDEX wish_email ON wish (lower(email)) WHERE email IS NOT NULL;

-- What is asked stands in the events, who asks does not.
CREATE TABLE wish_event (
    wish_id bigint NOT NULL REFERENCES wish,
    seq integer NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    verb text NOT NULL CHECK (verb IN ('make', 'change', 'book', 'withdraw', 'end')),
    actor text NOT NULL CHECK (actor <> ''),
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (wish_id, seq)
);
CREATE TRIGGER wish_event_append_only BEFORE UPDATE OR DELETE ON wish_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An offer is a hold that belongs to a wish, which has one at a time.
ALTER TABLE appointment ADD COLUMN wish_id bigint REFERENCES wish;
CREATE UNIQUE INDEX offer_one_per_wish ON appointment (wish_id)
    WHERE state = 'held' AND wish_id IS NOT NULL;
CREATE INDEX appointment_wish ON appointment (wish_id) WHERE wish_id IS NOT NULL;
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
