"""What several screens say of one fact, they say alike: whether tickets are given, who waits."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from queue_app.clock import FixedClock
from queue_app.domain.people import Staff
from queue_app.domain.policies import minutes_of_right, policy_of
from queue_app.flow import interrupting
from queue_app.flow.act import By
from queue_app.jobs import foretelling
from queue_app.queries import halls, reference
from queue_app.screens.board import board_view
from tests.conftest import MONDAY
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, Machine, hire, install
from tests.web.resident import booked, get, words_of

GIVEN = {"kiosk": True, "board": True, "page": True, "api": True}
NONE = dict.fromkeys(GIVEN, False)


async def tickets_are_given(
    client: httpx.AsyncClient, clock: FixedClock, kiosk: Machine
) -> dict[str, bool]:
    """By each who says it."""
    directory = await reference.directory()
    hall = await halls.load(directory, directory.branch(BRANCH), clock.now())
    door = await client.get(f"/kiosk/{BRANCH}/door", headers=kiosk.bearer)
    page = words_of(await get(client, f"/now/{BRANCH}"))
    waits = (await client.get(f"/api/v1/branches/{BRANCH}/waits")).json()
    return {
        "kiosk": door.json()["state"] == "open",
        "board": board_view(hall).tickets_given,
        "page": "Талони видають до" in page,
        "api": waits["now"] is not None,
    }


async def people_waiting(client: httpx.AsyncClient, clock: FixedClock) -> dict[str, int]:
    """By each who says it."""
    directory = await reference.directory()
    hall = await halls.load(directory, directory.branch(BRANCH), clock.now())
    page = re.search(r"чекають (\d+) ос", words_of(await get(client, f"/now/{BRANCH}")))
    waits = (await client.get(f"/api/v1/branches/{BRANCH}/waits")).json()
    assert page
    return {
        "board": board_view(hall).waiting,
        "page": int(page[1]),
        "api": waits["now"]["people"],
    }


@pytest.mark.slow
async def test_all_say_alike_how_many_wait_and_whether_tickets_are_given(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """The ranges are of a minute ago; an alert is not."""
    kiosk = await install(clock.now())
    supervisor = await hire(clock.now(), "chief", "supervisor")
    branch = (await reference.directory()).branch(BRANCH)
    who = Staff(supervisor.id, supervisor.login, "supervisor", branch.id)
    await open_desk("5", clock.now())
    for _ in range(3):
        await take_ticket(clock.now())
    await foretelling.foretell(clock)
    assert await tickets_are_given(client, clock, kiosk) == GIVEN
    assert await people_waiting(client, clock) == {"board": 3, "page": 3, "api": 3}
    began = await interrupting.interrupt(By(who, clock.now()), BRANCH, "alert", None, "")
    assert await tickets_are_given(client, clock, kiosk) == NONE
    stopped = words_of(await get(client, "/now"))
    assert "Повітряна тривога" in stopped and "Талони й далі видають" not in stopped
    services = {"services": "bill-duplicate"}
    mine = await client.get(f"/api/v1/branches/{BRANCH}/waits", params=services)
    assert mine.json()["now"] is None
    clock.advance(minutes=20)
    await interrupting.resume(By(who, clock.now()), began.id, None)
    await foretelling.foretell(clock)
    assert await tickets_are_given(client, clock, kiosk) == GIVEN, "from the all-clear on"
    clock.advance(hours=8)
    assert await tickets_are_given(client, clock, kiosk) == NONE


async def api_of(client: httpx.AsyncClient) -> dict[str, Any]:
    every = (await client.get("/api/v1/branches")).json()
    found: dict[str, Any] = next(one for one in every if one["slug"] == BRANCH)
    return found


async def test_all_say_alike_from_when_the_kiosk_gives_tickets(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Not from when the desks are open, which is later."""
    kiosk = await install(clock.now())
    clock.set(MONDAY.replace(hour=7, minute=0))
    door = (await client.get(f"/kiosk/{BRANCH}/door", headers=kiosk.bearer)).json()
    known = await api_of(client)
    opens, gives = (datetime.fromisoformat(door[name]) for name in ("opens_at", "tickets_at"))
    assert (f"{opens:%H:%M}", f"{gives:%H:%M}") == ("09:00", "08:45")
    assert {name: known[name] for name in ("opens_at", "tickets_at")} == {
        name: door[name] for name in ("opens_at", "tickets_at")
    }
    for path in ("/now", f"/now/{BRANCH}"):
        said = words_of(await get(client, path))
        assert "Наступні: понеділок, 23 листопада, 08:45. Вікна відкриються о 09:00" in said, path


async def test_all_say_alike_how_long_a_service_takes(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    kiosk = await install(clock.now())
    services = (await client.get("/api/v1/catalogue")).json()["groups"]
    (found,) = (
        one for group in services for one in group["services"] if one["code"] == "debt-amount"
    )
    assert (found["duration"]["min_minutes"], found["duration"]["max_minutes"]) == (2, 10)
    screens = words_of(await client.get(f"/kiosk/{BRANCH}", headers=kiosk.bearer))
    assert "2–10 хв" in screens
    chosen = f"service=debt-amount&channel=visit&branch={BRANCH}"
    for path in (f"/?{chosen}", f"/way?{chosen}", f"/day?{chosen}"):
        assert "2–10 хв" in words_of(await get(client, path)), path


async def test_all_say_alike_what_a_right_to_be_served_first_does(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """By how much, of whom, and where one says so; a booking keeps its own time."""
    kiosk = await install(clock.now())
    minutes = (await api_of(client))["priority_minutes"]
    assert minutes == policy_of((await reference.directory()).rules).priority_head_start > 0
    screens = words_of(await client.get(f"/kiosk/{BRANCH}", headers=kiosk.bearer))
    assert f"прийшов до {minutes} хвилин перед" in screens
    for path in ("/now", f"/now/{BRANCH}", await booked(client)):
        said = words_of(await get(client, path))
        assert f"прийшов до {minutes} хвилин перед" in said and "терміналі" in said, path
    centre = (await reference.directory()).centre
    assert minutes_of_right(replace(centre, priorities=())) == 0


async def test_what_nobody_has_counted_is_not_called_how_many_wait(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    """Who goes before somebody is another number."""
    await open_desk("5", clock.now() - timedelta(minutes=1))
    await take_ticket(clock.now())
    services = {"services": "bill-duplicate"}
    found = (await client.get(f"/api/v1/branches/{BRANCH}/waits", params=services)).json()
    assert found["now"]["people"] is None and found["now"]["high_minutes"] is not None
