"""Nights that are lived through: numbers, the queue, desks, bookings, learning and reports keep the
day on which the branch opened."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import RuleBroken
from queue_app.domain.habits import Seen
from queue_app.domain.people import RESIDENT
from queue_app.domain.tickets import Ticket
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.flow.arrival import IssuedTicket
from queue_app.flow.records import NUMBERS_APART
from queue_app.jobs import learning
from queue_app.queries import appointments, demand, doctor, habits, halls, reference, slots
from queue_app.queries.tickets import by_token
from queue_app.store import db
from tests.support.hall import Desk, open_desk
from tests.support.jobs import sweep
from tests.support.night import (
    FRIDAY,
    KYIV,
    SATURDAY,
    SERVICE,
    SUNDAY,
    THURSDAY,
    TO_SUMMER,
    TO_WINTER,
    WEDNESDAY,
    at,
    book,
)
from tests.support.people import KIOSK

MOMENT = timedelta(microseconds=1)


@pytest.fixture(autouse=True)
async def proven(night: str) -> AsyncIterator[None]:
    """Whatever a test did, every invariant holds at its end."""
    yield
    latest = await db.fetch_value("SELECT max(at) FROM ticket_event")
    assert await doctor.check(latest or at(WEDNESDAY, 12)) == []


async def take(branch: str, now: datetime) -> IssuedTicket:
    return await arrival.issue(By(KIOSK, now), branch, [SERVICE], None, "uk")


async def check_in(branch: str, code: str, now: datetime) -> IssuedTicket:
    return await arrival.check_in(By(KIOSK, now), branch, code)


async def serve(desk: Desk, now: datetime, minutes: int = 10) -> Ticket:
    called = await replace(desk, now=now).call()
    await replace(desk, now=now).start(called.id)
    await replace(desk, now=now + timedelta(minutes=minutes)).finish(called.id)
    return called


async def waiting(branch: str, now: datetime) -> list[str]:
    directory = await reference.directory()
    seen = await halls.load(directory, directory.branch(branch), now)
    return [one.number for one in seen.tickets if one.state == "waiting"]


async def open_desks() -> int:
    count: int = await db.fetch_value("SELECT count(*) FROM desk WHERE state <> 'closed'")
    return count


async def starts(branch: str, day: date, now: datetime) -> list[datetime]:
    directory = await reference.directory()
    where = directory.branch(branch)
    (found,) = await slots.free_days(directory, where, [SERVICE], "visit", day, 1, now)
    return found.starts


async def seen_of(branch: str, first: date, until: date) -> Seen:
    directory = await reference.directory()
    return await habits.seen(directory, directory.branch(branch), first, until)


async def test_a_whole_night_is_one_day() -> None:
    booked = await book("station", at(THURSDAY, 1, 30), at(WEDNESDAY, 12), "0671234567")
    missed = await book("station", at(THURSDAY, 2), at(WEDNESDAY, 12), "0671234568")
    early = await take("station", at(WEDNESDAY, 21, 50))
    desk = await open_desk("1", at(WEDNESDAY, 22), "station")
    await serve(desk, at(WEDNESDAY, 22, 5))
    late = await take("station", at(WEDNESDAY, 23, 55))
    await sweep(FixedClock(at(THURSDAY, 0, 0)))
    assert await waiting("station", at(THURSDAY, 0, 1)) == [late.number]
    assert await open_desks() == 1
    after = await take("station", at(THURSDAY, 0, 10))
    assert [one.number for one in (early, late, after)] == ["А1", "А2", "А3"]
    holder = await check_in("station", booked.code, at(THURSDAY, 1, 25))
    assert (holder.number, holder.due_at) == ("К1", at(THURSDAY, 1, 30))
    served = [await serve(desk, at(THURSDAY, 1, 30) + timedelta(minutes=12 * n)) for n in range(3)]
    assert {one.number for one in served} == {"К1", "А2", "А3"}
    with pytest.raises(RuleBroken, match="past_last_ticket"):
        await take("station", at(THURSDAY, 5, 45))
    left = await take("station", at(THURSDAY, 5, 29))
    await sweep(FixedClock(at(THURSDAY, 6, 30)))
    assert await waiting("station", at(THURSDAY, 6, 30)) == [left.number], "still in the house"
    assert (await appointments.by_token(missed.token)).state == "booked"
    await sweep(FixedClock(at(THURSDAY, 8) - MOMENT))
    assert await open_desks() == 1
    await sweep(FixedClock(at(THURSDAY, 8)))
    assert (await by_token(left.token)).progress.state == "left"
    assert await open_desks() == 0
    settled = [(await appointments.by_token(one.token)).state for one in (booked, missed)]
    assert settled == ["fulfilled", "missed"]
    rows = await db.fetch("SELECT DISTINCT day FROM ticket")
    assert [row["day"] for row in rows] == [WEDNESDAY]
    assert (await take("station", at(THURSDAY, 22))).number == "А1"


async def test_a_booking_of_the_small_hours_checks_in_on_its_night_alone() -> None:
    booked = await book("station", at(THURSDAY, 1, 30), at(WEDNESDAY, 7), "0671234567")
    for other in (at(WEDNESDAY, 1, 30), at(THURSDAY, 22)):
        with pytest.raises(RuleBroken, match="other_day"):
            await check_in("station", booked.code, other)
    with pytest.raises(RuleBroken, match="branch_closed"):
        await check_in("station", booked.code, at(THURSDAY, 6, 1))
    assert (await check_in("station", booked.code, at(WEDNESDAY, 22))).number == "К1"


async def test_what_is_learned_and_reported_of_a_night_is_one_day() -> None:
    booked = await book("station", at(THURSDAY, 1, 30), at(WEDNESDAY, 12), "0671234567")
    desk = await open_desk("1", at(WEDNESDAY, 22), "station")
    for hour in (at(WEDNESDAY, 23), at(THURSDAY, 0, 30), at(THURSDAY, 3)):
        await take("station", hour)
        await serve(desk, hour)
    await check_in("station", booked.code, at(THURSDAY, 1, 25))
    await serve(desk, at(THURSDAY, 3, 30))
    seen = await seen_of("station", WEDNESDAY, THURSDAY)
    assert (seen.bookings, seen.came, sum(seen.asked.values())) == (1, 1, 3)
    assert seen.open_minutes == 8 * 60
    assert (await seen_of("station", THURSDAY, FRIDAY)).asked == {}
    directory = await reference.directory()
    station = directory.branch("station")
    (past,) = await demand.past_days(directory, station, WEDNESDAY, SUNDAY)
    assert past.day == WEDNESDAY
    assert list(past.walk_ins) == [23 * 60, 24 * 60 + 30, 27 * 60]
    (due,) = await demand.booked_on(
        directory, station, WEDNESDAY, (await habits.learned(station.id)).habits
    )
    assert due.minute == 25 * 60 + 30
    await learning.learn_habits(directory, at(THURSDAY, 7, 59))
    assert (await habits.learned(station.id)).habits.asked == (), "the night goes on"
    await learning.learn_habits(directory, at(THURSDAY, 9, 1))
    known = (await habits.learned(station.id)).habits
    assert [services for services, _ in known.asked] == [frozenset([SERVICE])]


async def test_round_the_clock_the_hall_lives_through_the_turn_of_its_day() -> None:
    """At four another day begins, and nobody gets the number of whoever still waits."""
    now = at(THURSDAY, 3, 50)
    due_before = await book("square", now, at(WEDNESDAY, 12), "0671234567")
    due_after = await book("square", at(THURSDAY, 4, 10), at(WEDNESDAY, 12), "0671234568")
    desk = await open_desk("1", at(WEDNESDAY, 23), "square")
    before = await take("square", now)
    assert (await check_in("square", due_after.code, now)).number == "К1"
    await sweep(FixedClock(at(THURSDAY, 4)))
    assert await open_desks() == 1
    after = await take("square", at(THURSDAY, 4, 1))
    assert (before.number, after.number) == ("А1", "А2")
    assert await waiting("square", at(THURSDAY, 4, 1)) == ["А1", "К1", "А2"]
    late = await check_in("square", due_before.code, at(THURSDAY, 4, 5))
    assert late.late
    assert late.number == "К2"
    called = [await serve(desk, at(THURSDAY, 4, 10 + n), 1) for n in range(4)]
    assert {one.id for one in called} == {before.id, after.id, late.id, called[0].id}
    far = await book("square", at(FRIDAY, 4, 30), at(WEDNESDAY, 12), "0671234569")
    with pytest.raises(RuleBroken, match="other_day"):
        await check_in("square", far.code, at(THURSDAY, 4, 30))


async def test_round_the_clock_numbers_begin_anew_where_those_that_wait_have_high_ones() -> None:
    for minute in range(NUMBERS_APART):
        issued = await take("square", at(THURSDAY, 1, minute // 2))
        await arrival.leave(By(RESIDENT, at(THURSDAY, 2)), issued.token)
    waits = await take("square", at(THURSDAY, 3, 50))
    assert waits.number == f"А{NUMBERS_APART + 1}"
    assert (await take("square", at(THURSDAY, 4, 1))).number == "А1"
    assert (await take("square", at(THURSDAY, 4, 2))).number == "А2"


async def test_whoever_is_left_round_the_clock_has_left_with_the_day_after() -> None:
    left = await take("square", at(THURSDAY, 3, 50))
    await sweep(FixedClock(at(FRIDAY, 4) - MOMENT))
    assert (await by_token(left.token)).progress.state == "waiting"
    await sweep(FixedClock(at(FRIDAY, 4)))
    assert (await by_token(left.token)).progress.state == "left"


async def test_round_the_clock_nobody_is_turned_away_before_the_turn() -> None:
    for minute in (0, 20, 40, 59):
        issued = await take("square", at(THURSDAY, 3, minute))
        assert issued.number == f"А{(0, 20, 40, 59).index(minute) + 1}"
    directory = await reference.directory()
    door = directory.today(directory.branch("square"), at(THURSDAY, 3, 59)).door(
        at(THURSDAY, 3, 59)
    )
    assert (door.state, door.closes_at) == ("open", None)


async def test_from_friday_evening_to_sunday_midnight_is_one_opening() -> None:
    desk = await open_desk("1", at(FRIDAY, 22), "station")
    friday = await take("station", at(FRIDAY, 23, 50))
    await sweep(FixedClock(at(SATURDAY, 0)))
    saturday = await take("station", at(SATURDAY, 0, 10))
    assert [one.id for one in [await serve(desk, at(SATURDAY, 0, 20), 1)]] == [friday.id]
    assert (await serve(desk, at(SATURDAY, 0, 30), 1)).id == saturday.id
    sunday = await take("station", at(SUNDAY, 23, 20))
    with pytest.raises(RuleBroken, match="past_last_ticket"):
        await take("station", at(SUNDAY, 23, 40))
    await sweep(FixedClock(at(SUNDAY + timedelta(days=1), 1, 30)))
    assert (await by_token(sunday.token)).progress.state == "waiting", "served after closing"
    await sweep(FixedClock(at(SUNDAY + timedelta(days=1), 2)))
    assert (await by_token(sunday.token)).progress.state == "left"


async def test_a_visit_may_be_booked_over_midnight_and_takes_its_lane_on_both_dates() -> None:
    now = at(WEDNESDAY, 12)
    assert at(WEDNESDAY, 23, 55) not in await starts("station", WEDNESDAY, now), "no step"
    over = await book("station", at(WEDNESDAY, 23, 50), now, "0671234567")
    assert over.ends_at == at(THURSDAY, 0)
    held = await booking.hold(
        By(RESIDENT, now), "station", [SERVICE, "debt-amount"], at(WEDNESDAY, 23, 30), "visit"
    )
    assert held.ends_at == at(WEDNESDAY, 23, 50)
    thursday = await starts("station", THURSDAY, now)
    assert (thursday[0], thursday[-1]) == (at(THURSDAY, 0), at(THURSDAY, 23, 50))
    assert at(THURSDAY, 5, 50) in thursday
    assert at(THURSDAY, 6) not in thursday
    assert {one.date() for one in thursday} == {THURSDAY}


async def test_a_desk_of_the_small_hours_is_expected_in_the_night_that_began_before() -> None:
    directory = await reference.directory()
    station = directory.branch("station")
    early = next(desk for desk in station.desks if desk.number == "3")
    wednesday = directory.today(station, at(THURSDAY, 1))
    assert wednesday.date == WEDNESDAY
    assert wednesday.rostered(early.roster) == ((at(THURSDAY, 0), at(THURSDAY, 3)),)


@pytest.mark.parametrize(("change", "hours"), [(TO_WINTER, 8.5), (TO_SUMMER, 6.5)])
async def test_a_night_with_another_clock_is_one_day_all_the_same(
    change: date, hours: float
) -> None:
    eve = change - timedelta(days=1)
    desk = await open_desk("1", at(eve, 22), "harbour")
    moments = [at(eve, 22) + timedelta(hours=passed) for passed in (0, 2, 4.5, 5.5, 6)]
    numbers = []
    for moment in moments:
        numbers.append((await take("harbour", moment)).number)
        await sweep(FixedClock(moment))
        await serve(desk, moment)
    assert numbers == ["А1", "А2", "А3", "А4", "А5"]
    seen = await seen_of("harbour", eve, change)
    assert (sum(seen.asked.values()), seen.open_minutes) == (5, hours * 60)
    closes = at(change, 6)
    assert closes - at(eve, 22) == timedelta(hours=hours + 0.5), "with the break at one"
    await sweep(FixedClock(at(change, 8)))
    assert await open_desks() == 0


async def test_a_time_that_comes_twice_is_booked_and_checked_in_as_the_one_it_is() -> None:
    now = at(TO_WINTER, 12) - timedelta(days=1)
    free = await starts("harbour", TO_WINTER, now)
    twice = [one.isoformat() for one in free if (one.hour, one.minute) == (3, 30)]
    assert twice == ["2026-10-25T03:30:00+03:00", "2026-10-25T03:30:00+02:00"]
    first = await book("harbour", at(TO_WINTER, 3, 30), now, "0671234567")
    second = await book("harbour", at(TO_WINTER, 3, 30, fold=1), now, "0671234568")
    assert second.starts_at - first.starts_at == timedelta(hours=1)
    early = await check_in("harbour", second.code, at(TO_WINTER, 3, 45))
    late = await check_in("harbour", first.code, at(TO_WINTER, 3, 45))
    assert (early.late, late.late) == (False, True)


async def test_spring_offers_no_time_that_it_skips() -> None:
    free = await starts("harbour", TO_SUMMER, at(TO_SUMMER, 12) - timedelta(days=1))
    assert {one.hour for one in free} == {0, 1, 2, 4, 5}
    assert all(one.astimezone(UTC).astimezone(KYIV) == one for one in free)
