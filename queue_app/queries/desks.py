"""What a desk's console knows beyond the hall: the person's contact, and what can be undone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from queue_app.domain import tickets
from queue_app.domain.at_desk import DeskExtra, UndoView
from queue_app.domain.contacts import ContactField
from queue_app.domain.hall import Hall
from queue_app.domain.tickets import Event
from queue_app.queries.tickets import history
from queue_app.queries.visits import notes_of
from queue_app.store import db

_CONTACT = """
SELECT name, phone,
    EXISTS (SELECT FROM refused_contact WHERE contact = lower(email)) AS email_refused,
    EXISTS (SELECT FROM refused_contact WHERE contact = phone) AS phone_refused
FROM appointment WHERE branch_id = $1 AND id = $2
"""


async def extra(hall: Hall, desk_id: int) -> DeskExtra:
    """The name and phone of a booking at the desk, what was noted of the visit, and the desk's last
    verb if undoable."""
    current = hall.at_desks.get(desk_id)
    row = None
    if current and current.appointment_id is not None:
        row = await db.fetch_row(_CONTACT, hall.branch.id, current.appointment_id)
    notes = (await notes_of(hall.branch.id, [current.id])).get(current.id, ()) if current else ()
    undo = await last_undoable(hall, desk_id)
    if row is None:
        return DeskExtra(undo=undo, notes=notes)
    return DeskExtra(row["name"], row["phone"], undo, _refused(row), notes)


def _refused(row: Mapping[str, Any]) -> tuple[ContactField, ...]:
    return (
        *(("email",) if row["email_refused"] else ()),
        *(("phone",) if row["phone_refused"] else ()),
    )


async def last_undoable(hall: Hall, desk_id: int) -> UndoView | None:
    """The last thing said at this desk that can still be taken back there."""
    rules = hall.directory.rules
    window = timedelta(minutes=rules.undo_minutes)
    rows = await db.fetch(
        "SELECT ticket_id, number, channel, max(at) AS at FROM ticket_event"
        " JOIN ticket ON ticket.branch_id = ticket_event.branch_id AND ticket.id = ticket_id"
        " WHERE ticket_event.branch_id = $1 AND ticket_event.desk_id = $2 AND at >= $3"
        " GROUP BY ticket_id, number, channel ORDER BY max(at) DESC, max(seq) DESC",
        hall.branch.id,
        desk_id,
        hall.at - window,
    )
    for row in rows:
        events = await history(hall.branch.id, row["ticket_id"])
        last = tickets.undoable(events, hall.at, rules.undo_minutes)
        if (
            last
            and last.desk_id == desk_id
            and _leaves_room(hall, desk_id, row["ticket_id"], events)
        ):
            return UndoView(
                ticket=row["ticket_id"],
                number=row["number"],
                verb=last.verb,
                until=last.at + window,
                channel=row["channel"],
                back=tickets.puts_back(events),
            )
    return None


def _leaves_room(hall: Hall, desk_id: int, ticket_id: int, events: list[Event]) -> bool:
    """Whether an undo would not bring a second person to the desk."""
    current = hall.at_desks.get(desk_id)
    if current is None or current.id == ticket_id:
        return True
    before = tickets.fold(tickets.effective(events)[:-1])
    return before.state not in tickets.AT_DESK
