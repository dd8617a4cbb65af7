"""What mails bring into a calendar: the same, in whatever order they arrive."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from icalendar import Calendar

from queue_app.clock import FixedClock
from queue_app.delivery.adapter import CalendarPart
from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.jobs.sending import Sender
from tests.flow.letters import ELEVEN, Desk, book

pytestmark = pytest.mark.usefixtures("proven")


def applied(files: list[CalendarPart]) -> dict[str, tuple[Any, ...]]:
    """What a calendar has of each event after these (RFC 5546): a newer sequence goes before, of
    the same one the later stamp."""
    known: dict[str, tuple[Any, ...]] = {}
    for file in files:
        calendar = Calendar.from_ical(file.content)
        assert str(calendar["method"]) == file.method
        (event,) = calendar.walk("VEVENT")
        uid, rank = str(event["uid"]), (event["sequence"], event.decoded("dtstamp"))
        if uid not in known or known[uid][0] <= rank:
            known[uid] = rank, file.method, str(event["status"]), event.decoded("dtstart")
    return known


async def sent(clock: FixedClock, desk: Desk) -> None:
    clock.advance(minutes=1)
    await Sender({"mail": desk}, "https://queue.example.org", "queue@example.org").deliver(clock)


async def test_requests_and_a_cancellation_end_alike_in_whatever_order_they_arrive(
    clock: FixedClock,
) -> None:
    desk = Desk()
    booked = await book(clock)
    await sent(clock, desk)
    for hours in (3, 4):
        by = By(RESIDENT, clock.now())
        await booking.move(by, booked.token, ELEVEN + timedelta(hours=hours))
        await sent(clock, desk)
    moved_only = [one.calendar for one in desk.letters if one.calendar]
    await booking.cancel(By(RESIDENT, clock.now()), booked.token)
    await sent(clock, desk)
    every = [one.calendar for one in desk.letters if one.calendar]
    sequences = [Calendar.from_ical(one.content).walk("VEVENT")[0]["sequence"] for one in every]
    assert ([one.method for one in every], sequences) == (
        ["REQUEST", "REQUEST", "REQUEST", "CANCEL"],
        [0, 1, 2, 3],
    )
    for files, method, status in (
        (moved_only, "REQUEST", "CONFIRMED"),
        (every, "CANCEL", "CANCELLED"),
    ):
        ends = [applied(list(order)) for order in permutations(files)]
        assert ends == [ends[0]] * len(ends)
        ((_, *end),) = ends[0].values()
        assert end == [method, status, ELEVEN + timedelta(hours=4)]


async def test_an_invitation_names_who_invites_and_who_comes_and_wakes_nobody_once_cancelled(
    clock: FixedClock,
) -> None:
    desk = Desk()
    booked = await book(clock)
    await sent(clock, desk)
    await booking.cancel(By(RESIDENT, clock.now()), booked.token)
    await sent(clock, desk)
    events = [
        Calendar.from_ical(one.calendar.content).walk("VEVENT")[0]
        for one in desk.letters
        if one.calendar
    ]
    for event in events:
        assert str(event["organizer"]) == "mailto:queue@example.org"
        assert str(event["attendee"]) == "mailto:olena@example.com"
        assert str(event["url"]) == f"https://queue.example.org/visit/{booked.token}"
    assert [len(event.walk("VALARM")) for event in events] == [1, 0]


async def test_an_sms_has_no_calendar(clock: FixedClock) -> None:
    desk = Desk()
    await book(clock, None, "067 123 45 67")
    await Sender({"sms": desk}).deliver(clock)
    assert [(one.calendar, one.html) for one in desk.letters] == [(None, None)]
