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
