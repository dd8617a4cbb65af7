"""What the screens say in an interruption: why, how long, and how many stand ahead."""

import pytest

from queue_app.clock import FixedClock
from queue_app.flow import arrival, booking, calling, interrupting
from tests.conftest import MONDAY
from tests.flow.alerts import alert, board_at, console_at, hall_at, phone_at
from tests.support.hall import SERVICE, Desk, open_desk, take_ticket
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("proven")


async def test_every_screen_says_why_and_no_wait_is_told_until_the_end_is_known(
    desk: Desk, clock: FixedClock
) -> None:
    tickets = [await take_ticket(clock.advance(seconds=1)) for _ in range(2)]
    stop = await alert(desk, clock.now())
    began = clock.now()
    clock.advance(minutes=5)
    board = await board_at(clock.now())
    assert board.interruption
    assert (board.interruption.kind, board.interruption.since) == ("alert", began)
    assert (board.interruption.services, board.interruption.resumes_at) == (None, None)
    assert board.interruption.resume_minutes == 10
    assert board.next == ()
    phone = await phone_at(tickets[1].token, clock.now())
    assert phone.interruption == board.interruption
    assert (phone.wait, phone.people_ahead) == (None, 1)
    console = await console_at(desk, clock.now())
    assert console.interruption == board.interruption
    assert console.interruptions == (board.interruption,)

    over = await interrupting.resume(stop, 10, desk.clerk, clock.now())
    phone = await phone_at(tickets[1].token, clock.now())
    assert phone.interruption
    assert phone.interruption.resumes_at == over.resumes_at
    assert phone.wait
    assert phone.wait.low_minutes >= 10
    assert (await board_at(clock.now())).next == tuple(one.number for one in tickets)
    clock.advance(minutes=10)
    assert (await board_at(clock.now())).interruption is None
    phone = await phone_at(tickets[1].token, clock.now())
    assert phone.interruption is None
    assert phone.wait
    assert phone.wait.low_minutes < 10


async def test_a_visit_stands_still_in_an_alert_and_the_ranges_hold_again_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    """Twice the same visit, once with an hour of alert in it: what is left of it is the same."""
    await take_ticket(clock.now())
    called = await calling.call(desk.id, desk.clerk, clock.now())
    assert called
    await calling.start(called.id, desk.clerk, clock.now())
    next_one = await take_ticket(clock.advance(seconds=1))
    before = (await hall_at(clock.advance(minutes=2))).waits[next_one.id]
    stop = await alert(desk, clock.now())
    await interrupting.resume(stop, 10, desk.clerk, clock.advance(minutes=60))
    ending = (await hall_at(clock.now())).waits[next_one.id]
    assert ending.low_minutes == before.low_minutes + 10
    assert ending.high_minutes == before.high_minutes + 10
    assert (await hall_at(clock.advance(minutes=10))).waits[next_one.id] == before


async def test_the_people_ahead_are_as_many_as_before_it(desk: Desk, clock: FixedClock) -> None:
    """Only those count whom the same desks will call before, not the whole halls."""
    for _ in range(5):
        await take_ticket(clock.advance(seconds=1), service="debt-advice")
    await open_desk("6", clock.now())
    await take_ticket(clock.advance(seconds=1))
    mine = await take_ticket(clock.advance(seconds=1), service="household-certificate")
    before = (await phone_at(mine.token, clock.now())).people_ahead
    await alert(desk, clock.now())
    during = await phone_at(mine.token, clock.now())
    assert (during.wait, during.people_ahead) == (None, before)


async def test_the_kiosk_and_the_phone_count_the_same_people_ahead_in_an_alert(
    desk: Desk, clock: FixedClock
) -> None:
    for _ in range(3):
        await take_ticket(clock.now())
    held = await booking.hold(BRANCH, [SERVICE], MONDAY.replace(hour=11), "visit", clock.now())
    booked = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    await alert(desk, clock.advance(minutes=50))
    ticket = await arrival.check_in(BRANCH, booked.code, "device:1", clock.advance(minutes=5))
    phone = await phone_at(ticket.token, clock.now())
    assert ticket.people_ahead == phone.people_ahead == 0


async def test_people_whom_other_desks_serve_do_not_stand_ahead(
    desk: Desk, clock: FixedClock
) -> None:
    for _ in range(3):
        await take_ticket(clock.now(), service="area-change")
    legal = await take_ticket(clock.now(), service="debt-restructuring")
    assert (legal.wait, legal.people_ahead) == (None, 0)
    assert (await phone_at(legal.token, clock.now())).people_ahead == 0
