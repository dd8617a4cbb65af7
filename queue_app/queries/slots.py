"""Free starts of a branch: its rosters and hours, less what is held and booked."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from queue_app.domain import plans, slots
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel, visit_minutes
from queue_app.domain.centre import Closure
from queue_app.domain.directory import Branch, Directory
from queue_app.domain.hours import day_window
from queue_app.domain.plans import Why
from queue_app.domain.slots import Capacity, Occupied, Reason, Visit
from queue_app.queries import orders_today
from queue_app.queries.appointments import LAPSED
from queue_app.store import db

ALTERNATIVES = 5
"""How many near starts are offered to who lost the one they wanted."""
ALTERNATIVE_DAYS = 7
"""How many days before and after the wanted one are searched for them."""


class FreeDay(Struct, frozen=True):
    """A day of the calendar and its free starts, in local time."""

    date: date
    starts: list[datetime]


async def free_days(
    directory: Directory,
    branch: Branch,
    services: Iterable[str],
    channel: Channel,
    first: date,
    days: int,
    now: datetime,
    leaving_out: int | None = None,
) -> list[FreeDay]:
    """The free starts of `days` days from `first`; days past the horizon are empty.

    `leaving_out` is the id of an appointment that counts as free, as when it is moved.
    """
    visit = visit_of(directory, services, channel)
    offered = directory.services
    if any(code not in offered or channel not in offered[code].channels for code in visit.services):
        return [FreeDay(first + timedelta(days=ahead), []) for ahead in range(days)]
    capacity = await capacity_of(directory, branch, first, days, now, leaving_out)
    found = slots.free_starts(capacity, visit, first, days, now)
    return [FreeDay(day, starts) for day, starts in found.items()]


def visit_of(directory: Directory, services: Iterable[str], channel: Channel) -> Visit:
    codes = frozenset(services)
    known = directory.services
    rules = directory.rules
    minutes = visit_minutes(
        (known[code] for code in codes if code in known),
        rules.open_service_minutes,
        rules.grid_minutes,
    )
    return Visit(services=codes, channel=channel, minutes=minutes)


async def capacity_of(
    directory: Directory,
    branch: Branch,
    first: date,
    days: int,
    now: datetime,
    leaving_out: int | None = None,
) -> Capacity:
    """What the branch has to give in these days. A hold whose time ran out takes nothing, unless
    what is given back is shown later: then it does until it is swept."""
    rows = await db.fetch(
        "SELECT lane_id, lower(period) AS starts_at, upper(period) AS ends_at, NULL AS over"
        " FROM appointment"
        " WHERE branch_id = $1 AND state IN ('held', 'booked')"
        " AND lower(period) >= $2 AND lower(period) < $3"
        f" AND (state = 'booked' OR NOT {LAPSED.format(now='$4')} OR $6)"
        " AND id IS DISTINCT FROM $5"
        " UNION ALL SELECT lane_id, lower(period), upper(period), NULL FROM freed_slot"
        " WHERE branch_id = $1 AND free_at > $4 AND lower(period) >= $2 AND lower(period) < $3"
        " UNION ALL SELECT NULL, NULL, until, service FROM ticket_limit"
        " WHERE branch_id = $1 AND is_over AND until > $4",
        branch.id,
        day_window(first - timedelta(days=1), directory.zone).opens,
        day_window(first + timedelta(days=days), directory.zone).closes,
        now,
        leaving_out,
        directory.rules.freed_slot_minutes > 0,
    )
    return replace(
        _untaken(directory, branch),
        occupied=[Occupied(*row[:3]) for row in rows if row["over"] is None],
        over={row["over"]: row["ends_at"] for row in rows if row["over"]},
    )


async def why_no_start(
    directory: Directory,
    branch: Branch,
    services: Iterable[str],
    channel: Channel,
    start: datetime,
    now: datetime,
) -> Reason | None:
    """As the rules have it: what is taken already does not count."""
    visit = visit_of(directory, services, channel)
    over = await orders_today.over(branch.id, now)
    return slots.why_no_start(replace(_untaken(directory, branch), over=over), visit, start, now)


async def why_not(directory: Directory, booking: Appointment) -> Why | None:
    """Why there is nobody any more to receive the booking, as plans are, or as the day was ended;
    None: there is."""
    why = plans.why_not(directory, booking)
    return why or ("closed" if await orders_today.is_over(booking) else None)


def _untaken(directory: Directory, branch: Branch) -> Capacity:
    return Capacity(
        lanes=branch.lanes,
        hours=branch.hours,
        closures=branch.closures,
        occupied=(),
        rules=directory.rules,
        zone=directory.zone,
        desks=[desk.services for desk in branch.desks],
    )


def closure_on(directory: Directory, branch: Branch, moment: datetime) -> Closure | None:
    """Why this branch keeps other hours on that day, if it does."""
    day = directory.local(moment).date()
    return next((one for one in branch.closures if one.day == day), None)


async def alternatives(
    directory: Directory,
    branch: Branch,
    services: Iterable[str],
    channel: Channel,
    wanted: datetime,
    now: datetime,
    leaving_out: int | None = None,
) -> list[datetime]:
    """Free starts on both sides of the wanted one, or next to it where nothing can be booked."""
    earliest, last = slots.bookable(now, directory.rules, directory.zone)
    day = min(max(directory.local(wanted).date(), earliest.date()), last)
    days = await free_days(
        directory,
        branch,
        services,
        channel,
        day - timedelta(days=ALTERNATIVE_DAYS),
        2 * ALTERNATIVE_DAYS + 1,
        now,
        leaving_out,
    )
    starts = (start for day in days for start in day.starts)
    return slots.around(starts, wanted, ALTERNATIVES)
