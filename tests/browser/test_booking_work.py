"""The quiet challenge in a real browser: its worker answers as the server asks, unnoticed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page, Route, expect

from config.files import load_centre
from queue_app.domain.people import OPERATOR
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support.browser import assert_accessible, follow
from tests.support.database import CONFIG
from tests.support.server import start_servers, stop_servers
from tests.web.resident import CHOICE, PERSON

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]
BITS = 18
PRESS = "#details > .button-primary"


@pytest.fixture
async def url(spare_database: str, tmp_path: Path) -> AsyncIterator[str]:
    """A server whose centre lets browsers compute."""
    centre = load_centre(CONFIG)
    rules = msgspec.structs.replace(centre.rules, booking_work_bits=BITS)
    async with pool_on(spare_database):
        await apply(By(OPERATOR, MONDAY), msgspec.structs.replace(centre, rules=rules))
    servers = await asyncio.to_thread(start_servers, 1, spare_database, tmp_path, MONDAY)
    yield servers[0].url
    await asyncio.to_thread(stop_servers, servers)


async def held(page: Page, url: str, slot: int) -> None:
    await page.goto(f"{url}/time?{CHOICE}&day=2026-11-24")
    await follow(page.locator("button.slot").nth(slot))
    await page.fill("#name", PERSON["name"])
    await page.fill("#phone", PERSON["phone"])


async def test_a_browser_computes_unnoticed_and_books(url: str, browser: Browser) -> None:
    context = await browser.new_context(locale="uk-UA")
    page = await context.new_page()
    await held(page, url, 4)
    await follow(page.locator(PRESS))
    await expect(page.locator(".pass")).to_contain_text("Вас записано")
    await context.close()


async def test_who_presses_before_it_is_done_is_told_to_wait_a_moment(
    url: str, browser: Browser
) -> None:
    context = await browser.new_context(locale="uk-UA")
    page = await context.new_page()
    gate = asyncio.Event()

    async def late(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/booking/work.js*", late)
    await held(page, url, 5)
    await page.click(PRESS)
    await page.click(PRESS)
    await expect(page.locator("#working")).to_have_text("Хвилинку: ваш браузер готує запис.")
    await assert_accessible(page)
    gate.set()
    await expect(page.locator(".pass")).to_contain_text("Вас записано")
    await context.close()


async def test_a_browser_whose_worker_fails_is_asked_for_a_code(url: str, browser: Browser) -> None:
    context = await browser.new_context(locale="uk-UA")
    page = await context.new_page()
    await page.route("**/booking/work.js*", lambda route: route.abort())
    await held(page, url, 6)
    await follow(page.locator(PRESS))
    await expect(page.locator("h1")).to_have_text("Введіть код")
    await context.close()
