"""Two tabs of one browser book at the same time, and a tab that goes back changes its mind."""

import re
from collections.abc import AsyncIterator
from datetime import date

import pytest
from playwright.async_api import BrowserContext, Page, expect

from queue_app.domain.people import RESIDENT
from queue_app.flow import booking
from queue_app.flow.act import By
from queue_app.queries import reference, slots
from queue_app.store import db
from tests.conftest import MONDAY, StartServers
from tests.support.browser import assert_accessible
from tests.web.resident import CHOICE

pytestmark = [pytest.mark.browser, pytest.mark.server]

TOP = "document.activeElement.getBoundingClientRect().top"
TIMES = f"/time?{CHOICE}&day=2026-11-24"


@pytest.fixture
async def home(context: BrowserContext, servers: StartServers) -> AsyncIterator[str]:
    (server,) = await servers(1, clock=MONDAY)
    yield server.url
    await context.close()


async def states() -> list[str]:
    rows = await db.fetch("SELECT state FROM appointment ORDER BY id")
    return [row["state"] for row in rows]


async def choose(page: Page, place: int) -> None:
    await expect(page.locator("input[name=instead][data-asked]")).to_be_attached()
    await page.locator("button.slot").nth(place).click()
    await expect(page.locator("#held")).to_be_visible()


@pytest.mark.slow
async def test_a_tab_that_was_duplicated_holds_a_time_of_its_own(
    context: BrowserContext, home: str
) -> None:
    first = await context.new_page()
    await first.set_viewport_size({"width": 390, "height": 844})
    await first.goto(home + TIMES)
    await choose(first, 0)
    await first.fill("input[name=name]", "Олена")
    async with context.expect_page() as opened:
        await first.evaluate("address => void window.open(address)", home + TIMES)
    second = await opened.value
    await expect(second.locator(".held a")).to_have_count(1)
    assert await second.evaluate("sessionStorage.getItem('held')")
    await choose(second, 5)
    assert await states() == ["held", "held"]

    await second.go_back()
    await choose(second, 7)
    assert await states() == ["held", "cancelled", "held"]
    await first.fill("input[name=phone]", "067 123 45 67")
    await first.locator("form button.button-primary").click()
    await expect(first.locator(".pass")).to_be_visible()
    assert await states() == ["booked", "cancelled", "held"]


@pytest.mark.slow
async def test_who_holds_as_many_as_may_be_is_told_which(
    context: BrowserContext, home: str
) -> None:
    page = await context.new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    for place in (0, 4, 8):
        await page.goto(home + TIMES)
        await page.evaluate("sessionStorage.clear()")
        await page.reload()
        await choose(page, place)
    await page.goto(home + TIMES)
    await page.evaluate("sessionStorage.clear()")
    await page.reload()
    await page.locator("button.slot").nth(12).click()
    await expect(page).to_have_url(re.compile("/held"))
    await expect(page.locator("section.card")).to_have_count(3)
    await assert_accessible(page)


async def test_the_time_one_is_at_keeps_its_place_when_earlier_ones_are_taken(
    context: BrowserContext, home: str
) -> None:
    """Where the browser itself holds no place, as Safari."""
    page = await context.new_page()
    await page.clock.install()
    await page.set_viewport_size({"width": 390, "height": 664})
    await page.goto(home + TIMES)
    await page.evaluate("document.body.style.overflowAnchor = 'none'")
    times = page.locator("button.slot")
    shown = await times.count()
    await times.last.focus()
    stood = await page.evaluate(TOP)
    directory = await reference.directory()
    branch = directory.branch("podilskyi")
    day, asked = date(2026, 11, 24), ["no-debt-certificate"]
    free = shown
    while free > shown - 6:
        starts = (await slots.free_days(directory, branch, asked, "visit", day, 1, MONDAY))[
            0
        ].starts
        free = len(starts)
        await booking.hold(By(RESIDENT, MONDAY), branch.slug, asked, starts[0], "visit")
    await page.clock.run_for(31_000)
    await expect(times).not_to_have_count(shown)
    assert await page.evaluate(TOP) == pytest.approx(stood, abs=1)
