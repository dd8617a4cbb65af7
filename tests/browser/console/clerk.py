"""A clerk with a browser at a desk."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page, expect

from queue_app.domain.people import Staff
from tests.browser.scene import ready
from tests.support.people import PASSWORD
from tests.support.server import Server

SIZE = {"width": 1440, "height": 900}
METER = "meter-readings"
COVERED = """(button) => {
    const {left, top, width, height} = button.getBoundingClientRect();
    const at = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
    return at.some(([x, y]) => {
        const there = document.elementFromPoint(left + x * width, top + y * height);
        return there !== button && !button.contains(there);
    });
}"""
CUT = """() => [...document.querySelectorAll("#person *, .dialog[open] *")].filter((one) => {
    if (!one.offsetParent || one.children.length || one.matches(".visually-hidden")) return false;
    const {left, right} = one.getBoundingClientRect();
    const frame = one.closest("#person, .dialog").getBoundingClientRect();
    const hides = ["hidden", "clip"].includes(getComputedStyle(one).overflowX);
    return left < frame.left - 1 || right > frame.right + 1
        || (one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 && hides);
}).map((one) => one.textContent.slice(0, 60))"""


@dataclass
class Clerk:
    """A signed-in clerk with a browser of their own, at an open desk."""

    page: Page
    staff: Staff
    desk: int

    @property
    def number(self) -> Any:
        return self.page.locator("#number")

    @property
    def primary(self) -> Any:
        return self.page.locator("#primary")

    @property
    def result(self) -> Any:
        return self.page.locator("#result")

    @property
    def rows(self) -> Any:
        return self.page.locator("#queue .row")

    async def mode(self, mode: str) -> None:
        await expect(self.page.locator("#person")).to_have_attribute("data-mode", mode)
        await ready(self.page)  # a new action does not take the old one's press

    async def press(self, key: str, mode: str) -> None:
        await self.page.keyboard.press(key)
        await self.mode(mode)

    def row(self, number: str) -> Any:
        return self.page.locator(".row").filter(has=self.page.get_by_text(number, exact=True))


Arrive = Callable[..., Awaitable[Clerk]]


async def sign_in(page: Page, server: Server, login: str) -> None:
    await page.goto(f"{server.url}/console")
    await page.locator("#login").fill(login)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator(".desks")).to_be_visible()


async def stands(clerk: Clerk) -> tuple[float, ...]:
    """Where the main button is; it is in sight, uncovered, and nothing on the page is cut."""
    await clerk.page.evaluate("scrollTo(0, 0)")
    box: Any = await clerk.primary.bounding_box()
    size: Any = clerk.page.viewport_size
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size["height"]
    assert not await clerk.primary.evaluate(COVERED)
    assert await clerk.page.evaluate(CUT) == []
    assert await clerk.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    return tuple(round(box[one]) for one in ("x", "y", "width", "height"))
