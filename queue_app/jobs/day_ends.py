"""A branch's day ends: nobody is in the house on paper, desks are left, bookings are settled."""

import contextlib
from datetime import datetime

from queue_app.clock import Clock
from queue_app.domain.errors import Conflict
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import Act, By, verb
from queue_app.flow.arrival import close_out
from queue_app.flow.staffing import close_desk
from queue_app.queries import appointments, reference
from queue_app.queries import staff as people
from queue_app.queries import tickets as kept

SETTLED_AT_ONCE = 200
"""Bookings in one transaction, so that none is long."""


async def end(clock: Clock) -> int:
    """Whoever is still in the house on paper when the local day is over has left."""
    now = clock.now()
    today = (await reference.directory()).local(now).date()
    left_over = await kept.left_over(today)
    for branch_id, ticket_id in left_over:
        await close_out(By(SYSTEM, now), branch_id, ticket_id)
    return len(left_over)


async def leave_desks(clock: Clock) -> int:
    """A desk that its clerk forgot to leave yesterday is empty today."""
    now = clock.now()
    forgotten = await people.desks_taken_before((await reference.directory()).midnight(now))
    for desk_id in forgotten:
        with contextlib.suppress(Conflict):
            await close_desk(By(SYSTEM, now), desk_id)
    return len(forgotten)


async def settle_appointments(clock: Clock) -> int:
    """A past booking was fulfilled if its visitor was served, else missed; its day is over."""
    now = clock.now()
    midnight = (await reference.directory()).midnight(now)
    count = 0
    for branch_id in await appointments.branches_with_past_bookings(midnight):
        while settled := await settle(By(SYSTEM, now), branch_id, midnight):
            count += settled
    return count


@verb
async def settle(act: Act, branch_id: int, midnight: datetime) -> int:
    past = await appointments.past_bookings(branch_id, midnight, SETTLED_AT_ONCE)
    for booked in past:
        served = booked.ticket_state == "finished"
        await act.record(booked, "fulfil" if served else "miss")
    return len(past)
