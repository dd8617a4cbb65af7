"""A booking's right lasts until its time: an early call, or leaving by mistake, does not end it."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.domain.ranges import Forecasts
from queue_app.flow import arrival, calling
from queue_app.flow.act import By
from queue_app.jobs import day_ends
from queue_app.queries import appointments, halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens.desk import desk_queue
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.test_arrival import book, check_in
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")

DUE = MONDAY.replace(hour=17, minute=10)


def at(clock: FixedClock, hour: int, minute: int) -> datetime:
    clock.set(MONDAY.replace(hour=hour, minute=minute))
    return clock.now()


def moved(desk: Desk, clock: FixedClock) -> Desk:
    return Desk(desk.id, desk.number, desk.clerk, clock.now())


async def called_early(clock: FixedClock) -> tuple[str, arrival.IssuedTicket, Desk]:
    """Booked for 17:10, checked in at 10:12, called at 10:18, not there at 10:20."""
    booked = await book(clock, DUE)
    at(clock, 10, 12)
    ticket = await check_in(clock, booked.code)
    at(clock, 10, 18)
    desk = await open_desk("1", clock.now())
    assert (await desk.call()).id == ticket.id
    at(clock, 10, 20)
    await moved(desk, clock).no_show(ticket.id)
    return booked.code, ticket, moved(desk, clock)


async def test_whoever_is_not_there_when_called_early_is_expected_at_their_time(
    clock: FixedClock,
) -> None:
    _, ticket, desk = await called_early(clock)
    progress = (await by_token(ticket.token)).progress
    assert (progress.state, progress.expected_at) == ("waiting", DUE)
    assert await calling.call(By(desk.clerk, clock.now()), desk.id) is None, "not before their time"
    walk_in = await take_ticket(clock.now())
    assert (await desk.call()).id == walk_in.id
    await desk.start(walk_in.id)
    at(clock, 17, 9)
    desk = moved(desk, clock)
    await desk.finish(walk_in.id)
    assert await calling.call(By(desk.clerk, clock.now()), desk.id) is None
    at(clock, 17, 10)
    desk = moved(desk, clock)
    await take_ticket(clock.now())
    assert (await desk.call()).id == ticket.id, "first, as they booked"
    at(clock, 17, 12)
    await moved(desk, clock).no_show(ticket.id)
    assert (await by_token(ticket.token)).progress.state == "no_show", "their time has come"


async def test_the_code_still_checks_in_at_five(clock: FixedClock) -> None:
    code, ticket, _ = await called_early(clock)
    at(clock, 17, 0)
    again = await check_in(clock, code)
    assert (again.id, again.number, again.state, again.late) == (
        ticket.id, ticket.number, "waiting", False
    )  # fmt: skip
    assert (await by_token(ticket.token)).progress.expected_at is None, "they are here"


async def test_who_is_back_early_says_so_at_the_kiosk_and_may_be_called_at_once(
    clock: FixedClock,
) -> None:
    code, ticket, desk = await called_early(clock)
    at(clock, 10, 25)
    await check_in(clock, code)
    assert (await moved(desk, clock).call()).id == ticket.id


async def test_a_clerk_sees_and_may_pick_who_is_expected_later(clock: FixedClock) -> None:
    _, ticket, desk = await called_early(clock)
    directory = await reference.directory()
    hall = await halls.load(directory, directory.branch(BRANCH), clock.now())
    assert [one.reason_code for one in desk_queue(hall, desk.id)] == ["expected"]
    picked = await desk.call(ticket.id)
    assert (picked.id, picked.progress.expected_at) == (ticket.id, None)


async def test_not_here_can_be_taken_back_for_whoever_was_called_early(clock: FixedClock) -> None:
    _, ticket, desk = await called_early(clock)
    await desk.undo(ticket.id)
    progress = (await by_token(ticket.token)).progress
    assert (progress.state, progress.desk_id, progress.expected_at) == ("called", desk.id, None)


@pytest.mark.parametrize(("minutes", "holds"), [(0, True), (10, True), (11, False)])
async def test_a_no_show_at_the_booked_time_checks_in_again_within_the_minutes_of_grace(
    clock: FixedClock, minutes: int, holds: bool
) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    at(clock, 11, 0)
    ticket = await check_in(clock, booked.code)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.no_show(ticket.id)
    clock.advance(minutes=minutes)
    if holds:
        assert (await check_in(clock, booked.code)).id == ticket.id
    else:
        with pytest.raises(Conflict, match="visit_over"):
            await check_in(clock, booked.code)


async def test_whoever_left_by_mistake_checks_in_again(clock: FixedClock) -> None:
    booked = await book(clock, DUE)
    ticket = await check_in(clock, booked.code)
    await arrival.leave(By(RESIDENT, clock.now()), ticket.token)
    desk = await open_desk("1", clock.now())
    assert await calling.call(By(desk.clerk, clock.now()), desk.id) is None
    again = await check_in(clock, booked.code)
    assert (again.id, again.state) == (ticket.id, "waiting")
    assert (await desk.call()).id == ticket.id


async def test_whoever_is_expected_and_does_not_come_has_missed_their_visit(
    clock: FixedClock,
) -> None:
    code, ticket, _ = await called_early(clock)
    clock.set(MONDAY + timedelta(days=1))
    await day_ends.end(clock)
    await day_ends.settle_appointments(clock)
    assert (await by_token(ticket.token)).progress.state == "left"
    state = await db.fetch_value("SELECT state FROM appointment WHERE code = $1", code)
    assert state == "missed"


async def test_a_phone_call_that_is_not_answered_before_its_time_is_made_again_at_it(
    clock: FixedClock,
) -> None:
    due = MONDAY.replace(hour=11)
    token = await db.fetch_value(
        "UPDATE appointment SET channel = 'phone' WHERE code = $1 RETURNING token",
        (await book(clock, due, "debt-amount")).code,
    )
    at(clock, 10, 51)
    issued = await arrival.admit_call(By(SYSTEM, clock.now()), token, due)
    assert issued
    desk = await open_desk("1", clock.now())
    await desk.call(issued.id)
    await desk.no_show(issued.id)
    progress = (await by_token(issued.token)).progress
    assert (progress.state, progress.expected_at) == ("waiting", due)


async def test_a_centre_may_say_how_early_a_check_in_is_taken(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = await book(clock, MONDAY.replace(hour=12))
    rules = (await reference.directory()).rules
    monkeypatch.setattr(type(rules), "check_in_early_minutes", 90)
    with pytest.raises(RuleBroken, match="too_early") as error:
        await check_in(clock, booked.code)
    assert error.value.details == {"possible_at": MONDAY.replace(hour=10, minute=30)}
    at(clock, 10, 30)
    assert (await check_in(clock, booked.code)).number == "К1"


async def test_a_link_checks_in_and_no_digits_of_another_text_do(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    for text in (f"https://queue.example/t/1-abcdefghij{booked.code}", f"x{booked.code}", ""):
        with pytest.raises(NotFound, match="unknown_code"):
            await check_in(clock, text)
    by_link = await check_in(clock, f"https://queue.example/visit/{booked.token}")
    by_token_alone = await check_in(clock, booked.token)
    assert by_link.id == by_token_alone.id == (await check_in(clock, booked.code)).id
    assert await appointments.by_token(booked.token)


async def test_a_check_in_that_is_asked_again_changes_the_line_for_nobody(
    clock: FixedClock,
) -> None:
    """It would wait anew, had it not been answered before: nobody is told a wait by that."""
    booked = await book(clock, DUE)
    now, process = at(clock, 10, 12), Forecasts()
    asked = By(KIOSK, now, uuid4(), process)
    ticket = await arrival.check_in(asked, BRANCH, booked.code)
    desk = await open_desk("1", now)
    await desk.call()
    await desk.no_show(ticket.id)
    assert await arrival.check_in(asked, BRANCH, booked.code) == ticket
    directory = await reference.directory()
    tail = await halls.end_of_line(directory, directory.branch(BRANCH), now, process)
    assert tail is None or [one.expected_at for one in tail.now.waiting] == [DUE]
    assert (await by_token(ticket.token)).progress.expected_at == DUE
