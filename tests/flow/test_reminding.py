"""Residents are reminded: who stands booked when the moment comes, once, and while it is true."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.catalogue import Channel
from queue_app.domain.centre import Centre, Closure
from queue_app.domain.errors import NotFound
from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import arrival, booking, configuring, forgetting, reaching, reminding
from queue_app.flow.act import By
from queue_app.jobs import day_ends, due_reminders, retention
from queue_app.jobs.sending import Sender
from queue_app.queries import appointments, doctor, known, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.letters import Desk
from tests.flow.stage import own
from tests.support.database import CONFIG
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, CALLS, KIOSK

pytestmark = pytest.mark.usefixtures("proven")

EVENING = MONDAY.replace(hour=18)
TUESDAY_THREE = MONDAY.replace(hour=15) + timedelta(days=1)
TUESDAY_ONE = TUESDAY_THREE - timedelta(hours=2)


async def book(
    now: datetime,
    starts_at: datetime = TUESDAY_THREE,
    address: str | None = "Olena@example.com",
    phone: str | None = None,
    channel: Channel = "visit",
) -> Appointment:
    by = By(RESIDENT, now)
    service = "debt-amount" if channel == "phone" else SERVICE
    where = CALLS if channel == "phone" else BRANCH
    held = await booking.hold(by, where, [service], starts_at, channel)
    return await booking.confirm(by, held.token, "Олена", phone, address, "uk", ["overlap"])


async def reminded(clock: FixedClock, *moments: datetime) -> list[str]:
    """Of which kind and when messages left; at each of these moments everything had its turn."""
    desk = Desk()
    sender = Sender({"mail": desk, "sms": desk}, "https://queue.example.org")
    for moment in moments:
        clock.set(moment)
        await due_reminders.send(clock)
        await sender.deliver(clock)
    rows = await db.fetch("SELECT sent_at, state FROM message WHERE kind = 'reminder' ORDER BY id")
    directory = await reference.directory()
    return [
        f"{directory.local(row['sent_at']):%d %H:%M}" if row["sent_at"] else row["state"]
        for row in rows
    ]


def every(minutes: int, first: datetime, last: datetime) -> list[datetime]:
    whole = int((last - first) / timedelta(minutes=minutes))
    return [first + timedelta(minutes=minutes * n) for n in range(whole + 1)]


async def test_who_is_booked_is_reminded_on_the_evening_before_and_two_hours_before_and_once(
    clock: FixedClock,
) -> None:
    await book(MONDAY)
    moments = every(30, MONDAY, TUESDAY_THREE + timedelta(hours=1))
    assert await reminded(clock, *moments) == ["23 18:00", "24 13:00"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hour", "days", "booked_hour"),
    [(15, 1, 10), (9, 1, 10), (15, 1, 17), (13, 0, 10), (10, 2, 22)],
)
async def test_who_books_is_told_beforehand_when_they_will_be_reminded(
    clock: FixedClock, hour: int, days: int, booked_hour: int
) -> None:
    """Late in the evening, in the morning after, on the day itself: said is what comes."""
    booked_at = MONDAY.replace(hour=booked_hour)
    starts_at = MONDAY.replace(hour=hour) + timedelta(days=days)
    await due_reminders.send(FixedClock(booked_at))
    booked = await book(booked_at, starts_at)
    directory = await reference.directory()
    timed_at = await appointments.timed_at(booked)
    told = directory.reminders.to_come(booked.starts_at, timed_at, booked_at)
    came = await reminded(clock, *every(10, booked_at, starts_at))
    assert came == [f"{directory.local(one):%d %H:%M}" for one in told]


async def test_a_call_is_recalled_in_its_own_words_and_by_sms_where_there_is_no_address(
    clock: FixedClock,
) -> None:
    await book(MONDAY, address=None, phone="067 123 45 67", channel="phone")
    await due_reminders.send(clock)
    clock.set(EVENING)
    await due_reminders.send(clock)
    desk = Desk()
    await Sender({"sms": desk}).deliver(clock)
    assert desk.letters[-1].text == "Нагадуємо про дзвінок: 24.11 15:00"


async def test_two_processes_and_a_crash_before_the_mark_remind_nobody_twice(
    clock: FixedClock,
) -> None:
    await book(MONDAY)
    await due_reminders.send(clock)
    before = await db.fetch("SELECT reminder, reach FROM reminded")
    clock.set(EVENING)
    assert await due_reminders.send(clock) == 1
    for row in before:
        await db.fetch("UPDATE reminded SET reach = $2 WHERE reminder = $1", *row.values())
    await due_reminders.send(clock)
    assert await db.fetch_value("SELECT count(*) FROM message WHERE kind = 'reminder'") == 1


async def test_who_books_after_the_moment_or_shortly_before_it_is_not_reminded_of_that(
    clock: FixedClock,
) -> None:
    await reminded(clock, MONDAY)
    await book(EVENING - timedelta(hours=1))
    await reminded(clock, EVENING)
    await book(EVENING + timedelta(minutes=5), TUESDAY_THREE + timedelta(minutes=30))
    moments = every(30, EVENING, TUESDAY_THREE)
    assert await reminded(clock, *moments) == ["24 13:00", "24 13:30"]


async def test_a_new_time_has_its_own_reminders_and_the_old_ones_are_needless(
    clock: FixedClock,
) -> None:
    one = await book(MONDAY)
    await reminded(clock, MONDAY)
    clock.set(EVENING)
    await due_reminders.send(clock)
    later = TUESDAY_THREE + timedelta(days=1)
    await booking.move(By(RESIDENT, clock.now()), one.token, later)
    moments = every(60, clock.now(), later)
    assert await reminded(clock, *moments) == ["dropped", "24 18:00", "25 13:00"]


async def test_nobody_who_cancelled_came_or_was_forgotten_is_reminded(clock: FixedClock) -> None:
    await reminded(clock, MONDAY)
    made = [await book(MONDAY, TUESDAY_THREE + timedelta(minutes=30 * n)) for n in range(3)]
    await book(MONDAY, MONDAY.replace(hour=13))
    clock.set(EVENING)
    assert await due_reminders.send(clock) == 3
    by = By(RESIDENT, clock.now())
    await booking.cancel(by, made[0].token)
    await forgetting.forget(by, made[1].token)
    await reaching.correct(by, made[2].token, email="other@example.com")
    assert await reminded(clock, EVENING) == ["dropped", "dropped"]
    assert await reminded(clock, TUESDAY_THREE - timedelta(minutes=1)) == [
        "dropped",
        "dropped",
        "24 14:59",
    ]


async def test_who_has_checked_in_is_not_reminded(clock: FixedClock) -> None:
    noon = MONDAY.replace(hour=13)
    here, coming = [
        await book(MONDAY - timedelta(days=1), noon + timedelta(minutes=10 * n)) for n in range(2)
    ]
    await reminded(clock, MONDAY)
    await arrival.check_in(By(KIOSK, clock.now()), BRANCH, here.code)
    moments = noon - timedelta(hours=2), noon - timedelta(minutes=110)
    assert await reminded(clock, *moments) == ["23 11:10"]
    assert await db.fetch_value("SELECT appointment_id FROM message WHERE kind = 'reminder'") == (
        coming.id
    )
    await booking.cancel(By(RESIDENT, clock.now()), coming.token)


async def test_a_server_that_was_away_reminds_late_but_not_in_the_night_nor_after_the_beginning(
    clock: FixedClock,
) -> None:
    for hour in (9, 10, 15):
        await book(MONDAY - timedelta(days=3), TUESDAY_THREE.replace(hour=hour, minute=30))
    await reminded(clock, MONDAY)
    late, morning = MONDAY.replace(hour=23), TUESDAY_THREE.replace(hour=8)
    assert await reminded(clock, late) == ["waiting", "waiting"]
    # Of the one at 10:30 the other reminder leaves at 8:30, so that is enough.
    moments = every(15, morning, TUESDAY_THREE)
    assert await reminded(clock, *moments) == ["24 08:00", "24 08:00", "24 08:30", "24 13:30"]


async def test_what_waited_until_the_visit_began_tells_nobody(clock: FixedClock) -> None:
    await book(MONDAY)
    await reminded(clock, MONDAY)
    clock.set(EVENING)
    await due_reminders.send(clock)
    assert await reminded(clock, TUESDAY_THREE) == ["dropped"]
    assert await db.fetch_value("SELECT error FROM message WHERE state = 'dropped'") == (
        "the visit has begun"
    )


async def test_of_two_reminders_that_a_mail_server_kept_waiting_one_leaves(
    clock: FixedClock,
) -> None:
    await book(MONDAY)
    await reminded(clock, MONDAY)
    for moment in (EVENING, TUESDAY_ONE):
        clock.set(moment)
        await due_reminders.send(clock)
    assert await reminded(clock, TUESDAY_ONE) == ["dropped", "24 13:00"]


async def test_a_clock_that_is_set_back_keeps_nobody_from_being_reminded(
    clock: FixedClock,
) -> None:
    await book(MONDAY)
    await reminded(clock, MONDAY + timedelta(days=30), MONDAY)
    assert await reminded(clock, EVENING, TUESDAY_ONE) == ["23 18:00", "24 13:00"]


@pytest.fixture
async def other_rules(
    database_server: str, worker: str, clock: FixedClock
) -> AsyncIterator[Centre]:
    async with own(database_server, f"{worker}-reminding"):
        yield load_centre(CONFIG)
        assert await doctor.check(clock.now()) == []
    reference.forget()


async def test_the_centre_says_when_and_switches_either_off(
    other_rules: Centre, clock: FixedClock
) -> None:
    async def say(**rules: int) -> None:
        changed = msgspec.structs.replace(other_rules.rules, **rules)
        centre = msgspec.structs.replace(other_rules, rules=changed)
        await configuring.apply(By(OPERATOR, clock.now()), centre)
        reference.forget()

    await say(reminder_hour=12, reminder_minutes=60)
    await book(MONDAY - timedelta(days=1))
    assert await reminded(clock, MONDAY, *every(60, MONDAY, TUESDAY_THREE)) == [
        "23 12:00",
        "24 14:00",
    ]
    await say(reminder_hour=0, reminder_minutes=0)
    await book(clock.now(), TUESDAY_THREE + timedelta(days=1))
    moments = every(60, TUESDAY_THREE, TUESDAY_THREE + timedelta(days=1))
    assert len(await reminded(clock, *moments)) == 2


async def test_whom_changed_plans_left_without_a_place_is_not_told_to_come(
    other_rules: Centre, clock: FixedClock
) -> None:
    await book(MONDAY - timedelta(days=1))
    await reminded(clock, MONDAY)
    shut = Closure(TUESDAY_THREE.date(), other_rules.title)
    branches = tuple(
        msgspec.structs.replace(one, closures=(shut,)) if one.slug == BRANCH else one
        for one in other_rules.branches
    )
    centre = msgspec.structs.replace(other_rules, branches=branches)
    await configuring.put_in_force(By(OPERATOR, MONDAY), centre, accept=True)
    reference.forget()
    assert await reminded(clock, EVENING, TUESDAY_ONE) == []


async def reminder(clock: FixedClock) -> UUID:
    """Of the evening, as whoever got it has it."""
    await reminded(clock, EVENING)
    found: UUID = await db.fetch_value(
        "SELECT identity FROM message WHERE kind = 'reminder' AND state = 'sent' ORDER BY id"
    )
    return found


async def test_who_wishes_for_none_gets_none_for_any_booking_and_can_take_that_back(
    clock: FixedClock,
) -> None:
    await reminded(clock, MONDAY)
    await book(MONDAY)
    identity = await reminder(clock)
    by = By(RESIDENT, clock.now())
    for _ in range(2):
        await reminding.choose_reminders(by, identity, False)
    other = TUESDAY_THREE + timedelta(minutes=30)
    await book(EVENING, other, "olena@EXAMPLE.com")
    await book(EVENING, other, "another@example.com")
    assert await reminded(clock, TUESDAY_ONE) == ["23 18:00"]
    assert await reminded(clock, TUESDAY_ONE + timedelta(minutes=30)) == ["23 18:00", "24 13:30"]
    await reminding.choose_reminders(By(RESIDENT, clock.now()), identity, True)
    third = TUESDAY_THREE + timedelta(days=1)
    await book(clock.now(), third)
    assert (await reminded(clock, third - timedelta(hours=2)))[2:] == ["25 13:00"]


async def test_who_wished_for_none_while_one_was_on_its_way_is_not_sent_it(
    clock: FixedClock,
) -> None:
    await reminded(clock, MONDAY)
    await book(MONDAY)
    await book(MONDAY, TUESDAY_THREE + timedelta(minutes=30))
    clock.set(EVENING)
    await due_reminders.send(clock)
    first = await db.fetch_value("SELECT min(id) FROM message WHERE kind = 'reminder'")
    identity = await db.fetch_value("SELECT identity FROM message WHERE id = $1", first)
    await reminding.choose_reminders(By(RESIDENT, clock.now()), identity, False)
    assert await reminded(clock, EVENING) == ["dropped", "dropped"]


async def test_only_a_reminder_opens_the_choice(clock: FixedClock) -> None:
    await book(MONDAY)
    booked = await db.fetch_value("SELECT identity FROM message")
    for one in (booked, UUID(int=7)):
        with pytest.raises(NotFound, match="unknown_link"):
            await reminding.choose_reminders(By(RESIDENT, MONDAY), one, False)


async def wishes() -> list[str]:
    return [row["contact"] for row in await db.fetch("SELECT contact FROM unreminded")]


async def test_the_wish_is_among_what_is_known_and_goes_with_the_last_that_is_known(
    clock: FixedClock,
) -> None:
    await reminded(clock, MONDAY)
    first = await book(MONDAY)
    second = await book(MONDAY, TUESDAY_THREE + timedelta(minutes=30))
    identity = await reminder(clock)
    by = By(RESIDENT, clock.now())
    await reminding.choose_reminders(by, identity, False)
    directory = await reference.directory()
    found = await known.of_contact(directory, None, "olena@example.com")
    assert [one.reminders for one in found] == [False, False]
    await forgetting.forget(by, first.token)
    assert await wishes() == ["olena@example.com"]
    await forgetting.forget(by, second.token)
    assert await wishes() == []


async def test_the_wish_goes_with_names_and_contacts_when_their_time_is_over(
    clock: FixedClock,
) -> None:
    await reminded(clock, MONDAY)
    await book(MONDAY)
    await reminding.choose_reminders(By(RESIDENT, EVENING), await reminder(clock), False)
    clock.advance(days=2)
    await day_ends.settle_appointments(clock)
    await retention.forget_people(clock)
    assert await wishes() == ["olena@example.com"]
    clock.advance(days=31)
    await retention.forget_people(clock)
    assert await wishes() == []


async def test_who_is_erased_takes_the_wish_along(clock: FixedClock) -> None:
    await reminded(clock, MONDAY)
    await book(MONDAY)
    by = By(OPERATOR, EVENING)
    await reminding.choose_reminders(By(RESIDENT, EVENING), await reminder(clock), False)
    await forgetting.erase(by, forgetting.person_of("OLENA@example.com", "UA"))
    assert await wishes() == []
