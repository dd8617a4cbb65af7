"""A backup is restored beside a running server: the pages that stand open show that hall."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from queue_app.live.hub import HEARTBEAT_SECONDS
from queue_app.web.guards import SESSION_COOKIE
from tests.conftest import MONDAY
from tests.live.test_restoring import A_BIT
from tests.support.hall import take_ticket
from tests.support.lives import Lives, lived
from tests.support.people import BRANCH

pytestmark = [pytest.mark.browser, pytest.mark.server]

SOON_MS = 1000 * (HEARTBEAT_SECONDS + A_BIT)


@pytest.fixture
async def lives(spare_database: str, data: Path) -> AsyncIterator[Lives]:
    async with lived(spare_database, data) as hall:
        yield hall


async def opened(context: BrowserContext, address: str) -> Page:
    page = await context.new_page()
    await page.goto(address)
    return page


@pytest.mark.slow
async def test_every_page_shows_the_restored_hall_without_being_loaded_anew(
    lives: Lives, context: BrowserContext
) -> None:
    url = lives.server.url
    await context.add_cookies([{"name": SESSION_COOKIE, "value": lives.clerk.token, "url": url}])
    board = await opened(context, f"{url}/display/{BRANCH}")
    panel = await opened(context, f"{url}/display/{BRANCH}/desks/{lives.desk.number}")
    phone = await opened(context, f"{url}/t/{lives.kept[0].token}")
    lost = await opened(context, f"{url}/t/{lives.lost.token}")
    console = await opened(context, f"{url}/console/desks/{lives.desk.id}")
    kiosk = await opened(context, f"{url}/kiosk/{BRANCH}?device={lives.kiosk.token}")
    await expect(board.locator("#hall")).to_have_attribute("data-scene", "call")
    await expect(panel.locator("#sign")).to_have_attribute("data-state", "called")
    await expect(phone.locator("section.state-called")).to_be_visible()
    await expect(lost.locator("section.state-waiting")).to_be_visible()
    await expect(console.locator("#person")).to_have_attribute("data-mode", "called")
    await expect(kiosk.locator("#waiting")).to_contain_text("2 ")
    for page in (board, panel, phone, console):
        await page.evaluate("window.stood = true")

    await asyncio.to_thread(lives.restore)
    await asyncio.gather(
        expect(board.locator("#hall")).to_have_attribute("data-scene", "wait", timeout=SOON_MS),
        expect(panel.locator("#sign")).to_have_attribute("data-state", "open", timeout=SOON_MS),
        expect(phone.locator("section.state-waiting")).to_be_visible(timeout=SOON_MS),
        expect(lost.locator(".refused")).to_be_visible(timeout=SOON_MS),
        expect(console.locator("#person")).to_have_attribute("data-mode", "free", timeout=SOON_MS),
    )
    await expect(console.locator("#queue .row")).to_have_count(2)
    await expect(kiosk.locator("#waiting")).to_contain_text("2 ")
    again = await take_ticket(MONDAY)
    await expect(kiosk.locator("#waiting")).to_contain_text("3 ")
    await lives.desk.call(again.id)
    await expect(board.locator("#call-number")).to_have_text(again.number)
    await expect(console.locator("#number")).to_have_text(again.number)
    for page in (board, panel, phone, console):
        assert await page.evaluate("window.stood") is True
