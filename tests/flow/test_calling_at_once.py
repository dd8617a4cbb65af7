"""At the desks: who presses at once or twice calls each person once."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.errors import Conflict, RuleBroken
from queue_app.domain.hall import Hall
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries import halls
from queue_app.store.outages import Outage
from tests.flow.desks import issue, verbs_of
from tests.support.hall import open_desk

pytestmark = pytest.mark.usefixtures("proven")


async def test_desks_that_call_at_once_get_different_people(clock: FixedClock) -> None:
    tickets = [await issue(clock) for _ in range(4)]
    four = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    called = await asyncio.gather(*(desk.call() for desk in four))
    assert sorted(one.id for one in called) == tickets


async def test_desks_that_call_at_once_look_at_the_hall_together(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one looks, however long it takes, the others wait for one look of their own."""
    tickets = [await issue(clock) for _ in range(4)]
    desks = [await open_desk(number, clock.now()) for number in ("1", "2", "3", "5")]
    load, looks = halls.load, list[Hall]()

    async def loading(*args: Any) -> Hall:
        if not looks:
            await asyncio.sleep(0.3)
        looks.append(await load(*args))
        return looks[-1]

    monkeypatch.setattr(halls, "load", loading)
    called = await asyncio.gather(*(desk.call() for desk in desks))
    assert sorted(one.id for one in called) == tickets
    assert len(looks) == 2


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
