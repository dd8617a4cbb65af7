"""Everybody of a branch's day: the bookings with their tickets, and the tickets without a
booking."""

from datetime import datetime

import msgspec

from queue_app.domain.attendance import Attendee
from queue_app.domain.directory import Branch, Directory
from queue_app.store import db

_TICKET = """t.id AS ticket_id, t.number, t.token AS link, t.state, t.priority, desk.number AS desk,
    t.issued_at, t.called_at, t.started_at, t.ended_at, t.expected_at,
    coalesce(t.people, 1) AS people, t.company"""
_BOOKED = f"""
SELECT a.id AS appointment_id, a.channel, coalesce(t.services, a.services) AS services, a.language,
    lower(a.period) AS due_at, a.state AS booking, a.code, a.name, a.phone, a.email, {_TICKET}
FROM appointment a
LEFT JOIN LATERAL (SELECT * FROM ticket WHERE ticket.branch_id = a.branch_id
    AND ticket.appointment_id = a.id ORDER BY ticket.id DESC LIMIT 1) t ON true
LEFT JOIN desk ON desk.branch_id = a.branch_id AND desk.id = t.desk_id
WHERE a.branch_id = $1 AND lower(a.period) >= $2 AND lower(a.period) < $3
    AND (a.state IN ('booked', 'fulfilled', 'missed')
        OR a.state = 'cancelled' AND num_nonnulls(a.name, a.phone, a.email) > 0)
"""
_WALKED_IN = f"""
SELECT t.channel, t.services, t.language, {_TICKET}
FROM ticket t LEFT JOIN desk ON desk.branch_id = t.branch_id AND desk.id = t.desk_id
WHERE t.branch_id = $1 AND t.day >= $2 AND t.appointment_id IS NULL
"""
_ONE = {"appointment_id": None, "ticket_id": None}


async def everybody(directory: Directory, branch: Branch, now: datetime) -> list[Attendee]:
    """Of the service day that it is; a hold is nobody yet, and one that was given up was nobody."""
    day = directory.today(branch, now)
    begins, ends = day.reach
    booked = await db.fetch(_BOOKED, branch.id, begins, ends)
    came = await db.fetch(_WALKED_IN, branch.id, day.oldest.date)
    return [msgspec.convert(_ONE | dict(row), type=Attendee) for row in (*booked, *came)]
