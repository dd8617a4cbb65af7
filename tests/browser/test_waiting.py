"""The waiting list in a real browser: joining, the offer with what is left of it, one tap."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from queue_app.flow import booking
from tests.conftest import MONDAY
from tests.flow.bookings import ONE, SERVICE
from tests.flow.wishing_hall import book_all, by, hall
from tests.support.browser import assert_accessible
from tests.support.server import start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
CHOSEN = f"service={SERVICE}&channel=visit&branch={ONE}"
LEFT = {
    "uk": re.compile("^Щоб завершити запис, лишилося (29|30) хвилин$"),
    "en": re.compile("^(29|30) minutes left to finish the booking$"),
}


@pytest.fixture
async def full(spare_database: str, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of a server on whose Tuesday all is booked, and one of the bookings' links."""
    async with hall(spare_database):
        booked = await book_all()
        servers = await asyncio.to_thread(start_servers, 1, spare_database, tmp_path, MONDAY)
        yield servers[0].url, booked[1].token
        await asyncio.to_thread(stop_servers, servers)


async def look(page: Page, name: str) -> None:
    await assert_accessible(page)
    for size in (PHONE, DESKTOP):
        await page.set_viewport_size(size)
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        if folder := os.environ.get("QUEUE_APP_LOOKS"):
            await page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_whoever_waits_is_offered_what_comes_free_and_takes_it_with_one_tap(
    full: tuple[str, str], browser: Browser, language: str
) -> None:
    url, given_up = full
    context = await browser.new_context(locale=language, timezone_id="Europe/Kyiv", viewport=PHONE)
    page = await context.new_page()
    await page.goto(f"{url}/day?{CHOSEN}")
    await look(page, f"full-day-{language}")
    await page.locator("a[href^='/wish?']").click()
    await look(page, f"wish-form-{language}")
    await page.locator("button.button-large").click()
    await expect(page.locator("#name-error")).to_be_visible()
    await look(page, f"wish-errors-{language}")
    await page.locator("#name").fill("Ян Коваль")
    await page.locator("#email").fill("jan@example.com")
    await page.locator("button.button-large").click()
    await expect(page).to_have_url(f"{url}/wish/{page.url.rsplit('/', 1)[1]}")
    await look(page, f"wish-waiting-{language}")
    await booking.cancel(by(), given_up)
    await page.reload()
    await expect(page.locator("#left")).to_have_text(LEFT[language])
    await look(page, f"wish-offered-{language}")
    await page.locator("form[action$=acceptance] button").click()
    await expect(page.locator(".facts")).to_contain_text("10:10")
    assert "/visit/" in page.url
    await context.close()
