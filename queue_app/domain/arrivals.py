"""When somebody with a booking may come in, and how long they may come back."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from queue_app.domain import interruptions
from queue_app.domain.centre import Rules
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.interruptions import Interruption
from queue_app.domain.tickets import Ticket


def tickets_until(
    directory: Directory,
    branch: Branch,
    stops: Iterable[Interruption],
    now: datetime,
    ended: bool = False,
) -> datetime | None:
    """Until when its kiosk gives tickets, which every screen says alike; None while it gives none.

    Not at this hour, not where nobody is received, and not while calls are stopped for everybody
    and nobody knows when they go on. Whether a desk works is not asked. `ended`: a supervisor gives
    no more tickets for anything today.
    """
    if ended or branch.retired or branch.kind != "office":
        return None
    if interruptions.refusal_of_all(stops, now):
        return None
    return directory.today(branch, now).gives_until(now)


def checks_in_from(due_at: datetime, rules: Rules) -> datetime:
    """From when a booking of that time is checked in, on its day."""
    return due_at - timedelta(minutes=rules.check_in_early_minutes)


def keeps_right(ticket: Ticket, stops: Sequence[Interruption], rules: Rules, now: datetime) -> bool:
    """Whether a booking whose ticket has ended may still check in again.

    Until it would be late, unless its visit has begun: who left by mistake, or was called while
    out for a moment, loses nothing before the time that they were promised.
    """
    if ticket.due_at is None or ticket.progress.started_at is not None:
        return False
    services = ticket.progress.services
    return now <= interruptions.late_after(ticket.due_at, services, stops, rules)
