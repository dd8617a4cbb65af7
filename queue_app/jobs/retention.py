"""What is kept for a time goes when it is over: people's data first of all."""

from datetime import timedelta

from queue_app.clock import Clock
from queue_app.flow.promising import drop_old
from queue_app.queries import reference
from queue_app.store import db

REQUEST_HOURS = 24
"""How long an idempotency key is remembered."""


async def forget_people(clock: Clock) -> int:
    """Names and contacts, and messages to them, go `retention_days` after the visit, or after it
    was given up."""
    rules = (await reference.directory()).rules
    before = clock.now() - timedelta(days=rules.retention_days)
    rows = await db.fetch(
        "WITH over AS (SELECT branch_id, id FROM appointment"
        " WHERE num_nonnulls(name, phone, email) > 0 AND state NOT IN ('held', 'booked')"
        " AND CASE WHEN state IN ('cancelled', 'expired') THEN changed_at"
        " ELSE upper(period) END < $1),"
        " sent AS (DELETE FROM message USING over WHERE message.branch_id = over.branch_id"
        " AND message.appointment_id = over.id)"
        " UPDATE appointment SET name = NULL, phone = NULL, email = NULL FROM over"
        " WHERE appointment.branch_id = over.branch_id AND appointment.id = over.id"
        " RETURNING appointment.id",
        before,
    )
    return len(rows)


async def drop_leftovers(clock: Clock) -> int:
    """Sessions that ended, idempotency keys that nobody will repeat, and old promises."""
    now = clock.now()
    sessions = await db.fetch("DELETE FROM session WHERE expires_at <= $1 RETURNING staff_id", now)
    keys = await db.fetch(
        "DELETE FROM request WHERE created_at < $1 RETURNING key",
        now - timedelta(hours=REQUEST_HOURS),
    )
    return len(sessions) + len(keys) + await drop_old(now)
