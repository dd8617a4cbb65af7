"""The messages of a whole day against its events: none is missing, and none goes twice."""

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.appointments import AppointmentEvent
from queue_app.domain.errors import QueueError
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.jobs import day_ends, due_reminders
from queue_app.jobs.sending import Sender
from queue_app.queries import appointments
from queue_app.store import db
from tests.conftest import KYIV, MONDAY
from tests.flow.letters import ELEVEN, Desk, book
from tests.support.hall import SERVICE
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")

END = MONDAY + timedelta(days=1, hours=8)
TOLD = {"confirm": "booked", "move": "moved", "cancel": "cancelled", "miss": "missed"}


@pytest.mark.slow
async def test_every_event_of_a_day_that_calls_for_a_message_has_one_and_it_left_once(
    clock: FixedClock,
) -> None:
    chance = random.Random(7)
    desk = Desk()
    sender = Sender({"mail": desk, "sms": desk})
    for number in range(16):
        by_mail = number % 2 == 0
        booked = await book(
            clock,
            f"n{number}@example.com" if by_mail else None,
            None if by_mail else f"067 123 45 {number:02}",
        )
        by = By(RESIDENT, clock.now())
        for _ in range(chance.randrange(3)):
            try:
                starts_at = ELEVEN + timedelta(minutes=10 * chance.randrange(36))
                await booking.move(by, booked.token, starts_at)
            except QueueError:
                continue
        await sender.deliver(clock)
        if number % 4 == 1:
            await booking.cancel(by, booked.token)
        elif number % 4 == 2:
            await arrival.check_in(By(KIOSK, clock.now()), BRANCH, booked.code)
        if number % 5 == 0:
            desk.refusals.append(ConnectionError())
        await sender.deliver(clock)
    clock.advance(days=1)
    await day_ends.end(clock)
    await day_ends.settle_appointments(clock)
    while await sender.deliver(clock):
        clock.advance(minutes=5)
    events = await db.fetch(
        "SELECT format('appointment %s %s', appointment_id, seq) AS event, verb"
        " FROM appointment_event WHERE verb = ANY($1)",
        list(TOLD),
    )
    rows = await db.fetch("SELECT event, kind, state, identity FROM message")
    expected = sorted((row["event"], TOLD[row["verb"]]) for row in events)
    assert sorted((row["event"], row["kind"]) for row in rows) == expected
    assert {row["kind"] for row in rows} == set(TOLD.values())
    assert {row["state"] for row in rows} <= {"sent", "dropped"}
    left = Counter(letter.identity for letter in desk.letters)
    assert set(left.values()) == {1}
    assert set(left) == {str(row["identity"]) for row in rows if row["state"] == "sent"}


@pytest.mark.slow
async def test_whoever_stands_booked_at_the_moment_of_a_reminder_has_it_and_it_left_once(
    clock: FixedClock,
) -> None:
    clock.set(MONDAY.replace(hour=8))
    desk = Desk()
    sender = Sender({"mail": desk, "sms": desk})
    people = People(7)
    await due_reminders.send(clock)
    while clock.now() < END:
        await people.act(clock.now() + timedelta(minutes=5))
        clock.advance(minutes=30)
        await due_reminders.send(clock)
        await sender.deliver(clock)
    rows = await db.fetch(
        "SELECT appointment_id, sent_at, identity FROM message WHERE kind = 'reminder'"
    )
    got = [(row["appointment_id"], row["sent_at"]) for row in rows]
    assert sorted(got) == sorted(await expected(people.tokens))
    assert len(got) > 10
    assert {"move", "cancel", "check_in"} <= people.done.keys()
    left = Counter(letter.identity for letter in desk.letters)
    assert {left[str(row["identity"])] for row in rows} == {1}


class People:
    """Book, move, cancel and come by chance; all of it five minutes after a turn of the job."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.tokens: list[str] = []
        self.done = Counter[str]()

    async def act(self, now: datetime) -> None:
        for verb in self._chance.choices(("book", "book", "move", "cancel", "check_in"), k=2):
            try:
                await getattr(self, f"_{verb}")(now)
                self.done[verb] += 1
            except (QueueError, IndexError):  # taken, too late, too early, or nobody there
                continue

    async def _book(self, now: datetime) -> None:
        held = await booking.hold(By(RESIDENT, now), BRANCH, [SERVICE], self._start())
        number = len(self.tokens)
        phone = f"067 123 45 {number:02}" if number % 2 else None
        email = None if phone else f"n{number}@example.com"
        await booking.confirm(By(RESIDENT, now), held.token, "Ян", phone, email, "uk")
        self.tokens.append(held.token)

    async def _move(self, now: datetime) -> None:
        await booking.move(By(RESIDENT, now), self._chance.choice(self.tokens), self._start())

    async def _cancel(self, now: datetime) -> None:
        await booking.cancel(By(RESIDENT, now), self._chance.choice(self.tokens))

    async def _check_in(self, now: datetime) -> None:
        one = await appointments.by_token(self._chance.choice(self.tokens))
        await arrival.check_in(By(KIOSK, now), BRANCH, one.code)

    def _start(self) -> datetime:
        """A half hour of which neither reminder falls into the night."""
        day = MONDAY.replace(hour=10, minute=30) + timedelta(days=self._chance.randrange(3))
        return day + timedelta(minutes=30 * self._chance.randrange(13))


async def expected(tokens: list[str]) -> list[tuple[int, datetime]]:
    """From the events alone: at each moment of each time that a booking ever had, whether it stood
    booked for that time, and for two hours already."""
    found = []
    for token in tokens:
        one = await appointments.by_token(token)
        events = await appointments.history(one.branch_id, one.id)
        for start in {event.starts_at for event in events if event.starts_at}:
            evening = (start.astimezone(KYIV) - timedelta(days=1)).replace(hour=18, minute=0)
            moments = evening, start - timedelta(hours=2)
            found += [(one.id, moment) for moment in moments if stands(events, start, moment)]
    return [(one, moment) for one, moment in found if moment <= END]


def stands(events: list[AppointmentEvent], start: datetime, moment: datetime) -> bool:
    before = [event for event in events if event.at <= moment]
    verbs = {event.verb for event in before}
    if "confirm" not in verbs or verbs & {"cancel", "check_in"}:
        return False
    time = [event.starts_at for event in before if event.starts_at][-1]
    since = [event.at for event in before if event.verb in ("confirm", "move")][-1]
    return time == start and moment - since >= timedelta(hours=2)
