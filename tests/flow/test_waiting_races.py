"""Races of the waiting list: nobody is left with a slot that another has, and none is lost."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from datetime import timedelta
from typing import Any

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.appointments import Appointment
from queue_app.domain.errors import QueueError
from queue_app.domain.people import OPERATOR, SYSTEM
from queue_app.flow import booking, forgetting, wishing
from queue_app.flow.act import By
from queue_app.flow.configuring import put_in_force
from queue_app.flow.offering import offer_times
from queue_app.jobs import holds
from queue_app.queries import doctor, reference, waiting_list
from queue_app.store import db
from tests.conftest import MONDAY
from tests.flow.bookings import ONE, SERVICE
from tests.flow.wishing_hall import (
    at,
    book_all,
    by,
    hall,
    offer_of,
    replace,
    small_centre,
    state_of,
    turn,
    wish,
)

UNTIL = MONDAY + timedelta(minutes=30)
TIMES = 6
"""So often each race is run, as who comes first is chance."""


@pytest.fixture
async def small(small_dsn: str) -> AsyncIterator[None]:
    async with hall(small_dsn):
        yield
        assert await doctor.check(MONDAY) == []


async def together(*asked: Awaitable[Any]) -> list[Any]:
    """All at once; what each gave, or the code of why not."""
    done = await asyncio.gather(*asked, return_exceptions=True)
    for one in done:
        assert not isinstance(one, BaseException) or isinstance(one, QueueError), one
    return [one.code if isinstance(one, QueueError) else one for one in done]


async def owners() -> Counter[Any]:
    """How many have each start of ONE, held or booked."""
    rows = await db.fetch(
        "SELECT lower(period) AS at FROM appointment WHERE state IN ('held', 'booked')"
        " AND branch_id = $1",
        (await reference.directory()).branch(ONE).id,
    )
    return Counter(row["at"] for row in rows)


async def test_an_offer_is_accepted_or_has_run_out_and_never_both(small: None) -> None:
    outcomes = set()
    for _ in range(TIMES):
        await _fresh()
        first, second = await wish(1), await wish(2)
        await booking.cancel(by(), await _token(1))
        accepted, _ = await together(
            wishing.accept_offer(by(UNTIL - timedelta(seconds=1)), first.token),
            holds.expire(FixedClock(UNTIL)),
        )
        outcomes.add(accepted == "offer_over")
        assert (await owners())[at(1)] == 1
        assert (await offer_of(second) is not None) is (accepted == "offer_over")
        assert (await state_of(first) == "booked") is (accepted != "offer_over")
    assert outcomes


async def test_a_time_goes_to_the_list_or_to_who_books_it_and_never_to_both(small: None) -> None:
    for _ in range(TIMES):
        tokens = await _fresh()
        one = await wish(1)
        *_, held, _ = await together(
            booking.cancel(by(), tokens[1]),
            booking.hold(by(), ONE, [SERVICE], at(1)),
            booking.hold(by(), ONE, [SERVICE], at(1)),
        )
        assert (await owners())[at(1)] == 1
        assert await offer_of(one) or isinstance(held, Appointment) or held == "slot_taken"


async def test_two_workers_offer_each_time_once_and_nobody_two(small: None) -> None:
    branch = (await reference.directory()).branch(ONE)
    for _ in range(TIMES):
        tokens = await _fresh()
        night = MONDAY.replace(hour=22)
        for token in tokens:  # in the night nothing is offered, so the morning finds all free
            await booking.cancel(by(night), token)
        waiting = [await wish(number) for number in range(1, 6)]
        await together(*(offer_times(By(SYSTEM, MONDAY), branch.id) for _ in range(3)))
        await turn(MONDAY)
        offers = [offer for one in waiting if (offer := await offer_of(one))]
        assert sorted(one.starts_at for one in offers) == [at(slot) for slot in range(3)]
        assert max((await owners()).values()) == 1


async def test_what_two_decline_at_once_goes_on_and_to_nobody_twice(small: None) -> None:
    for _ in range(TIMES):
        tokens = await _fresh()
        waiting = [await wish(number) for number in range(1, 5)]
        for token in tokens[:2]:
            await booking.cancel(by(), token)
        await together(*(wishing.decline_offer(by(), one.token) for one in waiting[:2]))
        await turn(MONDAY)
        offers = [offer for one in waiting if (offer := await offer_of(one))]
        assert sorted(one.starts_at for one in offers) == [at(0), at(1)]
        for one in waiting:
            had = [offer.starts_at for offer in await waiting_list.offers(one.id)]
            assert len(set(had)) == len(had)
        assert max((await owners()).values()) == 1


async def test_whoever_withdraws_or_is_erased_while_accepting_is_booked_or_gone(
    small: None,
) -> None:
    for turn_of in range(TIMES):
        tokens = await _fresh()
        phone = f"+38067111220{turn_of}"
        one, after = await wish(1, phone=phone), await wish(2)
        await booking.cancel(by(), tokens[1])
        leave: Awaitable[Any] = (
            wishing.withdraw_wish(by(), one.token)
            if turn_of % 2
            else forgetting.erase(By(OPERATOR, MONDAY), forgetting.person_of(phone, "UA"))
        )
        accepted, _ = await together(wishing.accept_offer(by(), one.token), leave)
        state, mine = await state_of(one), await offer_of(one)
        assert mine is None
        assert state == ("withdrawn" if accepted == "offer_over" else "booked")
        if accepted == "offer_over":
            assert await offer_of(after)
        assert max((await owners()).values()) <= 1


async def test_a_closure_takes_the_time_back_or_finds_it_booked(small: None) -> None:
    centre = small_centre()
    closed = replace(
        centre, branches=tuple(replace(branch, lanes=()) for branch in centre.branches)
    )
    for _ in range(3):
        await put_in_force(By(OPERATOR, MONDAY), centre, accept=True)
        reference.forget()
        tokens = await _fresh()
        one = await wish(1)
        await booking.cancel(by(), tokens[1])
        accepted, _ = await together(
            wishing.accept_offer(by(), one.token),
            put_in_force(By(OPERATOR, MONDAY), closed, accept=True),
        )
        reference.forget()
        assert await offer_of(one) is None
        if accepted in ("offer_over", "plans_changed"):
            assert await state_of(one) == "open"
        else:
            assert await db.fetch_value("SELECT count(*) FROM unsettled WHERE settled_at IS NULL")
        assert await doctor.check(MONDAY) == []


async def test_two_taps_on_accept_book_once(small: None) -> None:
    tokens = await _fresh()
    one = await wish(1)
    await booking.cancel(by(), tokens[1])
    first, second = await together(*(wishing.accept_offer(by(), one.token) for _ in range(2)))
    assert first == second
    [booked] = await waiting_list.offers(one.id)
    assert booked.state == "booked"
    assert await db.fetch_value("SELECT count(*) FROM message WHERE kind = 'booked'") >= 1


async def _fresh() -> list[str]:
    """Nobody waits, and every start of ONE is booked."""
    for row in await db.fetch("SELECT token FROM wish WHERE state = 'open'"):
        await wishing.withdraw_wish(by(), row["token"])
    for row in await db.fetch("SELECT token FROM appointment WHERE state IN ('held', 'booked')"):
        await booking.cancel(by(), row["token"])
    return [one.token for one in await book_all()]


async def _token(slot: int) -> str:
    found: str = await db.fetch_value(
        "SELECT token FROM appointment WHERE lower(period) = $1 AND state = 'booked'", at(slot)
    )
    return found
