"""A closure in a real browser: the resident's two taps, and the list of staff."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from queue_app.domain.people import OPERATOR, RESIDENT
from queue_app.flow import accounts, booking
from queue_app.flow.act import By
from queue_app.flow.configuring import apply
from queue_app.queries import reference
from queue_app.store import db
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.people import PASSWORD
from tests.support.server import start_servers, stop_servers
from tests.web.resident import TUESDAY_TEN
from tests.web.test_plans import closed_on_tuesday

pytestmark = [pytest.mark.browser, pytest.mark.server]
PHONE: ViewportSize = {"width": 390, "height": 844}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
BY = By(OPERATOR, MONDAY)


@pytest.fixture
async def closed(spare_database: str, tmp_path: Path) -> AsyncIterator[tuple[str, str]]:
    """The address of a server, and the link of whom the closure of Tuesday hits."""
    kept, config = db.engine.pool, db.engine.config
    reference.forget()
    async with db.pool(spare_database, max_size=4):
        held = await booking.hold(
            By(RESIDENT, MONDAY), "podilskyi", ["debt-amount"], TUESDAY_TEN, "visit"
        )
        await booking.confirm(
            By(RESIDENT, MONDAY), held.token, "Ян Коваль", "0671234567", "jan@example.com", "uk"
        )
        await accounts.add_staff(BY, "boss", "supervisor", "podilskyi", PASSWORD)
        await apply(BY, closed_on_tuesday(), accept=True)
    db.engine.pool, db.engine.config = kept, config
    reference.forget()
    servers = await asyncio.to_thread(start_servers, 1, spare_database, tmp_path, MONDAY)
    yield servers[0].url, f"{servers[0].url}/visit/{held.token}"
    await asyncio.to_thread(stop_servers, servers)


async def look(page: Page, name: str) -> None:
    await assert_accessible(page)
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    if folder := os.environ.get("QUEUE_APP_LOOKS"):
        await page.screenshot(path=f"{folder}/{name}.png")


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk", "en"])
async def test_the_resident_moves_with_two_taps_and_leaves_the_list_of_staff(
    browser: Browser, closed: tuple[str, str], language: str
) -> None:
    address, link = closed
    context = await browser.new_context(locale=language, viewport=PHONE)
    staff, resident = await context.new_page(), await context.new_page()
    await staff.set_viewport_size(DESKTOP)
    await staff.goto(f"{address}/console/sign-in")
    await staff.locator("#login").fill("boss")
    await staff.locator("#password").fill(PASSWORD)
    await staff.keyboard.press("Enter")
    await staff.locator(".notice-warning a").click()
    await expect(staff.locator(".unsettled-one")).to_have_count(1)
    await staff.locator("summary").click()
    await look(staff, f"list-{language}")
    await staff.set_viewport_size(PHONE)
    await look(staff, f"list-phone-{language}")

    await resident.goto(link)
    await look(resident, f"closed-{language}")
    await resident.locator(".slots button").first.click()
    await resident.wait_for_url("**/offer?*")
    await look(resident, f"offer-{language}")
    await resident.locator("form.actions button").click()
    await expect(resident.locator(".pass-code")).to_be_visible()
    await resident.set_viewport_size(DESKTOP)
    await staff.reload()
    await expect(staff.locator(".unsettled-one")).to_have_count(0)
    await look(staff, f"empty-{language}")
    await context.close()
