"""Where no websocket comes through, a live screen asks for its snapshots one by one."""

import asyncio

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from tests.conftest import MONDAY
from tests.support.application import listening
from tests.support.hall import take_ticket
from tests.support.people import BRANCH, hire, install
from tests.support.waiting import SOON

BOARD = f"/api/v1/live/branches/{BRANCH}/board"


@pytest.fixture
def monday(clock: FixedClock) -> FixedClock:
    clock.set(MONDAY)
    return clock


async def test_what_is_asked_for_is_what_the_websocket_sends(
    app: Litestar, client: httpx.AsyncClient, monday: FixedClock
) -> None:
    ticket = await take_ticket(monday.now())
    for topic in (f"branches/{BRANCH}/board", f"tickets/{ticket.token}"):
        answer = await client.get(f"/api/v1/live/{topic}")
        async with listening(app, f"/ws/{topic}") as next_message:
            frame = (await next_message())["text"]
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/json")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.text == frame


async def test_who_has_the_version_is_sent_nothing_until_there_is_another(
    client: httpx.AsyncClient, monday: FixedClock
) -> None:
    first = (await client.get(BOARD)).json()
    have = {"version": first["version"], "epoch": first["epoch"]}
    same = await client.get(BOARD, params=have)
    assert (same.status_code, same.content) == (204, b"")
    await take_ticket(monday.now())
    changed = same
    async with asyncio.timeout(SOON):  # it is shown a notification later
        while changed.status_code == 204:
            changed = await client.get(BOARD, params=have)
    assert changed.status_code == 200
    assert changed.json()["version"] > first["version"]
    assert changed.json()["waiting"] == 1


async def test_a_version_of_another_epoch_says_nothing(client: httpx.AsyncClient) -> None:
    first = (await client.get(BOARD)).json()
    answer = await client.get(BOARD, params={"version": first["version"], "epoch": "another"})
    assert answer.status_code == 200


async def test_it_is_refused_to_whom_the_websocket_is(
    app: Litestar, client: httpx.AsyncClient, monday: FixedClock
) -> None:
    clerk, kiosk = await hire(monday.now()), await install(monday.now())
    elsewhere = await hire(monday.now(), "elsewhere", branch="darnytskyi")
    desk = (await client.get(f"/api/v1/branches/{BRANCH}/desks", headers=clerk.bearer)).json()
    address = f"/api/v1/live/desks/{desk[0]['id']}"
    json = {"Accept": "application/json"}
    assert (await client.get(address, headers=clerk.bearer)).status_code == 200
    assert (await client.get(address, headers=json)).status_code == 401
    assert (await client.get(address, headers=kiosk.bearer | json)).status_code == 401
    assert (await client.get(address, headers=elsewhere.bearer | json)).status_code in (403, 404)
    unknown = await client.get("/api/v1/live/tickets/nobody", headers=json)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_link")
