"""Coming in: tickets and their numbers, check-in with a booking, and leaving."""

import asyncio
from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.centre import WEEKDAYS, Period
from queue_app.domain.errors import Conflict, NotFound, RuleBroken
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.queries import halls, reference
from queue_app.queries.tickets import by_token
from queue_app.screens.ticket import ticket_view
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.hall import SERVICE, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")

ELSEWHERE = "darnytskyi"


async def issue(
    clock: FixedClock, *services: str, priority: str | None = None, branch: str = BRANCH
) -> IssuedTicket:
    chosen = list(services) or [SERVICE]
    return await arrival.issue(By(KIOSK, clock.now()), branch, chosen, priority, "uk")


async def book(clock: FixedClock, starts_at: datetime, *services: str) -> Appointment:
    chosen = list(services) or [SERVICE]
    held = await booking.hold(By(RESIDENT, clock.now()), BRANCH, chosen, starts_at, "visit")
    return await booking.confirm(
        By(RESIDENT, clock.now()), held.token, "Олена Мельник", "067 123 45 67", None, "uk"
    )


async def check_in(clock: FixedClock, code: str, branch: str = BRANCH) -> IssuedTicket:
    return await arrival.check_in(By(KIOSK, clock.now()), branch, code)


async def refused(code: str, clock: FixedClock, *services: str, **more: str) -> RuleBroken:
    with pytest.raises(RuleBroken, match=code) as error:
        await issue(clock, *services, **more)
    return error.value


async def test_numbers_count_from_one_in_each_series_branch_and_day(clock: FixedClock) -> None:
    numbers = [
        (await issue(clock)).number,
        (await issue(clock)).number,
        (await issue(clock, priority="veteran")).number,
        (await issue(clock, branch=ELSEWHERE)).number,
    ]
    assert numbers == ["А1", "А2", "П1", "А1"]
    clock.advance(days=1)
    assert (await issue(clock)).number == "А1"


async def test_many_who_come_at_once_get_each_number_once_and_without_a_gap(
    clock: FixedClock,
) -> None:
    tickets = await asyncio.gather(*(issue(clock) for _ in range(25)))
    assert sorted(int(one.number[1:]) for one in tickets) == list(range(1, 26))
    assert len({one.token for one in tickets}) == 25


async def test_a_double_tap_gives_one_ticket(clock: FixedClock) -> None:
    key = uuid4()

    async def tap() -> IssuedTicket:
        return await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, [SERVICE], None, "uk")

    tickets = await asyncio.gather(tap(), tap(), tap())
    assert len({one.id for one in tickets}) == 1
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 1
    with pytest.raises(RuleBroken, match="idempotency_key_reused"):
        await arrival.issue(By(KIOSK, clock.now(), key), BRANCH, ["tariffs"], None, "uk")


async def test_a_refused_ticket_uses_up_no_number(clock: FixedClock) -> None:
    await refused("unknown_service", clock, "no-such")
    await refused("unknown_priority", clock, SERVICE, priority="friend")
    assert (await issue(clock)).number == "А1"


async def test_what_no_visit_can_be_for_is_refused(clock: FixedClock) -> None:
    with pytest.raises(RuleBroken, match="no_service"):
        await arrival.issue(By(KIOSK, clock.now()), BRANCH, [], None, "uk")
    await refused("nobody_serves", clock, "area-change", "debt-restructuring")
    limit = (await reference.directory()).rules.max_services
    many = ["bill-duplicate", "tariffs", "benefit-charges", "recalculations", "quality-check"]
    assert len(many) == limit
    await issue(clock, *many, "tariffs")
    await refused("too_many_services", clock, *many, "heat-calculation")


async def test_the_kiosk_says_when_it_opens_and_gives_no_ticket_too_late(
    clock: FixedClock,
) -> None:
    rules = (await reference.directory()).rules
    nine, six = MONDAY.replace(hour=9), MONDAY.replace(hour=18)
    clock.set(nine - timedelta(minutes=rules.kiosk_early_minutes, seconds=1))
    assert (await refused("branch_closed", clock)).details == {"opens_at": nine}
    clock.advance(seconds=1)
    await issue(clock)
    clock.set(six - timedelta(minutes=rules.last_ticket_minutes, seconds=1))
    await issue(clock)
    clock.advance(seconds=1)
    late = await refused("past_last_ticket", clock)
    assert (late.details["closes_at"], late.details["opens_at"]) == (six, nine + timedelta(days=1))
    clock.set(six)
    assert (await refused("branch_closed", clock)).details["opens_at"] == nine + timedelta(days=1)


async def test_a_ticket_tells_who_is_ahead_and_how_long(clock: FixedClock) -> None:
    lonely = await issue(clock)
    assert (lonely.people_ahead, lonely.wait) == (0, None), "no desk is open yet"
    await open_desk("1", clock.now())
    second = await issue(clock)
    assert second.people_ahead == 1
    assert second.wait
    assert 0 < second.wait.low_minutes < second.wait.high_minutes


