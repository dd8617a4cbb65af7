"""An alert, a power cut, a registry that is down: calls stop and go on."""

from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import accounts, arrival, booking, calling, interrupting, staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from tests.conftest import MONDAY
from tests.flow.alerts import alert, call, console_at, hall_at, phone_at, serve
from tests.support.hall import SERVICE, Desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")


async def test_an_alert_stops_calls_and_lets_them_go_on_ten_minutes_after_its_end(
    desk: Desk, clock: FixedClock
) -> None:
    numbers = [(await take_ticket(clock.advance(seconds=1))).number for _ in range(3)]
    stop = await alert(desk, clock.now())
    with pytest.raises(Conflict, match="hall_paused") as refused:
        await call(desk, clock.now())
    assert refused.value.details == {"kind": "alert", "resumes_at": None}
    picked = (await console_at(desk, clock.now())).queue[1].ticket
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now(), picked)

    clock.advance(minutes=40)
    over = await interrupting.resume(By(desk.clerk, clock.now()), stop, None)
    assert over.resumes_at == clock.now() + timedelta(minutes=10)
    clock.advance(minutes=9, seconds=59)
    with pytest.raises(Conflict, match="hall_paused") as still:
        await call(desk, clock.now())
    assert still.value.details["resumes_at"] == over.resumes_at
    clock.advance(seconds=1)
    assert [await serve(desk, clock.now()) for _ in range(4)] == [*numbers, None]


async def test_what_has_begun_goes_on_and_can_be_undone(desk: Desk, clock: FixedClock) -> None:
    first, second = [await take_ticket(clock.advance(seconds=1)) for _ in range(2)]
    await call(desk, clock.now())
    await alert(desk, clock.now())
    await calling.start(By(desk.clerk, clock.now()), first.id)
    await calling.finish(By(desk.clerk, clock.now()), first.id)
    undone = await calling.undo(By(desk.clerk, clock.now()), first.id)
    assert undone.progress.state == "serving"
    back = await calling.transfer(By(desk.clerk, clock.now()), first.id, services=[SERVICE])
    assert back.progress.state == "waiting"
    queue = (await console_at(desk, clock.now())).queue
    assert [one.ticket for one in queue] == [first.id, second.id], "the place is kept"
    assert {one.reason_code for one in queue} == {"waiting_longest"}


async def test_desks_that_an_alert_kept_closed_are_expected_when_it_ends(
    desk: Desk, clock: FixedClock
) -> None:
    early = MONDAY.replace(hour=8, minute=50)
    for _ in range(2):
        ticket = await take_ticket(early)
    await staffing.close_desk(By(desk.clerk, early), desk.id)
    chief = await accounts.add_staff(By(OPERATOR, early), "chief", "supervisor", BRANCH, PASSWORD)
    stop = await interrupting.interrupt(By(chief, early), BRANCH, "alert", None, "")
    over = await interrupting.resume(By(chief, MONDAY.replace(hour=9, minute=45)), stop.id, 0)
    assert over.resumes_at, "the desk opens soon, as nobody could come at nine"
    wait = (await hall_at(over.resumes_at)).waits[ticket.id]
    assert wait.people_ahead == 1


async def test_named_services_stop_alone_and_others_are_called_past_them(
    desk: Desk, clock: FixedClock
) -> None:
    stopped = await take_ticket(clock.advance(seconds=1))
    served = await take_ticket(clock.advance(seconds=1), service="debt-amount")
    down = await interrupting.interrupt(
        By(desk.clerk, clock.now()), BRANCH, "registry", [SERVICE], ""
    )
    console = await console_at(desk, clock.now())
    assert [one.ticket for one in console.queue] == [served.id, stopped.id]
    assert [one.reason_code for one in console.queue] == ["waiting_longest", "service_paused"]
    assert console.elsewhere == 0
    assert await serve(desk, clock.now()) == served.number
    assert await call(desk, clock.now()) is None, "nobody is left whom it could call"
    with pytest.raises(Conflict, match="services_paused"):
        await call(desk, clock.now(), stopped.id)
    phone = await phone_at(stopped.token, clock.now())
    assert phone.wait is None
    assert phone.interruption
    titles = (await reference.directory()).services
    assert phone.interruption.services == (titles[SERVICE].title,)

    over = await interrupting.resume(By(desk.clerk, clock.now()), down.id, None)
    assert over.resumes_at == clock.now(), "only an alert has a delay of its own"
    assert await call(desk, clock.now()) == stopped.number


async def test_the_kiosk_gives_no_ticket_for_what_is_stopped_but_checks_bookings_in(
    desk: Desk, clock: FixedClock
) -> None:
    held = await booking.hold(
        By(RESIDENT, clock.now()), BRANCH, [SERVICE], MONDAY.replace(hour=11), "visit"
    )
    booked = await booking.confirm(
        By(RESIDENT, clock.now()), held.token, "Ян", "0671234567", None, "uk"
    )
    await alert(desk, clock.now())
    with pytest.raises(RuleBroken, match="services_paused") as refused:
        await take_ticket(clock.now())
    assert refused.value.details == {"kind": "alert", "shelter": None}
    ticket = await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booked.code)
    assert (ticket.wait, ticket.late) == (None, False)


async def test_from_the_all_clear_on_tickets_are_given_whose_range_begins_when_calls_do(
    desk: Desk, clock: FixedClock
) -> None:
    """So that people stand in the queue, and not before the machine that gives the tickets."""
    stop = await alert(desk, clock.now())
    over = await interrupting.resume(By(desk.clerk, clock.now()), stop, 10)
    ticket = await take_ticket(clock.now())
    assert ticket.wait
    assert ticket.wait.low_minutes == 10
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    assert over.resumes_at
    assert await call(desk, over.resumes_at) == ticket.number


async def test_an_alert_from_before_opening_delays_the_first_call_by_half_an_hour(
    desk: Desk, clock: FixedClock
) -> None:
    early = MONDAY.replace(hour=8, minute=40)
    stop = await alert(desk, early)
    over = await interrupting.resume(By(desk.clerk, MONDAY.replace(hour=9, minute=15)), stop, None)
    assert over.resumes_at == MONDAY.replace(hour=9, minute=45)
