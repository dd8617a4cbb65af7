"""Appointments, staff, devices and settings leave events; messages that are to leave; jobs."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from queue_app.store.db import engine

ID = "2026-11-26T06:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Events of appointments and of the office, outbox, jobs"

SCHEMA = """
ALTER TABLE appointment
    ADD COLUMN revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    ADD COLUMN checked_in_at timestamptz;

CREATE TABLE appointment_event (
    branch_id integer NOT NULL,
    appointment_id bigint NOT NULL,
    seq integer NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    verb text NOT NULL CHECK (verb IN (
        'hold', 'extend', 'confirm', 'move', 'cancel', 'expire', 'check_in', 'fulfil', 'miss'
    )),
    actor text NOT NULL CHECK (actor <> ''),
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (branch_id, appointment_id, seq),
    FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment
);

-- What is known of appointments from before there were events, in the order in which it must
-- have happened; marked, as nobody wrote it down at the time.
CREATE TEMPORARY TABLE step ON COMMIT DROP AS
    SELECT branch_id, id, 1 AS place, created_at AS at, 'hold' AS verb,
        jsonb_build_object('lane_id', lane_id, 'starts_at', lower(period),
            'ends_at', upper(period), 'held_until', coalesce(held_until, created_at),
            'language', language) AS data
    FROM appointment
    UNION ALL
    SELECT branch_id, id, 2, changed_at, 'move', jsonb_build_object('lane_id', lane_id,
        'starts_at', lower(period), 'ends_at', upper(period))
    FROM appointment WHERE state = 'held' AND changed_at > created_at
    UNION ALL
    SELECT branch_id, id, 2, CASE state WHEN 'booked' THEN changed_at ELSE created_at END,
        'confirm', jsonb_build_object('language', language)
    FROM appointment WHERE state IN ('booked', 'fulfilled', 'missed')
        OR (state = 'cancelled' AND num_nonnulls(name, phone, email) > 0)
    UNION ALL
    SELECT a.branch_id, a.id, 3, min(t.issued_at), 'check_in', '{}'
    FROM appointment a JOIN ticket t ON t.branch_id = a.branch_id AND t.appointment_id = a.id
    WHERE a.state IN ('booked', 'fulfilled', 'missed') GROUP BY a.branch_id, a.id
    UNION ALL
    SELECT branch_id, id, 4, changed_at, CASE state WHEN 'cancelled' THEN 'cancel'
        WHEN 'expired' THEN 'expire' WHEN 'fulfilled' THEN 'fulfil' ELSE 'miss' END, '{}'
    FROM appointment WHERE state IN ('cancelled', 'expired', 'fulfilled', 'missed');

INSERT INTO appointment_event (branch_id, appointment_id, seq, at, verb, actor, data)
SELECT branch_id, id, row_number() OVER steps, max(at) OVER steps, verb, 'system',
    data || '{"reconstructed": true}'
FROM step WINDOW steps AS (PARTITION BY branch_id, id ORDER BY place);

UPDATE appointment SET revision = last.seq, changed_at = last.at, checked_in_at = came.at
FROM (SELECT DISTINCT ON (branch_id, appointment_id) branch_id, appointment_id, seq, at
        FROM appointment_event ORDER BY branch_id, appointment_id, seq DESC) last
    LEFT JOIN (SELECT branch_id, appointment_id, at FROM appointment_event
        WHERE verb = 'check_in') came USING (branch_id, appointment_id)
WHERE appointment.branch_id = last.branch_id AND appointment.id = last.appointment_id;

ALTER TABLE appointment ADD CONSTRAINT appointment_held_until CHECK (
    CASE WHEN state IN ('held', 'expired') THEN held_until IS NOT NULL ELSE held_until IS NULL END
), ADD CONSTRAINT appointment_came_to_a_booking CHECK (
    checked_in_at IS NULL OR state IN ('booked', 'fulfilled', 'missed')
);
CREATE TRIGGER appointment_event_append_only BEFORE UPDATE OR DELETE ON appointment_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE desk_event DISABLE TRIGGER desk_event_append_only;
ALTER TABLE desk_event ADD COLUMN actor text CHECK (actor <> '');
UPDATE desk_event SET actor = 'staff:' || staff_id;
ALTER TABLE desk_event ALTER COLUMN actor SET NOT NULL;
ALTER TABLE desk_event ENABLE TRIGGER desk_event_append_only;

CREATE TABLE office_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    actor text NOT NULL CHECK (actor <> ''),
    kind text NOT NULL CHECK (kind IN ('staff', 'device', 'centre', 'interruption')),
    subject text NOT NULL,
    branch_id integer REFERENCES branch,
    verb text NOT NULL,
    before jsonb,
    after jsonb
);
CREATE INDEX office_event_subject ON office_event (kind, subject, id);
CREATE TRIGGER office_event_append_only BEFORE UPDATE OR DELETE ON office_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE TABLE message (
    branch_id integer NOT NULL REFERENCES branch,
    id bigint GENERATED ALWAYS AS IDENTITY,
    event text NOT NULL,
    kind text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('mail', 'sms', 'push', 'print', 'webhook')),
    recipient text NOT NULL,
    language text NOT NULL,
    appointment_id bigint,
    ticket_id bigint,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    sent_at timestamptz,
    error text,
    PRIMARY KEY (branch_id, id),
    CONSTRAINT message_once UNIQUE (branch_id, event, channel, recipient),
    CONSTRAINT message_sent_has_time CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    FOREIGN KEY (branch_id, appointment_id) REFERENCES appointment,
    FOREIGN KEY (branch_id, ticket_id) REFERENCES ticket
);
CREATE INDEX message_waiting ON message (due_at) WHERE state = 'waiting';
CREATE INDEX message_appointment ON message (branch_id, appointment_id)
    WHERE appointment_id IS NOT NULL;

-- Keys from before are named by the verb alone, and what they asked for is taken on trust:
-- a kiosk that repeats its request over an update gets the ticket that it was given.
UPDATE request SET fingerprint = '', scope = CASE split_part(scope, ':', 1)
        WHEN 'reschedule' THEN 'move' WHEN 'return' THEN 'put_back'
        ELSE split_part(scope, ':', 1) END,
    response = CASE WHEN response ? 'held_until' THEN response || jsonb_build_object(
        'revision', 1, 'checked_in_at', NULL, 'changed_at', created_at) ELSE response END
WHERE NOT EXISTS (SELECT FROM request other WHERE other.key = request.key
    AND other.scope <> request.scope
    AND split_part(other.scope, ':', 1) = split_part(request.scope, ':', 1));

CREATE TABLE job (
    name text PRIMARY KEY,
    due_at timestamptz NOT NULL,
    leased_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    failed_at timestamptz,
    error text,
    seconds double precision,
    runs bigint NOT NULL DEFAULT 0,
    failures bigint NOT NULL DEFAULT 0
);
"""


async def create() -> None:
    """Many statements at once, so past Piccolo's prepared ones; in the migration's transaction."""
    await engine.current_transaction.get().connection.execute(SCHEMA)


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="queue_app", description=DESCRIPTION)
    manager.add_raw(create)
    return manager
