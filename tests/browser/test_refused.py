"""A form that is refused comes back with what was typed, in a real browser."""

import os
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, expect

from queue_app.store import db
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible, follow
from tests.web.resident import CHOICE

pytestmark = [pytest.mark.browser, pytest.mark.server]


@pytest.mark.slow
async def test_what_was_typed_is_sent_again_from_the_page_that_refused_it(
    servers: StartServers, context: BrowserContext
) -> None:
    [server] = await servers(1, clock=MONDAY, rate_limits=True)
    page = await context.new_page()
    await page.goto(f"{server.url}/time?{CHOICE}&day=2026-11-24")
    await follow(page.locator("button.slot").nth(4))
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#phone", "067 123 45 67")
    await follow(page.locator("form .button-primary"))
    link = page.url
    await page.goto(f"{link}/contact")
    await page.fill("#name", "Олена Ковальчук-Іваненко")
    await db.fetch("UPDATE tally SET times = 1000")
    await follow(page.locator("main form .button-primary"))
    await expect(page.locator("h1")).to_have_text("Забагато запитів")
    await expect(page.locator("#name")).to_have_value("Олена Ковальчук-Іваненко")
    await expect(page.locator("label[for=name]")).to_have_text("Ім’я та прізвище")
    await assert_accessible(page)
    if folder := os.environ.get("QUEUE_APP_SCREENSHOTS"):
        for width, height in ((390, 844), (1280, 800)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.screenshot(path=Path(folder) / f"refused-{width}.png")

    await db.fetch("DELETE FROM tally")
    await follow(page.locator("main form .button-primary"))
    assert page.url == link
    await expect(page.locator("main")).to_contain_text("Олена Ковальчук-Іваненко")
