"""When to come without a booking: the page of all branches, that of one, and the API."""

import httpx
import pytest

from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts, supervising
from queue_app.flow.act import By
from queue_app.jobs import foretelling
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD
from tests.support.weight import files_of
from tests.web.resident import get, words_of


async def at_work(clock: FixedClock) -> None:
    for number in "1235":
        await open_desk(number, clock.now())
    await take_ticket(clock.now())
    await foretelling.foretell(clock)


@pytest.mark.slow
async def test_the_page_of_all_branches_says_wait_people_and_until_when(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await at_work(clock)
    page = await get(client, "/now")
    words = words_of(page)
    assert "Коли прийти без запису" in words
    assert "чекає 1 особа" in words
    assert "Талони видають до 17:30" in words
    assert "Сьогодні найменше чекати близько" in words
    assert words.count("Зараз нікого не викликають") == 9
    assert f'href="/now/{BRANCH}"' in page.text
    assert "Контактний центр" not in words.split("Знайти мій запис")[0].split("Маєте")[0]


async def test_before_anything_is_foretold_the_page_says_so(client: httpx.AsyncClient) -> None:
    assert "Скільки зараз чекати, не відомо" in words_of(await get(client, "/now"))
    one = await get(client, f"/now/{BRANCH}")
    assert "нічого не можна передбачити" in words_of(one)
    assert (await get(client, "/now/nowhere")).status_code == 404


@pytest.mark.slow
async def test_a_branch_is_said_in_words_drawn_and_in_a_table(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await at_work(clock)
    page = await get(client, f"/now/{BRANCH}")
    words = words_of(page)
    assert "Найменше чекати близько" in words and "Найдовше – близько" in words
    assert page.text.count('<svg class="now-chart"') >= 5
    assert page.text.count("<table>") == page.text.count('<svg class="now-chart"')
    files = await files_of(client, page.text)
    assert sum(files.values()) + len(page.text.encode()) < 60_000


@pytest.mark.slow
async def test_the_api_gives_the_same(client: httpx.AsyncClient, clock: FixedClock) -> None:
    await at_work(clock)
    url = f"/api/v1/branches/{BRANCH}/waits"
    every = (await client.get(url)).json()
    assert every["now"]["people"] == 1
    assert every["now"]["low_minutes"] < every["now"]["high_minutes"]
    assert every["by_half_hour"][0]["from"] == "2026-11-23T10:00:00+02:00"
    assert {one["from"][:10] for one in every["by_half_hour"]} >= {"2026-11-23", "2026-11-30"}
    assert every["held_percent"] is None
    mine = (await client.get(url, params={"services": "debt-restructuring"})).json()
    assert mine["now"] == {"low_minutes": 0, "high_minutes": 1, "people": 1}, "a desk is free"
    unknown = await client.get(url, params={"services": "no-such"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_service")
    phoning = (await client.get("/api/v1/branches/contact-centre/waits")).json()
    assert (phoning["now"], phoning["by_half_hour"]) == (None, [])


@pytest.mark.slow
async def test_once_no_more_tickets_are_given_only_the_days_to_come_are_foretold(
    client: httpx.AsyncClient, clock: FixedClock
) -> None:
    await at_work(clock)
    boss = await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )
    await supervising.end_day(By(boss, clock.now()), BRANCH)
    every = (await client.get(f"/api/v1/branches/{BRANCH}/waits")).json()
    assert every["now"] is None
    assert min(one["from"][:10] for one in every["by_half_hour"]) == "2026-11-24"
    shown = (await get(client, f"/now/{BRANCH}")).text
    assert 'id="day-2026-11-24"' in shown and 'id="day-2026-11-23"' not in shown
    assert "Сьогодні найменше чекати близько" not in words_of(await get(client, "/now"))
