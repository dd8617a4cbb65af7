"""Residents are reminded of what they booked, unless they wish not to be."""

from datetime import datetime
from uuid import UUID

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import NotFound
from queue_app.domain.messages import Outgoing
from queue_app.domain.reminders import Reminder, event_of
from queue_app.flow import proving
from queue_app.flow.act import Act, verb
from queue_app.flow.reactions import contacts
from queue_app.queries import appointments, wishes
from queue_app.queries.appointments import LOCKED, SELECT, from_row
from queue_app.store import db

_NEXT = (
    SELECT
    + """
WHERE a.branch_id = $1 AND a.state = 'booked' AND a.checked_in_at IS NULL
    AND num_nonnulls(a.phone, a.email) > 0
    AND lower(a.period) > $2 AND lower(a.period) <= $3
    AND NOT EXISTS (SELECT FROM unsettled u WHERE u.branch_id = a.branch_id
        AND u.appointment_id = a.id AND u.settled_at IS NULL)
    AND NOT EXISTS (SELECT FROM unreminded u WHERE u.contact = coalesce(lower(a.email), a.phone))
ORDER BY a.id"""
    + LOCKED
)
"""Locked, so that nobody who is forgotten at this moment is written to afterwards."""


@verb
async def remind(
    act: Act, branch_id: int, which: Reminder, after: datetime, until: datetime
) -> int:
    """Whoever stands booked in this branch for a time after `after` and up to `until`; how many."""
    rows = await db.fetch(_NEXT, branch_id, after, until)
    centre = act.directory.reminders
    reminded = 0
    for booked in map(from_row, rows):
        if centre.is_due(which, booked.starts_at, await appointments.timed_at(booked), act.now):
            reminded += 1
            _tell(act, which, booked)
    return reminded


def _tell(act: Act, which: Reminder, booked: Appointment) -> None:
    for medium, recipient in contacts(booked):
        act.tell(
            Outgoing(
                branch_id=booked.branch_id,
                event=event_of(which, booked.id, booked.starts_at),
                kind="reminder",
                channel=medium,
                recipient=recipient,
                language=booked.language,
                due_at=act.directory.quiet.ends_after(act.now),
                appointment_id=booked.id,
            )
        )


@verb
async def choose_reminders(act: Act, message: UUID, wanted: bool) -> None:
    """Whether whom this message reminded is to be reminded any more. NotFound `unknown_link`.

    Who has the message's link has read it, so it is theirs to say; a booking's link is passed on,
    and anybody can book with another's contact.
    """
    reminder = await wishes.reminder(message)
    if reminder is None:
        raise NotFound("unknown_link")
    await _choose(act, reminder.contact, wanted)


@verb.secret
async def choose_reminders_of(act: Act, proof: str, wanted: bool) -> None:
    """The same of the contact that was proven with this. NotFound `unknown_proof`."""
    await _choose(act, await proving.contact_of(proof, act.now), wanted)


async def _choose(act: Act, contact: str, wanted: bool) -> None:
    if wanted:
        await db.fetch("DELETE FROM unreminded WHERE contact = $1", contact)
    else:
        await db.fetch(
            "INSERT INTO unreminded (contact, since) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            contact,
            act.now,
        )


_USELESS = """
DELETE FROM unreminded u WHERE NOT EXISTS (SELECT FROM appointment a WHERE a.phone = u.contact)
    AND NOT EXISTS (SELECT FROM appointment a WHERE lower(a.email) = u.contact)
"""


async def drop_useless() -> None:
    """The wishes of whom nothing else is known any more; in the transaction in which they went."""
    await db.fetch(_USELESS)