async def test_a_booking_becomes_a_ticket_of_its_own_series(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    ticket = await check_in(clock, booked.code)
    assert (ticket.number, ticket.due_at) == ("К1", MONDAY.replace(hour=11))


async def test_checking_in_twice_gives_the_same_ticket(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    spaced = f" {booked.code[:3]}-{booked.code[3:]} "
    tickets = await asyncio.gather(*(check_in(clock, code) for code in (booked.code, spaced)))
    later = await check_in(clock, booked.code)
    assert len({one.id for one in (*tickets, later)}) == 1
    assert await db.fetch_value("SELECT count(*) FROM ticket") == 1


async def test_a_visit_that_is_over_is_not_begun_again(clock: FixedClock) -> None:
    booked = await book(clock, MONDAY.replace(hour=11))
    ticket = await check_in(clock, booked.code)
    desk = await open_desk("1", clock.now())
    await desk.call()
    await desk.start(ticket.id)
    await desk.finish(ticket.id)
    with pytest.raises(Conflict, match="visit_over"):
        await check_in(clock, booked.code)


async def test_a_code_of_another_day_or_branch_says_no_more_and_a_link_says_all(
    clock: FixedClock,
) -> None:
    tomorrow = MONDAY.replace(hour=11) + timedelta(days=1)
    booked = await book(clock, tomorrow)
    with pytest.raises(RuleBroken, match="other_day") as error:
        await check_in(clock, booked.code)
    assert error.value.details == {}
    with pytest.raises(RuleBroken, match="other_branch_booking") as error:
        await check_in(clock, booked.code, ELSEWHERE)
    assert error.value.details == {}
    with pytest.raises(RuleBroken, match="other_day") as error:
        await check_in(clock, booked.token)
    assert error.value.details == {"starts_at": tomorrow}
    with pytest.raises(RuleBroken, match="other_branch_booking") as error:
        await check_in(clock, booked.token, ELSEWHERE)
    assert error.value.details["branch"] == BRANCH
    with pytest.raises(NotFound, match="unknown_code"):
        await check_in(clock, "000000" if booked.code != "000000" else "111111")


async def test_who_comes_late_joins_the_live_queue(clock: FixedClock) -> None:
    rules = (await reference.directory()).rules
    booked = await book(clock, MONDAY.replace(hour=11))
    clock.set(MONDAY.replace(hour=11) + timedelta(minutes=rules.late_minutes))
    walk_in = await take_ticket(clock.now())
    clock.advance(seconds=1)
    late = await check_in(clock, booked.code)
    desk = await open_desk("1", clock.now())
    assert (await desk.call()).id == walk_in.id
    await desk.no_show(walk_in.id)
    assert (await desk.call()).id == late.id


async def test_who_is_on_time_goes_before_whoever_came_earlier(clock: FixedClock) -> None:
    walk_in = await take_ticket(clock.now())
    booked = await book(clock, MONDAY.replace(hour=11))
    on_time = await check_in(clock, booked.code)
    desk = await open_desk("1", clock.now())
    assert (await desk.call()).id == walk_in.id, "the booked time has not come"
    await desk.undo(walk_in.id)
    clock.set(MONDAY.replace(hour=10, minute=50))
    await open_desk("2", clock.now())
    desk = await open_desk("3", clock.now())
    assert (await desk.call()).id == on_time.id


async def test_a_waiting_visitor_may_leave_and_one_at_a_desk_may_not(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    with pytest.raises(Conflict, match="ticket_state"):
        await arrival.leave(By(RESIDENT, clock.now()), ticket.token)
    await desk.undo(ticket.id)
    assert (await arrival.leave(By(RESIDENT, clock.now()), ticket.token)).progress.state == "left"
    with pytest.raises(Conflict, match="ticket_state"):
        await arrival.leave(By(RESIDENT, clock.now()), ticket.token)
    with pytest.raises(NotFound, match="unknown_link"):
        await arrival.leave(By(RESIDENT, clock.now()), "1-" + "x" * 24)


async def test_leaving_and_being_called_at_once_ends_in_one_of_both(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    results = await asyncio.gather(
        arrival.leave(By(RESIDENT, clock.now()), ticket.token),
        desk.call(ticket.id),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in results) == 1


async def test_whoever_is_still_there_when_the_day_ends_has_left(clock: FixedClock) -> None:
    ticket = await issue(clock)
    branch = (await reference.directory()).branch(BRANCH)
    for _ in range(2):
        await arrival.close_out(By(SYSTEM, clock.now()), branch.id, ticket.id)
    verbs = await db.fetch("SELECT verb, actor FROM ticket_event ORDER BY seq")
    assert [tuple(row) for row in verbs] == [("issue", KIOSK.actor), ("leave", "system")]


async def test_a_range_that_reaches_past_closing_is_said_with_the_ticket_and_after_it(
    clock: FixedClock,
) -> None:
    clock.set(MONDAY.replace(hour=17, minute=20))
    await open_desk("1", clock.now())
    given: list[IssuedTicket] = []
    while not given or given[-1].wait is None or given[-1].wait.high_minutes <= 40:
        given.append(await issue(clock))
        assert len(given) < 40, "one desk has no time for all of these before it closes"
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(BRANCH), clock.now())
    served = [ticket_view(seen, await by_token(one.token)).served for one in given]
    assert served[0] == "today"
    assert served[-1] == "perhaps"
    assert sorted(served, key=["today", "perhaps"].index) == served
    first = ticket_view(seen, await by_token(given[0].token))
    assert first.closes_at == MONDAY.replace(hour=18)


async def test_a_break_of_the_whole_branch_is_not_the_end_of_its_day(clock: FixedClock) -> None:
    directory = await reference.directory()
    halves = (Period(time(9), time(13)), Period(time(14), time(18)))
    branch = replace(directory.branch(BRANCH), hours=dict.fromkeys(WEEKDAYS, halves))
    day = directory.today(branch, MONDAY)
    before = day.door(MONDAY.replace(hour=12, minute=50))
    assert (before.state, before.closes_at) == ("open", MONDAY.replace(hour=18))
    over = day.door(MONDAY.replace(hour=17, minute=50))
    assert (over.state, over.closes_at) == ("past_last_ticket", MONDAY.replace(hour=18))
