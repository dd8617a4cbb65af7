"""The messages of a whole day against its events: none is missing, and none goes twice."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import QueueError
from queue_app.domain.people import RESIDENT
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.jobs import day_ends
from queue_app.jobs.sending import Sender
from queue_app.store import db
from tests.flow.letters import ELEVEN, Desk, book
from tests.support.people import BRANCH, KIOSK

pytestmark = pytest.mark.usefixtures("proven")

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
