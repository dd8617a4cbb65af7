"""Desks that call while an alert begins: no call commits after it, and none lies inside it."""

import asyncio
import random
import time
from datetime import datetime, timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict
from queue_app.domain.people import OPERATOR, Staff
from queue_app.flow import accounts, arrival, calling, interrupting
from queue_app.flow.act import By
from queue_app.queries import doctor, reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.alerts import alert, call
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, KIOSK, PASSWORD

pytestmark = pytest.mark.usefixtures("proven")

ROUNDS, DESKS, EACH = 6, 6, 3
CALLS = "SELECT count(*) FROM ticket_event WHERE verb = 'call'"


class Passing:
    """A clock of the hall that goes on as real time does."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def now(self) -> datetime:
        return MONDAY + timedelta(seconds=time.monotonic() - self.began)


async def supervisor(now: datetime) -> Staff:
    return await accounts.add_staff(By(OPERATOR, now), "chief", "supervisor", BRANCH, PASSWORD)


async def staffed(clock: Passing) -> list[Desk]:
    """Open desks, and for each more people than it can call before the alert."""
    branch = (await reference.directory()).branch(BRANCH)
    desks = [await open_desk(one.number, clock.now()) for one in branch.desks[:DESKS]]
    assert len(desks) == DESKS
    for one in branch.desks[:DESKS]:
        services = (await reference.directory()).services
        given = next(code for code in sorted(one.services) if "visit" in services[code].channels)
        for _ in range(EACH * ROUNDS):
            await arrival.issue(By(KIOSK, clock.now()), BRANCH, [given], None, "uk")
    return desks


async def work(desk: Desk, clock: Passing) -> None:
    """Call one after the other, until nobody is called any more."""
    for _ in range(EACH):
        try:
            called = await calling.call(By(desk.clerk, clock.now()), desk.id)
        except Conflict as refused:
            if refused.code != "hall_paused":
                raise
            return
        assert called
        await calling.start(By(desk.clerk, clock.now()), called.id)
        await calling.finish(By(desk.clerk, clock.now()), called.id)


@pytest.mark.slow
async def test_after_an_alert_has_begun_no_call_of_six_desks_commits(database: str) -> None:
    clock, dice = Passing(), random.Random(7)
    desks, chief = await staffed(clock), await supervisor(clock.now())
    for _ in range(ROUNDS):
        working = [asyncio.create_task(work(desk, clock)) for desk in desks]
        await asyncio.sleep(dice.random() / 20)
        begun = await interrupting.interrupt(By(chief, clock.now()), BRANCH, "alert", None, "")
        called = await db.fetch_value(CALLS)
        await asyncio.gather(*working)
        assert await db.fetch_value(CALLS) == called, "after its commit nobody is called"
        assert not await db.fetch(
            "SELECT FROM ticket_event WHERE verb = 'call' AND at > $1", begun.started_at
        )
        assert await doctor.check(clock.now()) == []
        await interrupting.resume(By(chief, clock.now()), begun.id, 0)


async def test_a_call_that_was_asked_for_before_the_alert_and_comes_after_it_is_refused(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    await take_ticket(clock.now())
    await alert(desk, clock.now() + timedelta(seconds=1))
    with pytest.raises(Conflict, match="hall_paused"):
        await call(desk, clock.now())


async def test_an_alert_begins_after_a_call_whose_clock_is_a_little_ahead(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    await take_ticket(clock.now())
    ahead = clock.now() + timedelta(seconds=2)
    await call(desk, ahead)
    begun = await interrupting.interrupt(By(desk.clerk, clock.now()), BRANCH, "alert", None, "")
    assert begun.started_at == ahead
    assert await doctor.check(ahead) == []


async def test_an_alert_after_the_clock_was_set_back_begins_now_and_is_sound(
    clock: FixedClock,
) -> None:
    desk = await open_desk("1", clock.now())
    await take_ticket(clock.now())
    await call(desk, clock.now())
    back = clock.now() - timedelta(hours=1)
    begun = await interrupting.interrupt(By(desk.clerk, back), BRANCH, "alert", None, "")
    assert begun.started_at == back
    assert await doctor.check(clock.now()) == []


async def test_doctor_finds_a_call_inside_an_alert(clock: FixedClock) -> None:
    desk = await open_desk("1", clock.now())
    await take_ticket(clock.now())
    await alert(desk, clock.now())
    clock.advance(minutes=1)
    await db.fetch("ALTER TABLE interruption DISABLE TRIGGER ALL")
    kept = "UPDATE interruption SET services = $1 WHERE services IS NOT DISTINCT FROM $2"
    await db.fetch(kept, ["owner-change"], None)
    await call(desk, clock.now())
    await db.fetch(kept, None, ["owner-change"])
    await db.fetch("ALTER TABLE interruption ENABLE TRIGGER ALL")
    invariants = {one.invariant for one in await doctor.check(clock.now())}
    assert invariants == {"nobody is called out while all calls are stopped"}
    await db.fetch("UPDATE interruption SET calls_until = 'infinity'")
