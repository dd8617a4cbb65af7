"""Nothing on a page moves by itself: where the finger goes, the button still is."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.live_pages import Live, live_pages
from tests.conftest import MONDAY
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

STEADY = 0.01
SETTLES_MS = 800
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


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@pytest.fixture(params=[390, 320])
async def live(
    browser: Browser, server: Server, request: pytest.FixtureRequest
) -> AsyncIterator[Live]:
    size = {"width": request.param, "height": 844}
    pages = await live_pages(browser, server.url, viewport=size, is_mobile=True, has_touch=True)
    await pages.context.add_init_script(WATCH)
    yield pages
    await pages.context.close()


@pytest.mark.slow
async def test_nothing_moves_on_the_pages_of_residents_at_phone_size(live: Live) -> None:
    page = await live.context.new_page()
    paths = ["/", live.paths["phone"], "/about", "/my", f"/branch?service=tariffs&branch={BRANCH}"]
    wrong = {}
    for path in paths:
        await page.goto(live.url + path)
        await page.wait_for_timeout(SETTLES_MS)
        moved = await page.evaluate("window.moved")
        if sum(one[0] for one in moved) >= STEADY:
            wrong[path] = moved
    assert wrong == {}
