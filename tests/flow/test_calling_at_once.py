"""At the desks: who presses at once or twice calls each person once."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.domain.ranges import Forecasts
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries import foretold, halls, reference
from queue_app.queries import staff as people
from queue_app.store import db
from queue_app.store.outages import Outage
from tests.flow.desks import issue, verbs_of
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH
from tests.support.statements import heard

pytestmark = pytest.mark.usefixtures("proven")


async def test_desks_that_call_at_once_get_different_people(clock: FixedClock) -> None:
    tickets = [await issue(clock) for _ in range(4)]
    four = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    called = await asyncio.gather(*(desk.call() for desk in four))
    assert sorted(one.id for one in called) == tickets


async def happens() -> None:
    """Anything at all."""
    await db.fetch("UPDATE branch_version SET version = version + 1")


@pytest.mark.parametrize(("has_happened", "looks"), [(False, 1), (True, 2)])
async def test_desks_that_call_at_once_look_at_the_hall_together(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, has_happened: bool, looks: int
) -> None:
    """While one looks, however long it takes, the others wait for it, and for one look of their
    own where something has happened since."""
    tickets = [await issue(clock) for _ in range(4)]
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    load, seen = halls.load, list[Hall]()

    async def loading(*args: Any) -> Hall:
        hall = await load(*args)
        seen.append(hall)
        if len(seen) == 1:
            await asyncio.sleep(0.3)
        return hall

    monkeypatch.setattr(halls, "load", loading)
    called = [asyncio.create_task(desks[0].call())]
    async with asyncio.timeout(5):
        while not seen:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    if has_happened:
        await happens()
    called += [asyncio.create_task(desk.call()) for desk in desks[1:]]
    assert sorted(one.id for one in await asyncio.gather(*called)) == tickets
    assert len(seen) == looks


async def test_who_calls_goes_by_what_the_screens_were_told_where_nothing_has_happened_since(
    clock: FixedClock,
) -> None:
    tickets = [await issue(clock) for _ in range(3)]
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3")]
    directory = await reference.directory()
    branch, forecasts = directory.branch(BRANCH), Forecasts()

    async def looks_of(desk: Desk, asks: Forecasts, seconds: float = 0) -> int:
        with heard() as said:
            by = By(desk.clerk, clock.now() + timedelta(seconds=seconds), None, asks)
            assert await calling.call(by, desk.id)
        return sum("'desks'" in sql for sql, _ in said)

    await foretold.load(directory, branch, clock.now(), forecasts)
    assert await looks_of(desks[0], forecasts) == 0
    assert await looks_of(desks[1], forecasts) == 1, "the first call has happened since"
    await foretold.load(directory, branch, clock.now(), forecasts)
    assert await looks_of(desks[2], Forecasts()) == 1, "of another application"
    for desk, ticket in zip(desks, tickets, strict=True):
        await desk.no_show(ticket)
    await issue(clock)
    await foretold.load(directory, branch, clock.now(), forecasts)
    assert await looks_of(desks[0], forecasts, seconds=2) == 1, "time has passed"


async def test_the_version_that_a_locked_desk_is_seen_at_is_that_after_the_wait(
    clock: FixedClock,
) -> None:
    """Else what happened at it meanwhile could be missed."""
    desk = await open_desk("1", clock.now())
    branch = desk.clerk.branch_id
    assert branch
    locked, go_on = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async def work() -> None:
            await people.desk([branch], desk.id, lock=True)
            await db.fetch("UPDATE branch_version SET version = version + 1")
            locked.set()
            await go_on.wait()

        await db.transact(work)

    async def second() -> int:
        async def work() -> int:
            _, version, _ = await people.desk_now([branch], desk.id)
            return version

        return await db.transact(work)

    before = await db.fetch_value("SELECT version FROM branch_version WHERE branch_id = $1", branch)
    holder = asyncio.create_task(first())
    await locked.wait()
    waits = asyncio.create_task(second())
    await asyncio.sleep(0.2)
    assert not waits.done()
    go_on.set()
    await holder
    assert await waits == before + 1


async def test_who_came_before_a_call_is_seen_by_it_though_another_looks_already(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = await issue(clock)
    desks = [await open_desk(number, clock.now()) for number in ("1", "2")]
    load, looks = halls.load, list[Hall]()
    seen, go_on, called = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def loading(*args: Any) -> Hall:
        if looks:
            await called.wait()  # so that the first desk has its person
        looks.append(await load(*args))
        if len(looks) == 1:
            seen.set()
            await go_on.wait()
        return looks[-1]

    monkeypatch.setattr(halls, "load", loading)
    first = asyncio.create_task(desks[0].call())
    await seen.wait()
    monkeypatch.setattr(halls, "load", load)
    came = await issue(clock)
    monkeypatch.setattr(halls, "load", loading)
    second = asyncio.create_task(desks[1].call())
    await asyncio.sleep(0.1)
    go_on.set()
    assert (await first).id == waited
    called.set()
    assert (await second).id == came


async def test_a_look_at_the_hall_that_is_lost_is_taken_again_by_all_who_waited_for_it(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [await issue(clock) for _ in range(3)]
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3")]
    load, lost = halls.load, list[bool]()

    async def loading(*args: Any) -> Hall:
        if len(lost) < 2:
            lost.append(True)
            await asyncio.sleep(0.2)  # while the others come
            raise Outage("lost", passing=True, unsure=False)
        return await load(*args)

    monkeypatch.setattr(halls, "load", loading)
    called = await asyncio.gather(*(desk.call() for desk in desks))
    assert sorted(one.id for one in called) == tickets


async def test_the_loser_of_a_race_for_the_last_person_hears_that_nobody_waits(
    clock: FixedClock,
) -> None:
    last = await issue(clock)
    two = [await open_desk(number, clock.now()) for number in ("1", "2")]
    called = await asyncio.gather(
        *(calling.call(By(desk.clerk, clock.now()), desk.id) for desk in two)
    )
    assert [one.id for one in called if one] == [last]


async def test_a_double_press_without_a_key_calls_one_person_only(clock: FixedClock) -> None:
    await issue(clock)
    await issue(clock)
    desk = await open_desk("1", clock.now())
    results = await asyncio.gather(desk.call(), desk.call(), return_exceptions=True)
    assert [str(one).split()[0] for one in results if isinstance(one, Conflict)] == ["desk_busy"]


async def test_the_same_key_gives_the_same_person_and_another_key_the_next(
    clock: FixedClock,
) -> None:
    first, second = await issue(clock), await issue(clock)
    desk = await open_desk("1", clock.now())
    key = uuid4()
    twice = await asyncio.gather(
        *(calling.call(By(desk.clerk, clock.now(), key), desk.id) for _ in range(3))
    )
    assert {one.id for one in twice if one} == {first}
    await desk.no_show(first)
    again = await calling.call(By(desk.clerk, clock.now(), key), desk.id)
    assert again
    assert again.id == first
    assert (await desk.call()).id == second


async def test_a_key_belongs_to_its_request(clock: FixedClock) -> None:
    await issue(clock)
    second = await issue(clock)
    desk = await open_desk("1", clock.now())
    key = uuid4()
    await calling.call(By(desk.clerk, clock.now(), key), desk.id)
    with pytest.raises(RuleBroken, match="idempotency_key_reused"):
        await calling.call(By(desk.clerk, clock.now(), key), desk.id, second)


async def test_a_repeated_verb_with_its_key_happens_once(clock: FixedClock) -> None:
    ticket = await issue(clock)
    desk = await open_desk("1", clock.now())
    await desk.call()
    key = uuid4()
    for _ in range(3):
        done = await calling.recall(By(desk.clerk, clock.now(), key), ticket)
        assert done.progress.calls == 2
    assert await verbs_of(ticket) == ["issue", "call", "recall"]


async def test_only_one_of_two_who_pick_the_same_person_gets_them(clock: FixedClock) -> None:
    ticket = await issue(clock)
    two = [await open_desk(number, clock.now()) for number in ("1", "2")]
    results = await asyncio.gather(*(desk.call(ticket) for desk in two), return_exceptions=True)
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == 1
    assert refused[0].code in ("ticket_changed", "ticket_state")
