"""What staff do for somebody who asks: book, move, cancel, check in, and give a ticket."""

import asyncio
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.attendance import Attendee, stage
from queue_app.domain.errors import Conflict, NotAllowed, QueueError, RuleBroken
from queue_app.domain.people import OPERATOR, RESIDENT, Staff
from queue_app.flow import accounts, booking, for_residents
from queue_app.flow.act import By
from queue_app.queries import appointments, attendance, reference
from queue_app.store import db
from tests.flow.bookings import starts
from tests.support.people import BRANCH, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")
ELSEWHERE = "darnytskyi"
SERVICE = "debt-amount"
MONDAY = date(2026, 11, 23)


async def clerk_of(clock: FixedClock, branch: str = BRANCH) -> Staff:
    return await accounts.add_staff(
        By(OPERATOR, clock.now()), f"clerk-{branch}", "clerk", branch, PASSWORD
    )


async def book(
    by: By, starts_at: datetime, name: str = "Ян Нечай", phone: str = "0671234567"
) -> Appointment:
    return await for_residents.book_for(
        by, BRANCH, [SERVICE], starts_at, "visit", name, phone, None, "uk"
    )


async def persons(clock: FixedClock) -> list[Attendee]:
    directory = await reference.directory()
    return await attendance.everybody(directory, directory.branch(BRANCH), clock.now())


async def test_a_clerk_books_in_one_step_and_the_events_say_who(clock: FixedClock) -> None:
    clerk = await clerk_of(clock)
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(By(clerk, clock.now()), free[0])
    assert (booked.state, booked.starts_at, booked.phone) == ("booked", free[0], "+380671234567")
    events = await appointments.history(booked.branch_id, booked.id)
    assert [(one.verb, one.actor) for one in events] == [
        ("hold", clerk.actor), ("confirm", clerk.actor),
    ]  # fmt: skip
    sent = await db.fetch_value("SELECT kind FROM message WHERE appointment_id = $1", booked.id)
    assert sent == "booked"


async def test_pressed_twice_it_is_booked_once(clock: FixedClock) -> None:
    by = By(await clerk_of(clock), clock.now()).under(uuid4())
    free = await starts(BRANCH, MONDAY, clock.now())
    one, two = await asyncio.gather(book(by, free[0]), book(by, free[0]))
    assert one.id == two.id


async def test_a_contact_that_is_none_leaves_no_hold_behind(clock: FixedClock) -> None:
    free = await starts(BRANCH, MONDAY, clock.now())
    with pytest.raises(RuleBroken) as refused:
        await book(By(await clerk_of(clock), clock.now()), free[0], phone="12")
    assert refused.value.code == "bad_contact"
    assert await starts(BRANCH, MONDAY, clock.now()) == free
    assert await db.fetch_value("SELECT count(*) FROM appointment") == 0


async def test_of_two_clerks_who_book_the_last_place_at_once_one_has_it(clock: FixedClock) -> None:
    clerk, free = await clerk_of(clock), await starts(BRANCH, MONDAY, clock.now())
    by = By(clerk, clock.now())
    first = free[0]
    for number in range(20):
        if first not in await starts(BRANCH, MONDAY, clock.now()):
            break
        last = [
            book(by, first, "Ян", f"06712345{number:02}"),
            book(by, first, "Ія", f"06754321{number:02}"),
        ]
        answers = await asyncio.gather(*last, return_exceptions=True)
        lost = [one for one in answers if isinstance(one, QueueError)]
        assert {one.code for one in lost} <= {"slot_taken"}
    assert first not in await starts(BRANCH, MONDAY, clock.now())
    held = await db.fetch_value("SELECT count(*) FROM appointment WHERE state = 'held'")
    assert held == 0


async def test_who_has_not_come_is_given_another_time_though_theirs_has_passed(
    clock: FixedClock,
) -> None:
    by = By(await clerk_of(clock), clock.now())
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(by, free[0])
    clock.set(free[0] + timedelta(minutes=15))
    late = By(by.who, clock.now())
    with pytest.raises(Conflict) as refused:
        await booking.move(By(RESIDENT, clock.now()), booked.token, free[-1])
    assert refused.value.code == "too_late_to_change"
    assert [stage(one, clock.now()) for one in await persons(clock)] == ["late"]
    moved = await for_residents.move_for(late, BRANCH, booked.id, free[-1])
    assert (moved.state, moved.starts_at) == ("booked", free[-1])
    assert [stage(one, clock.now()) for one in await persons(clock)] == ["booked"]


async def test_a_move_and_a_check_in_at_once_end_in_one_visit(clock: FixedClock) -> None:
    by = By(await clerk_of(clock), clock.now())
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(by, free[0])
    answers = await asyncio.gather(
        for_residents.move_for(by, BRANCH, booked.id, free[-1]),
        for_residents.check_in_for(by, BRANCH, booked.id),
        return_exceptions=True,
    )
    refused = [one.code for one in answers if isinstance(one, QueueError)]
    assert refused in ([], ["already_checked_in"])
    (person,) = await persons(clock)
    assert person.number == "К1"
    assert (person.due_at == free[0]) is bool(refused)


async def test_a_cancelled_booking_gives_its_time_back(clock: FixedClock) -> None:
    by = By(await clerk_of(clock), clock.now())
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(by, free[0])
    cancelled = await for_residents.cancel_for(by, BRANCH, booked.id)
    assert cancelled.state == "cancelled"
    assert await starts(BRANCH, MONDAY, clock.now()) == free
    assert [stage(one, clock.now()) for one in await persons(clock)] == ["gone"]


async def test_a_clerk_checks_in_and_gives_tickets_in_the_language_of_the_person(
    clock: FixedClock,
) -> None:
    by = By(await clerk_of(clock), clock.now())
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(by, free[0])
    came = await for_residents.check_in_for(by, BRANCH, booked.id)
    walked = await for_residents.issue_for(by.under(uuid4()), BRANCH, [SERVICE], "veteran", "en")
    assert (came.number, walked.number) == ("К1", "П1")
    people = {one.number: one for one in await persons(clock)}
    assert people["К1"].name == "Ян Нечай"
    assert (people["П1"].language, people["П1"].priority) == ("en", "veteran")


async def test_services_are_changed_for_somebody_where_they_fit(clock: FixedClock) -> None:
    by = By(await clerk_of(clock), clock.now())
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(by, free[0])
    changed = await for_residents.change_services_for(by, BRANCH, booked.id, ["bill-duplicate"])
    assert (changed.services, changed.starts_at) == (("bill-duplicate",), free[0])
    last = (await appointments.history(booked.branch_id, booked.id))[-1]
    assert (last.verb, last.actor) == ("change", by.who.actor)


async def test_another_branch_is_closed_to_a_clerk(clock: FixedClock) -> None:
    free = await starts(BRANCH, MONDAY, clock.now())
    booked = await book(By(await clerk_of(clock), clock.now()), free[0])
    other = By(await clerk_of(clock, ELSEWHERE), clock.now())
    for asked in (
        book(other, free[1]),
        for_residents.move_for(other, BRANCH, booked.id, free[1]),
        for_residents.cancel_for(other, BRANCH, booked.id),
        for_residents.change_services_for(other, BRANCH, booked.id, ["bill-duplicate"]),
        for_residents.check_in_for(other, BRANCH, booked.id),
        for_residents.issue_for(other, BRANCH, [SERVICE], None, "uk"),
    ):
        with pytest.raises(NotAllowed) as refused:
            await asked
        assert refused.value.code == "other_branch"
