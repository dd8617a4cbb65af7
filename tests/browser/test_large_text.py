"""Twice the text on a phone: nothing is pushed out of sight, and every target can be hit; and
axe-core finds nothing, in either language."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import assert_accessible, follow
from tests.support.server import Server

CHOSEN = "service=no-debt-certificate&channel=visit&branch=podilskyi"
PAGES = (
    "/",
    "/way?service=tariffs",
    "/branch?service=tariffs&channel=visit",
    f"/day?{CHOSEN}",
    f"/time?{CHOSEN}&day=2026-11-24",
    "/about",
    "/two?service=debt-amount&service=owner-change&branch=podilskyi",
    f"/wish?{CHOSEN}",
    "/now",
    "/now/podilskyi",
    "/my",
    "/my/all",
)
LEAST = 44
TOO_SMALL = """(least) => [...document.querySelectorAll("a, button, summary")].filter((one) => {
  const box = one.getBoundingClientRect();
  const around = one.parentElement.textContent.replace(one.textContent, "").trim();
  const inText = one.tagName === "A" && getComputedStyle(one).display === "inline" && around;
  if (!box.width || box.width <= 2 || one.closest(".visually-hidden") || inText) return false;
  return box.width < least || box.height < least;
}).map((one) => `${one.textContent.trim()} ${one.getBoundingClientRect().height}`)"""
BEYOND = "() => document.documentElement.scrollWidth - innerWidth"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk-UA", "en-GB"])
async def test_no_page_of_a_booking_overflows_at_twice_the_text(
    server: Server, browser: Browser, language: str
) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale=language)
    page = await context.new_page()
    wrong: dict[str, object] = {}
    for path in PAGES:
        await page.goto(server.url + path)
        await look(page, path, wrong)
    await page.goto(f"{server.url}/time?{CHOSEN}&day=2026-11-24")
    await follow(page.locator("button.slot").nth(6))
    await page.fill("#name", "Олена Ковальчук")
    await page.fill("#phone", "067 123 45 67")
    await follow(page.locator("#details .button-primary"))
    await expect(page.locator(".code")).to_be_visible()
    await look(page, "booked", wrong)
    await page.goto(f"{page.url.partition('?')[0]}/services")
    await look(page, "services", wrong)
    await context.close()
    assert wrong == {}


async def look(page: Page, name: str, wrong: dict[str, object]) -> None:
    await assert_accessible(page)
    if small := await page.evaluate(TOO_SMALL, LEAST):
        wrong[f"{name}, too small"] = small
    await page.evaluate(
        "() => document.documentElement.style.setProperty('font-size', '200%', 'important')"
    )
    if (pixels := await page.evaluate(BEYOND)) > 1:
        wrong[f"{name}, too wide"] = pixels
