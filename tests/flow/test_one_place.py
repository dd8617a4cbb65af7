"""What the kiosk says of a place in the queue, the phone says, too: random halls, the real way."""

from random import Random
from uuid import uuid4

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.directory import Directory
from queue_app.flow import calling
from queue_app.flow.act import By
from queue_app.queries import reference
from tests.support.hall import Desk, open_desk
from tests.support.people import BRANCH, install

PEOPLE = 12
HALLS = 6


def wish(chance: Random, directory: Directory) -> dict[str, object]:
    """A service that some desk gives; now and then with priority."""
    desks = directory.branch(BRANCH).desks
    given = [
        one.code
        for one in directory.centre.services
        if "visit" in one.channels and any(one.code in desk.services for desk in desks)
    ]
    classes = [one.code for one in directory.centre.priorities]
    priority = chance.choice(classes) if chance.random() < 0.15 else None
    return {"services": [chance.choice(given)], "priority": priority, "language": "uk"}


async def opened(chance: Random, clock: FixedClock, directory: Directory) -> list[Desk]:
    numbers = [one.number for one in directory.branch(BRANCH).desks]
    chosen = chance.sample(numbers, chance.randint(1, len(numbers)))
    return [await open_desk(one, clock.now()) for one in chosen]


@pytest.mark.parametrize("seed", range(HALLS))
async def test_kiosk_and_phone_say_the_same_place(
    seed: int, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    chance, directory = Random(seed), await reference.directory()
    kiosk = await install(clock.now())
    idle = await opened(chance, clock, directory)
    told, shown = [], []
    for _ in range(PEOPLE):
        taken = await client.post(
            f"/api/v1/branches/{BRANCH}/tickets",
            json=wish(chance, directory),
            headers=kiosk.bearer | {"Idempotency-Key": str(uuid4())},
        )
        assert taken.status_code == 201, taken.text
        ticket = taken.json()
        page = (await client.get(f"/api/v1/tickets/{ticket['token']}")).json()
        told.append((ticket["number"], ticket["people_ahead"]))
        shown.append((page["number"], page["people_ahead"]))
        assert (ticket["wait"] or ticket)["people_ahead"] == ticket["people_ahead"]
        if idle and chance.random() < 0.3:
            desk = idle.pop()
            await calling.call(By(desk.clerk, clock.now()), desk.id)
        clock.advance(seconds=chance.choice((0, 0, 3, 60)))
    assert told == shown
    assert max(ahead for _, ahead in told) > 1


async def test_who_asks_again_is_answered_the_same_and_their_page_says_that_they_were_called(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    kiosk, desk = await install(clock.now()), await open_desk("5", clock.now())
    headers = kiosk.bearer | {"Idempotency-Key": str(uuid4())}
    address, body = f"/api/v1/branches/{BRANCH}/tickets", {"services": ["bill-duplicate"]}
    first = (await client.post(address, json=body, headers=headers)).json()
    assert (first["state"], first["people_ahead"]) == ("waiting", 0)
    await desk.call(first["id"])
    again = (await client.post(address, json=body, headers=headers)).json()
    assert again == first
    page = (await client.get(f"/api/v1/tickets/{first['token']}")).json()
    assert (page["number"], page["state"], page["wait"]) == (first["number"], "called", None)
