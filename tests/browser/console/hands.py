"""A clerk whose hands never leave the keyboard."""

from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from queue_app.clock import Clock
from queue_app.domain.people import OPERATOR
from queue_app.flow import accounts
from queue_app.flow.act import By
from queue_app.queries import reference
from tests.browser.console.clerk import Clerk, stands
from tests.browser.keyboard import sign_in, tab_to
from tests.support.browser import assert_accessible
from tests.support.people import PASSWORD

Size = tuple[int, int]
Hands = Callable[..., Awaitable[Clerk]]
"""`await hands((1280, 720), "uk")`: a clerk at desk 1, signed in by keys, in such a window."""
FOCUS_IN_SIGHT = """() => {
    const at = document.activeElement;
    const { top, bottom } = at.getBoundingClientRect();
    return at !== document.body && top >= 0 && bottom <= innerHeight;
}"""


async def take_desk(
    page: Page, url: str, language: str, clock: Clock, desk: str, branch: str
) -> Clerk:
    login = f"clerk{desk}"
    staff = await accounts.add_staff(By(OPERATOR, clock.now()), login, "clerk", branch, PASSWORD)
    place = (await reference.directory()).branch(branch)
    (wished,) = [one for one in place.desks if one.number == desk]
    await sign_in(page, url, login, language)
    await tab_to(page, f"form[action='/console/desks/{wished.id}/take'] button")
    await assert_accessible(page)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desks/*")
    await expect(page.locator("#primary")).to_be_focused()
    return Clerk(page, staff, wished.id)


async def looks_right(clerk: Clerk) -> None:
    """The next action is in sight, nothing is cut, axe finds nothing."""
    await stands(clerk)
    await assert_accessible(clerk.page)


async def answer(page: Page, dialog: str, key: str) -> None:
    """The question is there, accessible, with the focus in sight; this key ends it."""
    await expect(page.locator(f"#{dialog}")).to_be_visible()
    await assert_accessible(page)
    assert await page.evaluate(FOCUS_IN_SIGHT), f"{dialog}: the focus is out of sight"
    await page.keyboard.press(key)
    await expect(page.locator(f"#{dialog}")).to_be_hidden()
