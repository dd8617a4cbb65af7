"""Booked phone calls that nobody answers are tried once more, out of each other's way."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from queue_app.clock import FixedClock
from queue_app.domain.catalogue import Channel
from queue_app.domain.people import RESIDENT, SYSTEM
from queue_app.flow import arrival, booking
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.queries.tickets import by_id
from tests.conftest import MONDAY
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH, CALLS

pytestmark = pytest.mark.usefixtures("database")
ELEVEN = MONDAY + timedelta(hours=1)
TEN_MINUTES = "debt-amount"


def at(minutes: float) -> datetime:
    return ELEVEN + timedelta(minutes=minutes)


async def booked_at(minutes: float, phone: str = "0671234567", where: str = CALLS) -> str:
    by = By(RESIDENT, MONDAY)
    channel: Channel = "phone" if where == CALLS else "visit"
    held = await booking.hold(by, where, [TEN_MINUTES], at(minutes), channel)
    await booking.confirm(by, held.token, "Ян", phone, None, "uk", ["overlap"])
    return held.token


async def rung_in_vain(desk: Desk, token: str, due: float, minutes: float) -> datetime | None:
    """By this agent; from when it is tried again."""
    admitted = await arrival.admit_call(By(SYSTEM, at(due)), token, at(due))
    assert admitted
    agent = replace(desk, now=at(minutes))
    await agent.call(admitted.id)
    await agent.no_show(admitted.id)
    directory = await reference.directory()
    return (await by_id([directory.branch(CALLS).id], admitted.id)).progress.expected_at


async def test_a_second_try_waits_until_the_other_call_to_the_same_person_is_over(
    clock: FixedClock,
) -> None:
    first, second = await booked_at(0), await booked_at(20)
    agent = await open_desk("1", clock.now(), CALLS)
    assert await rung_in_vain(agent, first, 0, 2) == at(30), "not at 17, into the second call"
    assert await rung_in_vain(agent, second, 20, 21) == at(40), "not at 36, within the second try"


async def test_a_second_try_disturbs_no_visit_of_the_same_person(clock: FixedClock) -> None:
    call = await booked_at(0)
    await booked_at(20, where=BRANCH)
    agent = await open_desk("1", clock.now(), CALLS)
    assert await rung_in_vain(agent, call, 0, 2) == at(30)


async def test_others_calls_keep_no_second_try_waiting(clock: FixedClock) -> None:
    mine = await booked_at(0)
    await booked_at(20, "0509876543")
    agent = await open_desk("1", clock.now(), CALLS)
    assert await rung_in_vain(agent, mine, 0, 2) == at(17)
