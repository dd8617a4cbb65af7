"""A full hall: whoever asks for its waits keeps nobody else waiting."""

import asyncio

import msgspec
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.hall import Hall, HallTicket
from queue_app.domain.ranges import Forecasts
from queue_app.queries import foretold, halls, reference
from tests.support.hall import Desk, take_ticket
from tests.support.loop import MOST_SECONDS, longest_stretch
from tests.support.people import BRANCH

pytestmark = pytest.mark.usefixtures("database")
PEOPLE = 300


def crowded(hall: Hall) -> Hall:
    """The hall with so many more people like the first who waits."""
    first = next(one for one in hall.tickets if one.state == "waiting")
    others = tuple(like(first, number) for number in range(1, PEOPLE))
    return msgspec.structs.replace(hall, tickets=hall.tickets + others)


def like(ticket: HallTicket, number: int) -> HallTicket:
    return msgspec.structs.replace(ticket, id=ticket.id + number, number=f"A{number}")


async def loaded(clock: FixedClock) -> Hall:
    directory = await reference.directory()
    return await halls.load(directory, directory.branch(BRANCH), clock.now(), Forecasts())


@pytest.mark.slow
async def test_the_waits_of_a_full_hall_are_made_beside_the_loop(
    desk: Desk, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await take_ticket(clock.now())
    full = crowded(await loaded(clock))
    same = crowded(await loaded(clock))

    async def full_hall(*_: object) -> Hall:
        return full

    monkeypatch.setattr(halls, "load", full_hall)
    with longest_stretch() as longest:
        seen = await foretold.load(full.directory, full.branch, clock.now())
        waits = seen.waits
    assert len(waits) == PEOPLE
    assert longest() < MOST_SECONDS
    with longest_stretch() as longest:
        asyncio.get_running_loop().call_soon(same.estimate)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert longest() > MOST_SECONDS
