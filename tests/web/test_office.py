"""The supervisor's pages without a browser: the branch live, and all branches on one page."""

import json
import re

import httpx
import pytest
from litestar import Litestar

from queue_app.clock import FixedClock
from queue_app.domain.people import Role
from tests.support.application import listening
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, hire

ELSEWHERE = "darnytskyi"
PLACE = f"/office/branches/{BRANCH}"
PAGE = {"Accept": "text/html"}


async def who(clock: FixedClock, role: Role = "supervisor", branch: str | None = BRANCH):  # type: ignore[no-untyped-def]
    return (await hire(clock.now(), f"{role}-of-office", role, branch)).bearer | PAGE


def words_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2]))


async def test_the_page_shows_the_desks_the_waits_and_when_the_last_is_called(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    desk = await open_desk("1", clock.now())
    for _ in range(3):
        await take_ticket(clock.now())
    await desk.call()
    clock.advance(minutes=40)
    answer = await client.get(f"{PLACE}?lang=en", headers=await who(clock))
    said = words_of(answer.text)
    assert "clerk-1 since 10:00" in said
    assert "А1 called at 10:00" in said
    assert "Waiting 2 longest 40 min" in said
    assert "Longer than they should 2" in said
    assert re.search(r"The last is called 1\d:\d\d to 1\d:\d\d closes at 18:00", said)
    assert "Desk 1: look after it А1 was called at 10:00 and has not begun." in said


async def test_it_is_the_supervisor_s_and_of_their_branch_alone(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert (await client.get(PLACE, headers=PAGE)).headers["location"] == "/console/sign-in"
    clerk, boss = await who(clock, "clerk"), await who(clock)
    assert (await client.get(PLACE, headers=clerk)).status_code == 403
    assert (await client.get(f"/office/branches/{ELSEWHERE}", headers=boss)).status_code == 403
    assert (await client.get("/office/branches/nowhere", headers=boss)).status_code == 404
    assert (await client.get("/office", headers=boss)).headers["location"] == PLACE


async def test_the_city_has_every_branch_on_one_page(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await open_desk("1", clock.now(), ELSEWHERE)
    await take_ticket(clock.now(), branch=ELSEWHERE)
    chief = await who(clock, "administrator", None)
    page = (await client.get("/office?lang=en", headers=chief)).text
    rows = dict(re.findall(r'data-live="([\w-]+)"(.*?)</dl>', page, re.S))
    assert {BRANCH, ELSEWHERE} <= rows.keys() and len(rows) > 5
    assert "Waiting 1 longest 0 min Desks open 1 of 6" in words_of("<main" + rows[ELSEWHERE])
    assert "nobody waits" in words_of("<main" + rows[BRANCH])


async def test_the_websocket_tells_of_every_change(
    app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    boss = await who(clock)
    async with listening(app, f"/ws/branches/{BRANCH}/supervision", boss) as next_message:
        first = json.loads((await next_message())["text"])
        await take_ticket(clock.now())
        while True:
            then = json.loads((await next_message())["text"])
            if then["version"] > first["version"]:
                break
    assert (first["waiting"], then["waiting"]) == (0, 1)
    assert then["services"][0]["waiting"] == 1


@pytest.mark.parametrize("path", [f"/ws/branches/{ELSEWHERE}/supervision"])
async def test_another_branch_is_not_told(
    path: str, app: Litestar, client: httpx.AsyncClient, clock: FixedClock
) -> None:
    async with listening(app, path, await who(clock)) as next_message:
        assert (await next_message())["type"] == "websocket.close"
