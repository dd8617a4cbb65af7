"""Words of staff about a visit: kept beside its events, and not as long.

An event is kept for ever and names nobody; a note may say anything of somebody, so it has a row of
its own, which goes with the visit's name and contact.
"""

from datetime import datetime

from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import RuleBroken
from queue_app.domain.people import one_line
from queue_app.domain.tickets import Ticket
from queue_app.store import db

NOTE_MAX = 500
"""Characters of a note."""


def check_note(text: str) -> str:
    """The note on one line; empty: there is none. RuleBroken `note_too_long` with the `limit`."""
    note = one_line(text)
    if len(note) > NOTE_MAX:
        raise RuleBroken("note_too_long", limit=NOTE_MAX)
    return note


async def keep_note(ticket: Ticket, actor: str, note: str) -> None:
    """With the ticket's last event, at which somebody wrote it."""
    if not note:
        return
    await db.fetch(
        "INSERT INTO visit_note (branch_id, ticket_id, seq, at, actor, text)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        ticket.branch_id,
        ticket.id,
        ticket.progress.revision,
        ticket.changed_at,
        actor,
        note,
    )


async def drop_note(ticket: Ticket, seq: int) -> None:
    """Of an event that is taken back: what was written with it, too."""
    await db.fetch(
        "DELETE FROM visit_note WHERE branch_id = $1 AND ticket_id = $2 AND seq = $3",
        ticket.branch_id,
        ticket.id,
        seq,
    )


async def drop_notes_of(booking: Appointment) -> None:
    """Of whoever wishes to be forgotten."""
    await db.fetch(
        "DELETE FROM visit_note USING ticket t WHERE visit_note.branch_id = $1"
        " AND t.branch_id = $1 AND t.id = ticket_id AND t.appointment_id = $2",
        booking.branch_id,
        booking.id,
    )


async def drop_old_notes(before: datetime) -> int:
    """Those that were written before then, branch by branch, as the index begins with it."""
    rows = await db.fetch(
        "DELETE FROM visit_note WHERE branch_id IN (SELECT id FROM branch) AND at < $1"
        " RETURNING seq",
        before,
    )
    return len(rows)
