"""Promised waits: each kept once, whoever shows it, and judged by the call that came after it."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.hall import Hall
from queue_app.domain.people import RESIDENT
from queue_app.domain.promises import Promise
from queue_app.domain.told_range import Wait
from queue_app.flow import arrival, promising
from queue_app.flow.act import By
from queue_app.flow.promising import KEPT_DAYS, Promises
from queue_app.queries import doctor, halls, reference
from queue_app.queries.accuracy import Accuracy, accuracy
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.test_arrival import book, check_in
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.jobs import sweep
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")


def after(minutes: float) -> datetime:
    return MONDAY + timedelta(minutes=minutes)


async def look(now: datetime) -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), now)


async def foretold(now: datetime, ticket: int, low: int, high: int) -> Hall:
    """The hall with a range of the test's own choice."""
    seen = await look(now)
    vars(seen)["waits"] = {ticket: Wait(1, low, high)}
    return seen


async def kept(ticket: int) -> list[Any]:
    return await db.fetch("SELECT * FROM promise WHERE ticket_id = $1 ORDER BY promised_at", ticket)


async def promised(ticket: int, now: datetime, low: int, high: int, revision: int = 1) -> None:
    """A range of the test's own choice, shown on a phone."""
    branch_id = (await reference.directory()).branch(BRANCH).id
    shown = Promise(branch_id, ticket, revision, now, low, high)
    await db.transact(lambda: promising.keep_later(branch_id, [shown]))


async def figures(shown: str) -> Accuracy:
    await promising.judge()
    return next(one for one in await accuracy(MONDAY) if one.shown == shown)


async def at(desk: Desk, now: datetime) -> Desk:
    return Desk(desk.id, desk.number, desk.clerk, now)


@pytest.mark.parametrize(
    ("seconds", "low", "high", "repeats"),
    [
        (0, 15, 25, True),
        (59, 15, 25, True),
        (60, 15, 25, False),
        (300, 10, 20, True),
        (300, 10, 21, False),
        (0, 14, 25, False),
        (45, 14, 24, True),
    ],
)
def test_a_promise_is_another_one_when_its_time_of_day_moves_by_a_minute(
    seconds: float, low: int, high: int, repeats: bool
) -> None:
    first = Promise(1, 1, 1, MONDAY, 15, 25)
    again = Promise(1, 1, 1, MONDAY + timedelta(seconds=seconds), low, high)
    assert again.repeats(first) == repeats
    called_since = Promise(1, 1, 2, again.at, low, high)
    assert not called_since.repeats(first)


async def test_what_two_processes_show_is_kept_once() -> None:
    await open_desk("5", MONDAY)
    await take_ticket(MONDAY)
    mine = await take_ticket(MONDAY)
    one, other = Promises(), Promises()
    for process, minute in ((one, 5), (one, 5.2), (other, 5.3), (other, 5.5)):
        process.note(await foretold(after(minute), mine.id, 5, 10), mine.id)
    await asyncio.gather(one.flush(), other.flush())
    rows = await kept(mine.id)
    assert [row["shown"] for row in rows] == ["ticket", "later"]
    assert rows[1]["promised_at"] in (after(5), after(5.3))
    assert (rows[1]["low_minutes"], rows[1]["high_minutes"]) == (5, 10)
    other.note(await foretold(after(9), mine.id, 5, 10), mine.id)
    await other.flush()
    assert len(await kept(mine.id)) == 3


async def test_whoever_is_not_shown_a_range_is_promised_nothing() -> None:
    without_desk = await take_ticket(MONDAY)
    promises = Promises()
    promises.note(await look(MONDAY), without_desk.id)
    desk = await open_desk("5", MONDAY)
    await desk.call(without_desk.id)
    promises.note(await look(MONDAY), without_desk.id)
    promises.note(await look(MONDAY), 12345)
    await promises.flush()
    assert await kept(without_desk.id) == []


async def test_a_process_that_stops_writes_the_rest_first() -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    promises = Promises()
    async with promises.running():
        promises.note(await look(after(5)), mine.id)
    assert len(await kept(mine.id)) == 2


async def test_notes_outlast_an_outage_and_a_ticket_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    promises = Promises()
    promises.note(await look(after(5)), mine.id)
    with monkeypatch.context() as patch:
        patch.setattr(db, "transact", _away)
        await promises.flush()
    await promises.flush()
    assert len(await kept(mine.id)) == 2
    await promised(999, MONDAY, 1, 2)
    assert await kept(999) == []


async def _away(_work: object) -> None:
    raise ConnectionError


async def test_a_second_check_in_is_another_promise(clock: FixedClock) -> None:
    booked = await book(clock, after(30))
    await open_desk("5", MONDAY)
    issued = await check_in(clock, booked.code)
    clock.set(after(3))
    again = await check_in(clock, booked.code)
    assert again.id == issued.id and again.wait
    assert [row["shown"] for row in await kept(issued.id)] == ["ticket", "later"]


async def test_a_promise_is_held_against_the_first_call_after_it() -> None:
    """One of four in its range, one called too late, two that called nobody."""
    desk = await open_desk("5", MONDAY)
    mine, other = await take_ticket(MONDAY), await take_ticket(MONDAY)
    await promised(mine.id, after(2), 5, 10)
    await promised(mine.id, after(4), 1, 3)
    await promised(other.id, after(4), 20, 30)
    await promised(other.id, after(8), 50, 60)
    before = await figures("later")
    assert (before.promises, before.covered, before.waiting) == (0, None, 4)

    await (await at(desk, after(10))).call(mine.id)
    await arrival.leave(By(RESIDENT, after(40)), other.token)
    found = await figures("later")
    assert (found.promises, found.covered) == (2, 0.5)
    assert (found.wait_minutes, found.range_minutes) == (7.0, 3.5)
    assert found.error_minutes == pytest.approx((0.5 + 4.0) / 2)
    assert (found.left, found.closed, found.overdue, found.waiting) == (2, 0, 1, 0)


async def test_a_call_before_the_promise_proves_nothing() -> None:
    desk = await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    await desk.call(mine.id)
    await desk.undo(mine.id)
    await promised(mine.id, after(1), 5, 10, revision=3)
    await promising.judge()
    (early, late) = await kept(mine.id)
    assert (early["outcome"], early["waited_minutes"], late["outcome"]) == ("called", 0, None)
    called = await at(desk, after(9))
    await called.call(mine.id)
    await called.no_show(mine.id)
    await promising.judge()
    late = (await kept(mine.id))[1]
    assert (late["outcome"], late["waited_minutes"]) == ("called", 8)


async def test_who_still_waits_when_the_day_is_over_is_counted_apart() -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    await promised(mine.id, after(5), 5, 10)
    await sweep(FixedClock(MONDAY + timedelta(days=1)))
    found = await figures("later")
    assert (found.promises, found.left, found.closed, found.overdue) == (0, 0, 1, 1)
    assert (await figures("ticket")).closed == 1
    assert await doctor.check(MONDAY + timedelta(days=1)) == []


async def test_promises_go_after_their_time() -> None:
    await open_desk("5", MONDAY)
    mine = await take_ticket(MONDAY)
    await promising.drop_old(MONDAY + timedelta(days=KEPT_DAYS))
    assert len(await kept(mine.id)) == 1
    await promising.drop_old(MONDAY + timedelta(days=KEPT_DAYS, seconds=1))
    assert await kept(mine.id) == []
