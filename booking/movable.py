"""What a booking may become: moved, cancelled, or left without a place, and its other times."""

from datetime import date, datetime

from booking.choice import free_days
from booking.finding import around_by_day
from queue_app.clock import Clock
from queue_app.domain.appointments import Appointment
from queue_app.domain.plans import Why
from queue_app.queries import reference, slots, unsettled


async def is_in_vain(found: Appointment) -> bool:
    """Whether the branch has closed for good before this visit; who is there already is served."""
    branch = (await reference.directory()).branch_of(found.branch_id)
    return branch.retired and found.state in ("held", "booked") and found.ticket_token is None


async def stranded(found: Appointment) -> Why | None:
    """Why changed plans, or the end of the day, leave this booking without a place, unless staff
    have settled that."""
    if found.state not in ("held", "booked") or found.ticket_token is not None:
        return None
    if found.state == "held":
        return await slots.why_not(await reference.directory(), found)
    return await unsettled.reason(found.branch_id, found.id)


async def nearest(found: Appointment, clock: Clock) -> dict[tuple[date, bool], list[datetime]]:
    """Those before and those after; the nearest alone may all be of one hour."""
    days = await other_days(found, clock)
    return around_by_day(days, found.starts_at)


async def can_move(found: Appointment, clock: Clock) -> bool:
    return can_cancel(found, clock) and not await is_in_vain(found)


def can_cancel(found: Appointment, clock: Clock) -> bool:
    return (
        found.state in ("held", "booked")
        and found.ticket_token is None
        and found.starts_at > clock.now()
    )


async def other_days(found: Appointment, clock: Clock) -> dict[date, list[datetime]]:
    """The free days as they will be when this appointment has left its own time."""
    directory = await reference.directory()
    branch = directory.branch_of(found.branch_id)
    days = await free_days(
        directory, branch, found.services, found.channel, clock.now(), leaving_out=found.id
    )
    others = {
        day: [start for start in starts if start != found.starts_at] for day, starts in days.items()
    }
    return {day: starts for day, starts in others.items() if starts}
