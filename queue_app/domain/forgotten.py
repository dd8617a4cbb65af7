"""Nobody is forgotten: from when staff are reminded of somebody, calmly, and of whom.

Each moment lies ahead or behind: a screen says it once it has come, without being sent anything.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from queue_app.domain import interruptions
from queue_app.domain.hall import Hall, HallTicket

Forgotten = Literal["called", "long", "parked", "overdue", "ring", "dialled", "talking", "unrung"]
"""Called and not begun; a visit twice as long as published; set aside for too long; booked, and
not here; a phone call that is due and has not been made; dialled, and nobody reached; on the phone
for twice as long as published; a booked call that is due and has not even joined the queue."""

CALLED = timedelta(minutes=3)
RING = timedelta(minutes=3)
LONG = 2
"""So many times its published length is a long visit."""
SOON = timedelta(minutes=30)
"""So far ahead a desk's screen knows: it is told anew long before."""
GRAVE = 2
"""After so many times the patience the supervisor is told, too."""


class Reminder(Struct, frozen=True):
    """Of whom and why; `since`: when it began; `at`: from when their desk is told; `grave_at`:
    from when their supervisor is. `number`: None for a booking that nobody has come for."""

    kind: Forgotten
    ticket: int | None
    number: str | None
    desk_id: int | None
    services: tuple[str, ...]
    due_at: datetime | None
    since: datetime
    at: datetime
    grave_at: datetime


def reminders(hall: Hall) -> list[Reminder]:
    """Everybody of whom somebody is, or may come to be, reminded; the soonest first.

    While nobody can be called nobody is overdue and no visit is long: all wait for the all-clear.
    """
    found = [one for each in hall.tickets for one in of_ticket(hall, each)]
    if hall.stop_of_all is None:
        found += _overdue(hall)
    return sorted(found, key=lambda one: (one.at, one.ticket or 0))


def of_ticket(hall: Hall, one: HallTicket) -> Iterator[Reminder]:
    """Of this one, at most one."""
    stopped = hall.stop_of_all is not None
    phoned = one.channel == "phone"
    if one.state == "called" and one.called_at and not stopped:
        awaited = interruptions.awaited_since(one.called_at, hall.interruptions, hall.at)
        if awaited:
            yield _reminder(one, "dialled" if phoned else "called", awaited, CALLED)
    elif one.state == "serving" and one.started_at and not stopped:
        minutes = LONG * hall.planned_minutes(one.services) * one.people
        kind: Forgotten = "talking" if phoned else "long"
        yield _reminder(one, kind, one.started_at, timedelta(minutes=minutes))
    elif one.state == "parked" and one.parked_at:
        patience = timedelta(minutes=hall.directory.rules.park_minutes)
        yield _reminder(one, "parked", one.parked_at, patience)
    elif one.state == "waiting" and phoned and not stopped:
        due = one.expected_at or one.due_at or one.issued_at
        yield _reminder(one, "ring", due, RING)


def _reminder(one: HallTicket, kind: Forgotten, since: datetime, patience: timedelta) -> Reminder:
    return Reminder(
        kind,
        one.id,
        one.number,
        one.desk_id,
        one.services,
        one.due_at,
        since,
        since + patience,
        since + GRAVE * patience,
    )


def _overdue(hall: Hall) -> Iterator[Reminder]:
    """Told at the booked time; to the supervisor, once it is too late for that time. Who is phoned
    has not to come: the centre is late with them."""
    late = timedelta(minutes=hall.directory.rules.late_minutes)
    for one in hall.appointed:
        due = one.due_at
        nobody = (None, None, None, one.services, due, due)
        if one.channel == "phone":
            yield Reminder("unrung", *nobody, due + RING, due + GRAVE * RING)
        else:
            yield Reminder("overdue", *nobody, due, due + late)


def of_desk(hall: Hall, desk_id: int) -> list[Reminder]:
    """What the clerk of this desk is told, or may be soon: of the person there, and of whoever they
    may call."""
    services = hall.desk_view(desk_id).services
    soon = hall.at + SOON
    return [
        one
        for one in reminders(hall)
        if one.at <= soon
        and (one.desk_id == desk_id if one.desk_id else services.issuperset(one.services))
    ]


def grave(hall: Hall) -> list[Reminder]:
    """What the supervisor is told: whatever nobody has looked after for twice as long."""
    return [one for one in reminders(hall) if one.grave_at <= hall.at]
