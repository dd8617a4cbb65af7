"""Every page that follows the hall, in one browser that may see them all."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from playwright.async_api import Browser, BrowserContext, Page

from queue_app.domain.people import Staff
from queue_app.flow import staffing
from queue_app.flow.act import By
from queue_app.queries import reference
from queue_app.web.guards import DEVICE_COOKIE, SESSION_COOKIE
from tests.conftest import MONDAY
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, hire, install

NAMES = ("board", "panel", "phone", "kiosk", "desks", "desk")


class Live(Struct, frozen=True):
    """The browser, the path of each page by its name, and the hall: a ticket waits for desk 5."""

    context: BrowserContext
    url: str
    paths: Mapping[str, str]
    desk: Desk
    ticket: int

    async def page(self, name: str) -> Page:
        page = await self.context.new_page()
        await page.goto(self.url + self.paths[name])
        return page


async def live_pages(browser: Browser, url: str, **options: Any) -> Live:
    """`url`: of the server, or of what stands before it. Desk 1 is the browser's."""
    ticket, kiosk, clerk = await take_ticket(MONDAY), await install(MONDAY), await hire(MONDAY)
    branch = (await reference.directory()).branch(BRANCH)
    own = branch.desks[0].id
    await staffing.open_desk(By(Staff(clerk.id, clerk.login, "clerk", branch.id), MONDAY), own)
    context = await browser.new_context(locale="uk-UA", timezone_id="Europe/Kyiv", **options)
    cookies = {DEVICE_COOKIE: kiosk.token, SESSION_COOKIE: clerk.token}
    await context.add_cookies(
        [{"name": name, "value": token, "url": url} for name, token in cookies.items()]
    )
    paths = {
        "board": f"/display/{BRANCH}",
        "panel": f"/display/{BRANCH}/desks/5",
        "phone": f"/t/{ticket.token}",
        "kiosk": f"/kiosk/{BRANCH}",
        "desks": f"/console?branch={BRANCH}",
        "desk": f"/console/desks/{own}",
    }
    return Live(context, url, paths, await open_desk("5", MONDAY), ticket.id)
