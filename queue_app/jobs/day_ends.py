"""A branch's day ends: nobody is in the house on paper, desks are left, bookings are settled."""

from datetime import datetime
from functools import partial

from queue_app.clock import Clock
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import Act, By, verb
from queue_app.flow.arrival import close_out
from queue_app.flow.staffing import close_desk
from queue_app.jobs.each import each
from queue_app.queries import appointments, reference
from queue_app.queries import staff as people
from queue_app.queries import tickets as kept

SETTLED_AT_ONCE = 200
"""Bookings in one transaction, so that none is long."""


async def end(clock: Clock) -> int:
    """Whoever is still in the house on paper when the local day is over has left."""
    now = clock.now()
    today = (await reference.directory()).local(now).date()
    left_over = {f"ticket {one[0]}-{one[1]}": one for one in await kept.left_over(today)}
    return len(await each(left_over, lambda ticket: close_out(By(SYSTEM, now), *ticket)))


async def leave_desks(clock: Clock) -> int:
    """A desk that its clerk forgot to leave yesterday is empty today."""
    now = clock.now()
    midnight = (await reference.directory()).midnight(now)
    forgotten = {f"desk {one}": one for one in await people.desks_taken_before(midnight)}
    return len(await each(forgotten, partial(close_desk, By(SYSTEM, now))))


async def settle_appointments(clock: Clock) -> int:
    """A past booking was fulfilled if its visit began, else missed; its day is over."""
    now = clock.now()
    midnight = (await reference.directory()).midnight(now)
    branches = await appointments.branches_with_past_bookings(midnight)
    by_name = {f"branch {one}": one for one in branches}
    return sum(await each(by_name, partial(_settle_all, By(SYSTEM, now), midnight)))


async def _settle_all(by: By, midnight: datetime, branch_id: int) -> int:
    count = 0
    while settled := await settle(by, branch_id, midnight):
        count += settled
    return count


@verb
async def settle(act: Act, branch_id: int, midnight: datetime) -> int:
    past = await appointments.past_bookings(branch_id, midnight, SETTLED_AT_ONCE)
    for booked in past:
        await act.record(booked, "fulfil" if booked.ticket_started_at else "miss")
    return len(past)
