"""A branch's day ends: nobody is in the house on paper, desks are left, bookings are settled."""

from datetime import datetime
from functools import partial

from queue_app.clock import Clock
from queue_app.domain.branch_day import BranchDay
from queue_app.domain.people import SYSTEM
from queue_app.flow.act import Act, By, verb
from queue_app.flow.arrival import close_out
from queue_app.flow.staffing import close_desk
from queue_app.jobs.each import each
from queue_app.queries import appointments, reference, unsettled
from queue_app.queries import staff as people
from queue_app.queries import tickets as kept

SETTLED_AT_ONCE = 200
"""Bookings in one transaction, so that none is long."""


async def end(clock: Clock) -> int:
    """Whoever is still in the house on paper when the branch's day is over has left."""
    now = clock.now()
    first = {branch_id: day.date for branch_id, day in (await _oldest(now)).items()}
    ended = [*await kept.left_over(first), *await _let_go(now)]
    left_over = {f"ticket {one[0]}-{one[1]}": one for one in ended}
    return len(await each(left_over, lambda ticket: close_out(By(SYSTEM, now), *ticket)))


async def _let_go(now: datetime) -> list[tuple[int, int]]:
    """Whoever waits in a branch that has closed, where the centre serves nobody after closing."""
    directory = await reference.directory()
    if directory.rules.at_closing == "serve":
        return []
    days = {one.id: directory.today(one, now) for one in directory.branches.values()}
    closed = {branch_id: day.date for branch_id, day in days.items() if day.is_over(now)}
    return await kept.waiting_on(closed) if closed else []


async def _oldest(now: datetime) -> dict[int, BranchDay]:
    """By branch, retired ones too, the first day whose people may still be in the house."""
    directory = await reference.directory()
    return {
        branch_id: directory.today(branch, now).oldest
        for branch_id, branch in directory.branches_ever.items()
    }


async def leave_desks(clock: Clock) -> int:
    """A desk that its clerk forgot to leave yesterday is empty today."""
    now = clock.now()
    taken = await people.desks_taken_before(await _beginnings(now))
    forgotten = {f"desk {one}": one for one in taken}
    return len(await each(forgotten, partial(close_desk, By(SYSTEM, now))))


async def _beginnings(now: datetime) -> dict[int, datetime]:
    """By branch, when what is not over yet can have begun at the earliest."""
    return {branch_id: day.begins for branch_id, day in (await _oldest(now)).items()}


async def settle_appointments(clock: Clock) -> int:
    """A past booking was fulfilled if its visit began, else missed; its day is over."""
    now = clock.now()
    until = await _beginnings(now)
    branches = await appointments.branches_with_past_bookings(until)
    by_name = {f"branch {one}": one for one in branches}
    return sum(await each(by_name, partial(_settle_all, By(SYSTEM, now), until)))


async def _settle_all(by: By, until: dict[int, datetime], branch_id: int) -> int:
    count = 0
    while settled := await settle(by, branch_id, until[branch_id]):
        count += settled
    return count


@verb
async def settle(act: Act, branch_id: int, until: datetime) -> int:
    """Whom changed plans left without a place has not missed it: that booking is cancelled."""
    past = await appointments.past_bookings(branch_id, until, SETTLED_AT_ONCE)
    stranded = {one.appointment.id: one.why for one in await unsettled.still_open([branch_id])}
    for booked in past:
        if booked.ticket_started_at:
            await act.record(booked, "fulfil")
        elif booked.id in stranded:
            await act.record(booked, "cancel", why=stranded[booked.id])
        else:
            await act.record(booked, "miss")
    return len(past)
