"""An alert, a power cut, a registry that is down: calls stop and go on, and nobody loses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain import forecast
from queue_app.domain.errors import Conflict, NotAllowed, NotFound, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.people import Staff
from queue_app.flow import arrival, booking, calling, interrupting, staffing
from queue_app.queries import desks, doctor, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens.board import BoardView, board_view
from queue_app.screens.desk import DeskQueueView, desk_view
from queue_app.screens.ticket import TicketView, ticket_view
from tests.conftest import MONDAY
from tests.support.hall import SERVICE, Desk, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD

ELSEWHERE = "darnytskyi"


@pytest.fixture(autouse=True)
async def proven(database: str, clock: FixedClock) -> AsyncIterator[None]:
    """Whatever a test did, every invariant of the database holds."""
    yield
    assert await doctor.check(clock.now()) == []


@pytest.fixture
async def desk(database: str, clock: FixedClock) -> Desk:
    return await open_desk("1", clock.now())


async def hall_at(now: datetime) -> Hall:
    """With ranges made anew: how long they are kept hangs on the machine's time, not the hall's."""
    forecast.forget()
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), now)


async def board_at(now: datetime) -> BoardView:
    return board_view(await hall_at(now))


async def phone_at(token: str, now: datetime) -> TicketView:
    return ticket_view(await hall_at(now), await by_token(token))


async def console_at(desk: Desk, now: datetime) -> DeskQueueView:
    seen = await hall_at(now)
    return desk_view(seen, desk.id, None, await desks.extra(seen, desk.id))


async def alert(desk: Desk, now: datetime) -> int:
    return (await interrupting.interrupt(BRANCH, "alert", None, "", desk.clerk, now)).id


async def call(desk: Desk, now: datetime, ticket: int | None = None) -> str | None:
    called = await calling.call(desk.id, desk.clerk, now, ticket)
    return called.number if called else None


async def serve(desk: Desk, now: datetime) -> str | None:
    called = await calling.call(desk.id, desk.clerk, now)
    if called is None:
        return None
    await calling.start(called.id, desk.clerk, now)
    await calling.finish(called.id, desk.clerk, now)
    return called.number


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
    over = await interrupting.resume(stop, None, desk.clerk, clock.now())
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
    await calling.start(first.id, desk.clerk, clock.now())
    await calling.finish(first.id, desk.clerk, clock.now())
    undone = await calling.undo(first.id, desk.clerk, clock.now())
    assert undone.progress.state == "serving"
    back = await calling.transfer(first.id, desk.clerk, clock.now(), services=[SERVICE])
    assert back.progress.state == "waiting"
    queue = (await console_at(desk, clock.now())).queue
    assert [one.ticket for one in queue] == [first.id, second.id], "the place is kept"
    assert {one.reason_code for one in queue} == {"waiting_longest"}


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


async def test_a_booking_that_fell_into_an_alert_is_still_expected_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    starts_at = MONDAY + timedelta(minutes=30)
    held = await booking.hold(BRANCH, [SERVICE], starts_at, "visit", clock.now())
    await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    stop = await alert(desk, clock.advance(minutes=25))
    await interrupting.resume(stop, 0, desk.clerk, clock.advance(minutes=60))
    seen = await hall_at(clock.now())
    assert [one.due_at for one in seen.appointed] == [starts_at]
    assert (await hall_at(clock.advance(minutes=11))).appointed == (), "and then is late"


async def test_desks_that_an_alert_kept_closed_are_expected_when_it_ends(
    desk: Desk, clock: FixedClock
) -> None:
    early = MONDAY.replace(hour=8, minute=50)
    for _ in range(2):
        ticket = await take_ticket(early)
    await staffing.close_desk(desk.id, desk.clerk, early)
    stop = await alert(desk, early)
    over = await interrupting.resume(stop, 0, desk.clerk, MONDAY.replace(hour=9, minute=45))
    assert over.resumes_at, "the desk opens soon, as nobody could come at nine"
    wait = (await hall_at(over.resumes_at)).waits[ticket.id]
    assert wait.people_ahead == 1


async def test_named_services_stop_alone_and_others_are_called_past_them(
    desk: Desk, clock: FixedClock
) -> None:
    stopped = await take_ticket(clock.advance(seconds=1))
    served = await take_ticket(clock.advance(seconds=1), service="debt-amount")
    down = await interrupting.interrupt(BRANCH, "registry", [SERVICE], "", desk.clerk, clock.now())
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

    over = await interrupting.resume(down.id, None, desk.clerk, clock.now())
    assert over.resumes_at == clock.now(), "only an alert has a delay of its own"
    assert await call(desk, clock.now()) == stopped.number


async def test_the_kiosk_gives_no_ticket_for_what_is_stopped_but_checks_bookings_in(
    desk: Desk, clock: FixedClock
) -> None:
    held = await booking.hold(BRANCH, [SERVICE], MONDAY.replace(hour=11), "visit", clock.now())
    booked = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    await alert(desk, clock.now())
    with pytest.raises(RuleBroken, match="services_paused") as refused:
        await take_ticket(clock.now())
    assert refused.value.details == {"kind": "alert", "shelter": None}
    ticket = await arrival.check_in(BRANCH, booked.code, "device:1", clock.now())
    assert (ticket.wait, ticket.late) == (None, False)


async def test_from_the_all_clear_on_tickets_are_given_whose_range_begins_when_calls_do(
    desk: Desk, clock: FixedClock
) -> None:
    """So that people stand in the queue, and not before the machine that gives the tickets."""
    stop = await alert(desk, clock.now())
    over = await interrupting.resume(stop, 10, desk.clerk, clock.now())
    ticket = await take_ticket(clock.now())
    assert ticket.wait
    assert ticket.wait.low_minutes == 10
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    assert over.resumes_at
    assert await call(desk, over.resumes_at) == ticket.number


async def test_a_booking_that_fell_into_an_alert_comes_first_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    walk_in = await take_ticket(clock.now())
    codes = []
    for minutes in (60, 80):
        starts_at = MONDAY + timedelta(minutes=minutes)
        held = await booking.hold(BRANCH, [SERVICE], starts_at, "visit", clock.now())
        made = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
        codes.append(made.code)
    clock.advance(minutes=65)
    stop = await alert(desk, clock.now())
    clock.advance(minutes=60)
    await interrupting.resume(stop, 10, desk.clerk, clock.now())
    clock.advance(minutes=19)
    second = await arrival.check_in(BRANCH, codes[1], "device:1", clock.now())
    first = await arrival.check_in(BRANCH, codes[0], "device:1", clock.now())
    assert (first.late, second.late) == (False, False)
    order = [await serve(desk, clock.now()) for _ in range(3)]
    assert order == [first.number, second.number, walk_in.number]


async def test_who_comes_later_than_the_grace_after_it_is_late(
    desk: Desk, clock: FixedClock
) -> None:
    held = await booking.hold(BRANCH, [SERVICE], MONDAY.replace(hour=11), "visit", clock.now())
    booked = await booking.confirm(held.token, "Ян", "0671234567", None, "uk", clock.now())
    clock.advance(minutes=55)
    stop = await alert(desk, clock.now())
    clock.advance(minutes=30)
    await interrupting.resume(stop, 10, desk.clerk, clock.now())
    clock.advance(minutes=20, seconds=1)
    assert (await arrival.check_in(BRANCH, booked.code, "device:1", clock.now())).late


async def test_an_alert_from_before_opening_delays_the_first_call_by_half_an_hour(
    desk: Desk, clock: FixedClock
) -> None:
    early = MONDAY.replace(hour=8, minute=40)
    stop = await alert(desk, early)
    over = await interrupting.resume(stop, None, desk.clerk, MONDAY.replace(hour=9, minute=15))
    assert over.resumes_at == MONDAY.replace(hour=9, minute=45)


async def test_saying_it_twice_or_at_once_makes_one_interruption(
    desk: Desk, clock: FixedClock
) -> None:
    other = await open_desk("2", clock.now())
    both = await asyncio.gather(
        *(
            interrupting.interrupt(BRANCH, "alert", None, "", one.clerk, clock.now())
            for one in (desk, other, desk, other)
        )
    )
    assert len({one.id for one in both}) == 1
    with pytest.raises(Conflict, match="already_interrupted") as refused:
        await interrupting.interrupt(BRANCH, "power", None, "", desk.clerk, clock.now())
    assert refused.value.details == {"interruption": both[0].id, "kind": "alert"}
    some = [
        await interrupting.interrupt(BRANCH, "registry", codes, "", desk.clerk, clock.now())
        for codes in ([SERVICE, "debt-amount"], ["debt-amount", SERVICE, SERVICE])
    ]
    assert some[0] == some[1]

    over = [
        await interrupting.resume(both[0].id, 10, one.clerk, clock.advance(seconds=30))
        for one in (desk, other)
    ]
    assert over[0] == over[1]


async def test_the_same_key_gives_the_same_interruption_after_its_end_too(
    desk: Desk, clock: FixedClock
) -> None:
    key, again = uuid4(), uuid4()
    begun = [
        await interrupting.interrupt(BRANCH, "power", None, "щит", desk.clerk, clock.now(), key)
    ]
    ended = [await interrupting.resume(begun[0].id, 0, desk.clerk, clock.now(), again)]
    begun.append(
        await interrupting.interrupt(BRANCH, "power", None, "щит", desk.clerk, clock.now(), key)
    )
    ended.append(await interrupting.resume(begun[0].id, 0, desk.clerk, clock.now(), again))
    assert begun[0] == begun[1]
    assert ended[0] == ended[1]
    assert (await board_at(clock.now())).interruption is None


async def test_an_alert_anew_while_the_last_one_is_ending_stops_calls_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now())
    await interrupting.resume(first, None, desk.clerk, clock.advance(minutes=5))
    second = await alert(desk, clock.advance(minutes=2))
    assert second != first
    clock.advance(minutes=30)
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(second, 0, desk.clerk, clock.now())
    assert await call(desk, clock.now())


async def test_only_staff_of_the_branch_may_and_only_what_there_is(
    desk: Desk, clock: FixedClock
) -> None:
    now = clock.now()
    stranger: Staff = await staffing.add_staff("far", "supervisor", ELSEWHERE, PASSWORD, now)
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.interrupt(BRANCH, "alert", None, "", stranger, now)
    stop = await alert(desk, now)
    with pytest.raises(NotAllowed, match="other_branch"):
        await interrupting.resume(stop, None, stranger, now)
    for bad in (0, -1, stop + 1000, 2**63):
        with pytest.raises(NotFound, match="unknown_interruption"):
            await interrupting.resume(bad, None, desk.clerk, now)
    for kind, services, code in (
        ("flood", None, "unknown_kind"),
        ("registry", [], "no_service"),
        ("registry", ["nonsense"], "unknown_service"),
    ):
        with pytest.raises(RuleBroken, match=code):
            await interrupting.interrupt(BRANCH, kind, services, "", desk.clerk, now)
    for delay in (-1, 100_000):
        with pytest.raises(RuleBroken, match="bad_delay"):
            await interrupting.resume(stop, delay, desk.clerk, now)
    assert (await interrupting.resume(stop, 0, desk.clerk, now)).resumes_at == now


async def test_other_branches_go_on(desk: Desk, clock: FixedClock) -> None:
    await alert(desk, clock.now())
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(ELSEWHERE), clock.now())
    assert board_view(seen).interruption is None
    await take_ticket(clock.now(), branch=ELSEWHERE)


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


async def test_nobody_is_a_no_show_while_everything_is_stopped(
    desk: Desk, clock: FixedClock
) -> None:
    called = await take_ticket(clock.advance(seconds=1))
    await call(desk, clock.now())
    stop = await alert(desk, clock.advance(seconds=5))
    with pytest.raises(Conflict, match="hall_paused"):
        await calling.no_show(called.id, desk.clerk, clock.advance(minutes=20))
    assert (await phone_at(called.token, clock.now())).state == "called"
    await interrupting.resume(stop, 0, desk.clerk, clock.now())
    await calling.no_show(called.id, desk.clerk, clock.advance(minutes=2))


async def test_the_next_alert_takes_the_place_of_an_all_clear(
    desk: Desk, clock: FixedClock
) -> None:
    first = await alert(desk, clock.now())
    await interrupting.resume(first, 10, desk.clerk, clock.advance(minutes=15))
    second = await alert(desk, clock.advance(minutes=3))
    assert second != first
    a_moment_before = clock.now() - timedelta(milliseconds=5)
    with pytest.raises(Conflict, match="interrupted_anew") as anew:
        await interrupting.resume(first, 60, desk.clerk, a_moment_before)
    assert anew.value.details == {"interruption": second}
    assert [one.id for one in (await console_at(desk, clock.now())).interruptions] == [second]
    await interrupting.resume(second, 0, desk.clerk, clock.advance(minutes=5))
    assert (await console_at(desk, clock.now())).interruptions == ()
    await take_ticket(clock.now())
    assert await call(desk, clock.now())


async def test_a_stop_of_the_same_services_takes_the_place_of_one_whose_minutes_still_run(
    desk: Desk, clock: FixedClock
) -> None:
    ticket = await take_ticket(clock.now())
    stop = partial(interrupting.interrupt, BRANCH, "registry", [SERVICE], "", desk.clerk)
    first = await stop(clock.now())
    await interrupting.resume(first.id, 60, desk.clerk, clock.advance(minutes=1))
    second = await stop(clock.advance(minutes=1))
    assert second.id != first.id
    assert await call(desk, clock.now()) is None
    await interrupting.resume(second.id, 0, desk.clerk, clock.advance(minutes=1))
    assert await call(desk, clock.now()) == ticket.number


async def test_an_alert_that_a_wrong_clock_put_into_the_future_stops_calls_when_it_is_said_again(
    desk: Desk, clock: FixedClock
) -> None:
    await take_ticket(clock.now())
    first = await alert(desk, clock.now() + timedelta(hours=1))
    again = await interrupting.interrupt(BRANCH, "alert", None, "", desk.clerk, clock.now())
    assert (again.id, again.started_at) == (first, clock.now())
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())
    await interrupting.resume(first, 0, desk.clerk, clock.advance(minutes=5))
    assert await call(desk, clock.now())


async def test_whoever_was_called_before_an_alert_has_time_to_come_after_it(
    desk: Desk, clock: FixedClock
) -> None:
    called = await take_ticket(clock.now())
    await call(desk, clock.now())
    stop = await alert(desk, clock.advance(minutes=1))
    clock.advance(minutes=30)
    with pytest.raises(Conflict, match="hall_paused"):
        await calling.recall(called.id, desk.clerk, clock.now())
    over = await interrupting.resume(stop, 0, desk.clerk, clock.now())
    current = (await console_at(desk, clock.now())).current
    assert current
    assert current.awaited_since == over.resumes_at
    with pytest.raises(Conflict, match="just_resumed") as too_soon:
        await calling.no_show(called.id, desk.clerk, clock.advance(seconds=5))
    assert too_soon.value.details["possible_at"] == clock.now() + timedelta(seconds=115)
    await calling.recall(called.id, desk.clerk, clock.now())
    await calling.no_show(called.id, desk.clerk, clock.advance(minutes=2))


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
