"""Every page that there is, on a phone, in a centre of endless words: not wider, and still."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import Struct
from playwright.async_api import Browser, Page

from config.files import load_centre
from queue_app.clock import FixedClock
from queue_app.domain.people import OPERATOR
from queue_app.flow import configuring
from queue_app.flow.act import By
from queue_app.jobs import foretelling
from queue_app.store import db
from tests.browser.test_widths import WIDE
from tests.conftest import MONDAY
from tests.flow.stage import pool_on
from tests.support import wide_centre
from tests.support.every_page import Lived, addresses, bearer, live
from tests.support.server import start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NOT_ON_PHONES = ("/kiosk/{branch}", "/display/", "/console/desks/{desk}/history")
"""Screens of their own sizes, at which `test_widths` looks; and a part of one, without a frame."""
OF_STAFF = "/console"
STEADY = 0.01
"""What Chromium calls a good layout shift is ten times as much."""
SETTLES_MS = 500
WATCH = """
window.moved = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    if (!entry.hadRecentInput) {
      const what = entry.sources.map((one) => one.node?.outerHTML?.slice(0, 60));
      window.moved.push([entry.value, ...what]);
    }
  }
}).observe({ type: "layout-shift", buffered: true });
"""

BEYOND = """() => {
  const scrolls = (one) => {
    const style = getComputedStyle(one);
    return ["auto", "scroll"].includes(style.overflowX);
  };
  const hidden = (one) => one.closest(".visually-hidden, .skip-link");
  const rolled = (one) => {
    for (let up = one.parentElement; up; up = up.parentElement) if (scrolls(up)) return true;
    return false;
  };
  return [...document.querySelectorAll("body *")].filter((one) => {
    const box = one.getBoundingClientRect();
    const over = box.width > 0 && (box.right > innerWidth + 1 || box.left < -1);
    const cut = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
      && !one.matches("input") && getComputedStyle(one).overflowX !== "visible" && !scrolls(one);
    return (over || cut) && !hidden(one) && !rolled(one);
  }).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 30)}`
    + ` ${one.scrollWidth} in ${one.clientWidth}`).slice(-4);
}"""
"""What reaches over an edge of the window, or is cut off, and can be reached by no scrolling."""


class Shown(Struct, frozen=True):
    browser: Browser
    url: str
    lived: Lived

    async def pages(self, width: int) -> AsyncIterator[tuple[str, Page]]:
        """Each page, its details opened, that people read."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": 700}, locale="uk-UA"
        )
        await context.add_init_script(WATCH)
        page = await context.new_page()
        for path, asked in addresses(self.lived).items():
            if path.startswith(NOT_ON_PHONES):
                continue
            await context.set_extra_http_headers(bearer(self.lived, path))
            for address in asked:
                kind = (await context.request.get(self.url + address)).headers["content-type"]
                if kind.startswith("text/html"):
                    await page.goto(self.url + address)
                    if code := await page.query_selector("#pairing-code"):
                        await page.wait_for_function("(code) => code.textContent", arg=code)
                    yield address, page
        await context.close()


@pytest.fixture
async def shown(spare_database: str, browser: Browser, tmp_path: Path) -> AsyncIterator[Shown]:
    centre, clock = wide_centre.written_to(tmp_path / "centre"), FixedClock(MONDAY)
    async with pool_on(spare_database):
        await configuring.apply(By(OPERATOR, MONDAY), load_centre(centre))
        lived = await live(clock)
        await db.fetch(
            "UPDATE appointment SET name = $1, email = $2, phone = '+380671234567'"
            " WHERE name IS NOT NULL",
            wide_centre.NAME,
            wide_centre.MAIL,
        )
        await foretelling.foretell(clock)
    data = tmp_path / "data"
    data.mkdir()
    environment = {"QUEUE_APP_CONFIG": str(centre), "QUEUE_APP_RATE_LIMITS": "off"}
    servers = start_servers(1, spare_database, data, clock=clock.now(), environment=environment)
    yield Shown(browser, servers[0].url, lived)
    stop_servers(servers)


async def test_no_page_at_all_is_wider_than_a_phone_of_320_pixels(shown: Shown) -> None:
    wrong = {}
    async for address, page in shown.pages(320):
        await page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        if [*await page.evaluate(WIDE), *await page.evaluate(BEYOND)]:
            await page.wait_for_timeout(SETTLES_MS)  # it may still be coming
        if found := [*await page.evaluate(WIDE), *await page.evaluate(BEYOND)]:
            wrong[address] = found
    assert wrong == {}


async def test_nothing_moves_on_any_page_of_a_resident_while_it_comes(shown: Shown) -> None:
    """Where the finger goes, the button still is."""
    wrong = {}
    async for address, page in shown.pages(390):
        if address.startswith(OF_STAFF):
            continue
        await page.wait_for_timeout(SETTLES_MS)
        moved = await page.evaluate("window.moved")
        if sum(one[0] for one in moved) >= STEADY:
            wrong[address] = moved
    assert wrong == {}
