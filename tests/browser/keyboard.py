"""Whole days of staff by keyboard alone: in which ways each is tried, and how one goes about."""

import pytest
from playwright.async_api import Page

from tests.support.people import PASSWORD

WAYS = [
    pytest.param((1280, 720), "uk", id="small-uk"),
    pytest.param((1440, 900), "en", id="usual-en"),
    pytest.param((720, 450), "uk", id="twice-uk"),
    pytest.param((640, 360), "en", id="small-twice-en"),
]
"""The last two are 1440x900 and 1280x720 at 200 %."""
SEEN = """() => {
    const at = document.activeElement;
    const { left, top, width, height } = at.getBoundingClientRect();
    const there = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 16));
    return left >= 0 && left + width <= innerWidth && !!there
        && (at.contains(there) || !!there.closest("label")?.contains(at));
}"""
"""Whether what has the focus, or of a long field its first line, is in sight and uncovered."""


async def tab_to(page: Page, selector: str) -> None:
    """By the tabulator alone, and in sight then."""
    for _ in range(200):
        await page.keyboard.press("Tab")
        if await page.evaluate("s => document.activeElement.matches(s)", selector):
            assert await page.evaluate(SEEN), f"{selector} has the focus out of sight"
            return
    raise AssertionError(f"{selector} was not reached")


async def sign_in(page: Page, url: str, login: str, language: str) -> None:
    await page.goto(f"{url}/console/sign-in?lang={language}")
    for field, typed in (("#login", login), ("#password", PASSWORD)):
        if not await page.evaluate("s => document.activeElement.matches(s)", field):
            await tab_to(page, field)
        await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console")
