"""What the hall of this very day means for a booking: an interruption, lateness, and its end."""

from datetime import date, datetime, timedelta

from msgspec import Struct

from queue_app.domain import arrivals, interruptions, tickets
from queue_app.domain.appointments import Appointment
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.errors import RuleBroken
from queue_app.domain.hall import Hall
from queue_app.flow import admission
from queue_app.queries import halls, orders_today
from queue_app.queries.interruptions import lasting
from queue_app.screens.interruption import InterruptionView, interruption_view


class Standing(Struct, frozen=True):
    """How a booking stands at this moment; as it was booked, unless its day is today.

    `stop`: why nobody is called for its services now. While the code checks in, until
    `closes_at`: `late`, whoever does so now joins the live queue; `kept`, an interruption moved
    the moment from which that is so, to `kept_until` where anybody knows. `again`: its ticket ended
    before its right did, so the code checks in anew. `here`: it is not too early to check in
    by the code that the hall shows, too.
    """

    stop: InterruptionView | None = None
    kept: bool = False
    kept_until: datetime | None = None
    late: bool = False
    closes_at: datetime | None = None
    again: bool = False
    here: bool = False


class Ended(Struct, frozen=True):
    """What is left of a booking of which nothing can come any more.

    `gave_up`: its holder left the queue, as against the day that ended before they were called.
    `today`: the hall in which they were called is still open; `live_queue`: a ticket can be taken.
    """

    gave_up: bool
    today: bool
    live_queue: bool


async def what_is_left(directory: Directory, found: Appointment, now: datetime) -> Ended:
    branch = directory.branch_of(found.branch_id)
    day = directory.today(branch, now)
    left_at = found.ticket_ended_at
    stops = (await lasting([branch.id], now))[branch.id]
    no_more = branch.id in await orders_today.without_tickets(directory, now)
    same_day = left_at is not None and _is_today(directory, found, left_at)
    return Ended(
        gave_up=found.ticket_state == "left" and same_day,
        today=_is_today(directory, found, now) and not day.is_over(now),
        live_queue=arrivals.tickets_until(directory, branch, stops, now, no_more) is not None,
    )


def is_over(directory: Directory, found: Appointment, now: datetime) -> bool:
    """Whether nothing can come of a booking any more.

    Neither while its visitor is in the house, nor while the code still checks in.
    """
    if found.ticket_token is not None:
        return found.ticket_state not in tickets.LIVE or _is_forgotten(directory, found, now)
    return found.ends_at <= now and not _checks_in(directory, found, now)


def _is_forgotten(directory: Directory, found: Appointment, now: datetime) -> bool:
    """Whether the branch has closed before anybody made the call."""
    branch = directory.branch_of(found.branch_id)
    waits = found.ticket_state in ("waiting", "parked")
    return found.channel == "phone" and waits and directory.today(branch, now).is_over(now)


def _checks_in(directory: Directory, found: Appointment, now: datetime) -> bool:
    """Whether `arrival.check_in` takes the code now, late or not."""
    branch = directory.branch_of(found.branch_id)
    if branch.retired or found.channel != "visit" or not _is_today(directory, found, now):
        return False
    return not directory.today(branch, now).is_over(now)


def _may_come(directory: Directory, found: Appointment, now: datetime) -> bool:
    """Whether it is not too early to check in."""
    try:
        admission.check_in_time(directory, found, now)
    except RuleBroken:
        return False
    return True


def _is_today(directory: Directory, found: Appointment, moment: datetime) -> bool:
    """Whether the booking belongs to the hall of that moment."""
    branch = directory.branch_of(found.branch_id)
    return directory.today(branch, moment).concerns(found.starts_at, moment)


async def standing_of(directory: Directory, found: Appointment, now: datetime) -> Standing:
    branch = directory.branch_of(found.branch_id)
    settled = found.state not in ("held", "booked") or branch.retired
    if settled or not _is_today(directory, found, now):
        return Standing()
    seen = await halls.load(directory, branch, now)
    usual = found.starts_at + timedelta(minutes=directory.rules.late_minutes)
    limit = interruptions.late_after(
        found.starts_at, found.services, seen.interruptions, directory.rules
    )
    closes_at = seen.day.closes
    if closes_at is None or not _checks_in(directory, found, now):
        return Standing(_stop(seen, found.services))
    return Standing(
        here=directory.rules.hall_code_minutes > 0 and _may_come(directory, found, now),
        stop=_stop(seen, found.services),
        kept=usual < limit and now <= limit,
        kept_until=None if limit == interruptions.NEVER else min(limit, closes_at),
        late=now > limit,
        closes_at=closes_at,
        again=found.ticket_state in ("left", "no_show")
        and found.ticket_started_at is None
        and now <= limit,
    )


async def stop_on(
    directory: Directory, branch: Branch, services: tuple[str, ...], day: date, now: datetime
) -> InterruptionView | None:
    """Why nobody is called for these services now, where the chosen date is today's or this
    night's."""
    if branch.retired or day not in _dates_of_hall(directory, branch, now):
        return None
    return _stop(await halls.load(directory, branch, now), services)


def _dates_of_hall(directory: Directory, branch: Branch, now: datetime) -> set[date]:
    """This date, and that on which a night of it ends."""
    closes = directory.today(branch, now).closes
    moments = [now, closes - timedelta(minutes=1)] if closes and closes > now else [now]
    return {directory.local(one).date() for one in moments}


def _stop(seen: Hall, services: tuple[str, ...]) -> InterruptionView | None:
    stop = seen.stop_of(services)
    return interruption_view(seen, stop) if stop else None
