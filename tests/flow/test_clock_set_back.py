"""A clock that is set back harms nobody: places, holds, desks and recalls stay as they should."""

import asyncio
import random
from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, booking, interrupting
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.jobs import holds
from queue_app.queries import doctor, halls, reference, slots
from queue_app.queries.tickets import by_token
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.alerts import alert, call, console_at
from tests.flow.test_arrival import book, check_in, issue
from tests.support.hall import SERVICE, Desk, open_desk
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")


async def order(desk: Desk, clock: FixedClock) -> list[str]:
    """The numbers that this desk would call, the next first."""
    return [one.number for one in (await console_at(desk, clock.now())).queue]


def moved(desk: Desk, clock: FixedClock) -> Desk:
    return Desk(desk.id, desk.number, desk.clerk, clock.now())


async def test_newcomers_do_not_overtake_those_who_wait(clock: FixedClock) -> None:
    clock.advance(minutes=50)
    desk = await open_desk("1", clock.now())
    there = [await issue(clock) for _ in range(6)]
    waited = [one.number for one in there]
    clock.advance(hours=-1)
    came: list[IssuedTicket] = [await issue(clock) for _ in range(2)]
    assert [one.people_ahead for one in came] == [6, 7]
    assert await order(desk, clock) == [*waited, *(one.number for one in came)]
    assert await call(desk, clock.now()) == waited[0]
    await moved(desk, clock).no_show(there[0].id)
    assert await call(desk, clock.now()) == waited[1]


async def test_of_many_who_press_at_once_the_lower_number_is_called_first(
    clock: FixedClock,
) -> None:
    """The requests come in one order, and are written in another."""
    desk = await open_desk("1", clock.now())
    async with asyncio.TaskGroup() as rush:
        for later in random.Random(3).sample(range(24), 24):
            by = By(KIOSK, clock.now() + timedelta(milliseconds=40 * later))
            rush.create_task(arrival.issue(by, BRANCH, [SERVICE], None, "uk"))
    clock.advance(seconds=2)
    called = await order(desk, clock)
    assert called == sorted(called, key=lambda number: int(number[1:])), called
    assert len(called) == 24


async def test_a_clock_that_was_far_ahead_moves_nobody_once_the_hall_is_empty(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    clock.advance(hours=3)
    ahead = await issue(clock)
    await call(moved(desk, clock), clock.now())
    await moved(desk, clock).no_show(ahead.id)
    clock.advance(hours=-3)
    clock.advance(minutes=5)
    came = await issue(clock)
    since = await db.fetch_value("SELECT queued_at FROM ticket WHERE id = $1", came.id)
    assert since == clock.now()


async def test_the_place_is_kept_though_newcomers_come_by_the_right_clock_later(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    clock.advance(minutes=30)
    first = (await issue(clock)).number
    clock.advance(hours=-1)
    second = (await issue(clock)).number
    clock.advance(minutes=20)
    third = (await issue(clock)).number
    clock.advance(hours=2)
    assert await order(desk, clock) == [first, second, third]


async def test_a_booking_that_came_too_late_does_not_overtake_either(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    clock.advance(hours=3)
    desk = await open_desk("1", clock.now())
    waits = (await issue(clock)).number
    clock.advance(hours=-1)
    late = await check_in(clock, booked.code)
    assert late.late
    assert await order(desk, clock) == [waits, late.number]


async def test_a_booking_that_is_in_time_keeps_its_right(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    clock.advance(minutes=100)
    desk = await open_desk("1", clock.now())
    await issue(clock)
    clock.advance(minutes=-50)
    ticket = await check_in(clock, booked.code)
    assert not ticket.late
    assert (await order(desk, clock))[0] == ticket.number


async def test_priority_keeps_its_head_start_and_no_more(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    early = (await issue(clock)).number
    clock.advance(minutes=50)
    late = (await issue(clock)).number
    clock.advance(hours=-1)
    first = (await issue(clock, priority="veteran")).number
    assert await order(desk, clock) == [early, first, late]


async def test_a_hold_lasts_no_longer(clock: FixedClock) -> None:
    held = await booking.hold(
        By(RESIDENT, clock.now()), BRANCH, [SERVICE], MONDAY.replace(hour=12), "visit"
    )
    minutes = (await reference.directory()).rules.hold_minutes
    clock.advance(hours=-1, minutes=minutes)

    async def free() -> bool:
        directory = await reference.directory()
        days = await slots.free_days(
            directory, directory.branch(BRANCH), [SERVICE], "visit", MONDAY.date(), 1, clock.now()
        )
        return held.starts_at in {start for day in days for start in day.starts}

    clock.set(clock.now())
    assert await free()
    with pytest.raises(Conflict, match="hold_expired"):
        await booking.confirm(By(RESIDENT, clock.now()), held.token, "Ян", "0671234567", None, "uk")
    again = await booking.hold(
        By(RESIDENT, clock.now()), BRANCH, [SERVICE], held.starts_at, "visit"
    )
    assert (again.starts_at, again.state) == (held.starts_at, "held")
    assert await doctor.check(clock.now()) == []


async def test_the_sweep_ends_holds_of_a_later_clock_and_none_of_one_that_is_a_little_ahead(
    clock: FixedClock,
) -> None:
    await booking.hold(
        By(RESIDENT, clock.now()), BRANCH, [SERVICE], MONDAY.replace(hour=12), "visit"
    )
    clock.advance(seconds=-30)
    assert await holds.expire(clock) == 0
    clock.advance(hours=-1)
    assert await holds.expire(clock) == 1


async def test_over_midnight_a_desk_shows_whom_it_is_busy_with(clock: FixedClock) -> None:
    clock.advance(days=1)
    ticket = await issue(clock)
    waits = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    clock.set(MONDAY.replace(hour=23, minute=30))
    seen = await console_at(desk, clock.now())
    assert seen.current and seen.current.number == ticket.number
    assert [one.number for one in seen.queue] == [waits.number]
    at_desk = moved(desk, clock)
    await at_desk.start(ticket.id)
    await at_desk.finish(ticket.id)
    assert await call(desk, clock.now()) == waits.number


async def test_a_person_can_be_called_out_again(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.recall(ticket.id)
    clock.advance(seconds=3)
    with pytest.raises(Conflict, match="recall_too_soon"):
        await moved(desk, clock).recall(ticket.id)
    clock.advance(hours=-1)
    await moved(desk, clock).recall(ticket.id)
    assert (await by_token(ticket.token)).progress.calls == 3


async def test_calls_that_are_to_go_on_later_can_be_let_go_on_now(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    first = await issue(clock)
    stop = await alert(desk, clock.now())
    clock.advance(minutes=20)
    await interrupting.resume(By(desk.clerk, clock.now()), stop, 10)
    clock.advance(hours=-1)
    over = await interrupting.resume(By(desk.clerk, clock.now()), stop, 0)
    assert over.resumes_at == clock.now()
    assert await call(desk, clock.now()) == first.number


async def test_leaving_and_a_visit_end_after_they_began(clock: FixedClock) -> None:
    left, served = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call(served.id)
    await desk.start(served.id)
    clock.advance(hours=-1)
    await arrival.leave(By(RESIDENT, clock.now()), left.token)
    await moved(desk, clock).finish(served.id)
    directory = await reference.directory()
    hall = await halls.load(directory, directory.branch(BRANCH), clock.now())
    assert hall.tickets == ()
