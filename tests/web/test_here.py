""" "I am here": checking in from one's own phone by the code that the board in the hall shows."""

from datetime import timedelta

import httpx

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import devices
from queue_app.flow.act import By
from tests.web.resident import TUESDAY_TEN, booked, get, post, words_of

BRANCH = "podilskyi"
CODE = f"/display/{BRANCH}/code"


async def shown(client: httpx.AsyncClient, clock: FixedClock, branch: str = BRANCH) -> str:
    """What a board of that branch shows in this moment."""
    token = await devices.add_device(By(OPERATOR, clock.now()), f"b{branch}", ["board"], branch)
    bearer = {"Authorization": f"Bearer {token}"}
    answer = await client.get(f"/display/{branch}/code", headers=bearer)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return str(answer.json()["code"])


async def test_whoever_is_there_checks_in_from_their_phone(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    assert "Я вже тут" not in words_of(await get(client, link)), "not on the day before"
    clock.set(TUESDAY_TEN - timedelta(minutes=20))
    assert "Я вже тут" in words_of(await get(client, link))
    code = await shown(client, clock)
    ticket = await post(client, f"{link}/here", {"hall_code": code})
    assert ticket.url.path.startswith("/t/")
    assert "К1" in words_of(ticket).replace("К 1", "К1")
    assert "Ви зареєструвалися" in words_of(await get(client, link))
    again = await post(client, f"{link}/here", {"hall_code": code})
    assert again.url.path == ticket.url.path, "the same ticket once more"


async def test_a_wrong_code_is_said_at_its_field_and_guessing_is_stopped(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    clock.set(TUESDAY_TEN - timedelta(minutes=20))
    code = await shown(client, clock)
    wrong = f"{(int(code) + 1) % 10_000:04}"
    for _ in range(5):
        page = await post(client, f"{link}/here", {"hall_code": wrong})
        assert page.status_code == 422
        assert "Це не код зали" in words_of(page)
    page = await post(client, f"{link}/here", {"hall_code": code})
    assert "Тут забагато разів ввели неправильний код" in words_of(page)
    clock.advance(minutes=10)
    code = (await client.get(CODE, headers=await bearer(clock))).json()["code"]
    assert (await post(client, f"{link}/here", {"hall_code": code})).url.path.startswith("/t/")


async def bearer(clock: FixedClock) -> dict[str, str]:
    token = await devices.add_device(By(OPERATOR, clock.now()), "another", ["board"], BRANCH)
    return {"Authorization": f"Bearer {token}"}


async def test_nobody_but_a_device_of_the_hall_is_told_the_code(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert (await client.get(CODE)).status_code == 401
    elsewhere = await devices.add_device(By(OPERATOR, clock.now()), "far", ["board"], "darnytskyi")
    refused = await client.get(CODE, headers={"Authorization": f"Bearer {elsewhere}"})
    assert refused.status_code == 403
    assert "hall-code" in (await get(client, f"/display/{BRANCH}")).text
    board = (await client.get(f"/api/v1/branches/{BRANCH}/board")).text
    assert (await shown(client, clock)) not in board


async def test_a_browser_becomes_a_board_by_its_token_once(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    token = await devices.add_device(By(OPERATOR, clock.now()), "hall", ["board"], BRANCH)
    page = await get(client, f"/display/{BRANCH}?device={token}")
    assert page.url.query == b"" and page.status_code == 200
    assert (await client.get(CODE)).json()["code"]
    client.cookies.clear()
    await get(client, f"/display/{BRANCH}?device=nonsense")
    assert (await client.get(CODE)).status_code == 401


async def test_the_api_checks_in_by_the_code_as_well(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    link = await booked(client)
    path = f"/api/v1/appointments/{link[7:]}/check-ins"
    early = await client.post(path, json={"hall_code": "0000"})
    assert (early.status_code, early.json()["code"]) == (422, "other_day")
    clock.set(TUESDAY_TEN)
    issued = await client.post(path, json={"hall_code": await shown(client, clock)})
    assert issued.status_code == 201
    assert issued.json()["number"] == "К1"
