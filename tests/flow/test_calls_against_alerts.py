"""Desks that call while an alert begins: no call commits after it, and none lies inside it."""

import asyncio
import random
import time
from datetime import datetime, timedelta
from typing import Any

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.catalogue import planned_minutes
from queue_app.domain.directory import Desk as PlannedDesk
from queue_app.domain.directory import Directory
from queue_app.domain.errors import Conflict
from queue_app.domain.hall import Hall
from queue_app.domain.people import OPERATOR, Staff
from queue_app.domain.ranges import Forecasts
from queue_app.flow import accounts, arrival, calling, interrupting
from queue_app.flow.act import By
from queue_app.queries import doctor, foretold, halls, reference
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
    """Open desks, and for each more people than all of them can call."""
    directory = await reference.directory()
    branch = directory.branch(BRANCH)
    desks = [await open_desk(one.number, clock.now()) for one in branch.desks[:DESKS]]
    assert len(desks) == DESKS
    for given in {_shortest_visit(directory, one) for one in branch.desks[:DESKS]}:
        for _ in range(DESKS * EACH * ROUNDS):
            await arrival.issue(By(KIOSK, clock.now()), BRANCH, [given], None, "uk")
    return desks


def _shortest_visit(directory: Directory, desk: PlannedDesk) -> str:
    """Of many who ask for it all are served today."""
    services, minutes = directory.services, directory.rules.open_service_minutes
    visits = [code for code in sorted(desk.services) if "visit" in services[code].channels]
    return min(visits, key=lambda code: planned_minutes(services[code], minutes))


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


async def test_what_the_screens_were_told_before_an_alert_lets_no_call_through(
    clock: FixedClock,
) -> None:
    await take_ticket(clock.now())
    desk = await open_desk("1", clock.now())
    directory, forecasts = await reference.directory(), Forecasts()
    by = By(desk.clerk, clock.now(), None, forecasts)
    await foretold.load(directory, directory.branch(BRANCH), clock.now(), forecasts)
    begun = await alert(desk, clock.now())
    with pytest.raises(Conflict, match="hall_paused"):
        await calling.call(by, desk.id)
    await foretold.load(directory, directory.branch(BRANCH), clock.now(), forecasts)
    chief = await supervisor(clock.now())
    await interrupting.resume(By(chief, clock.now()), begun, 0)
    assert await calling.call(by, desk.id)


async def happened() -> None:
    """Anything at all."""
    await db.fetch("UPDATE branch_version SET version = version + 1")


@pytest.mark.parametrize(
    "clocks", [(1.0, 0.0), (0.0, 1.0)], ids=["behind the first's", "ahead of the first's"]
)
async def test_desks_that_look_at_the_hall_together_each_go_by_their_own_clock(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, clocks: tuple[float, float]
) -> None:
    """Two who asked before the alert, by clocks of a second apart, and share a look after it,
    while they wait for the look of another, since which something has happened."""
    desks = [await open_desk(number, clock.now()) for number in ("3", "1", "2")]
    for _ in range(3):
        await take_ticket(clock.now())
    now, looks, load = clock.now(), [asyncio.Event(), asyncio.Event()], halls.load
    seen = list[datetime]()

    async def loading(directory: Any, branch: Any, at: datetime, forecasts: Any) -> Hall:
        seen.append(at)
        if len(seen) == 2:
            await looks[1].wait()
        hall = await load(directory, branch, at, forecasts)
        await looks[0].wait()
        return hall

    monkeypatch.setattr(halls, "load", loading)
    called = []
    for desk, seconds in zip(desks, (0.0, *clocks), strict=True):
        by = By(desk.clerk, now + timedelta(seconds=seconds))
        called.append(asyncio.create_task(calling.call(by, desk.id)))
        await asyncio.sleep(0.1)
        await happened()
    looks[0].set()
    await called[0]
    await db.fetch(
        "INSERT INTO interruption (branch_id, kind, started_at, staff_id, calls_until)"
        " VALUES ($1, 'alert', $2, $3, $2)",
        desks[0].clerk.branch_id, now + timedelta(seconds=0.5), desks[0].clerk.id,
    )  # fmt: skip
    looks[1].set()
    refused = await asyncio.gather(*called[1:], return_exceptions=True)
    assert [getattr(one, "code", one) for one in refused] == ["hall_paused"] * 2
    assert len(seen) == 2, "they shared it"


Asked = tuple[Desk, datetime, int | None]


async def called_together(monkeypatch: pytest.MonkeyPatch, *asked: Asked) -> list[str | None]:
    """Whom these desks called, or why nobody: one looked at the hall, and the others asked
    meanwhile, one after the other."""
    load, looking, go_on = halls.load, asyncio.Event(), asyncio.Event()

    async def loading(*args: Any) -> Hall:
        looking.set()
        await go_on.wait()
        return await load(*args)

    monkeypatch.setattr(halls, "load", loading)
    calls = []
    for one in asked:
        calls.append(asyncio.create_task(call(*one)))
        await looking.wait()
        await asyncio.sleep(0.2)
    go_on.set()
    found = await asyncio.gather(*calls, return_exceptions=True)
    return [one.code if isinstance(one, Conflict) else one for one in found]  # type: ignore[misc]


async def test_so_is_one_that_looks_at_the_hall_with_whoever_asked_since(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its desk was locked while the alert began, and for the others it has begun already."""
    picked = (await take_ticket(clock.now())).id
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    before, after = clock.now(), clock.now() + timedelta(seconds=2)
    await alert(desks[0], clock.now() + timedelta(seconds=1))
    found = await called_together(
        monkeypatch,
        (desks[0], after, None),
        (desks[1], after, None),
        (desks[2], before, None),
        (desks[3], before, picked),
    )
    assert found == ["hall_paused"] * 4


async def test_calls_go_on_for_who_looks_at_the_hall_with_whoever_asked_before(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = await take_ticket(clock.now())
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3")]
    begun = await alert(desks[0], clock.now())
    before, after = clock.now() + timedelta(seconds=1), clock.now() + timedelta(seconds=3)
    chief = await supervisor(clock.now())
    await interrupting.resume(By(chief, clock.now() + timedelta(seconds=2)), begun, 0)
    found = await called_together(
        monkeypatch, (desks[0], before, None), (desks[1], before, None), (desks[2], after, None)
    )
    assert found == ["hall_paused", "hall_paused", waits.number]


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
