"""One server for all tests of a file, and a browser that is its kiosk."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page

from tests.browser.kiosk.panel import PANEL, Switch
from tests.conftest import MONDAY
from tests.support.people import BRANCH, install
from tests.support.server import Server, start_servers, stop_servers


@pytest.fixture
async def switched_on(browser: Browser) -> AsyncIterator[Switch]:
    """Makes a fresh browser the kiosk of the branch, as an administrator does."""
    contexts = []

    async def switch_on(server: Server) -> Page:
        device = await install(MONDAY)
        context = await browser.new_context(
            viewport=PANEL,  # type: ignore[arg-type]
            has_touch=True,
            locale="uk-UA",
            timezone_id="America/New_York",
        )
        contexts.append(context)
        page = await context.new_page()
        await page.goto(f"{server.url}/kiosk/{BRANCH}?device={device.token}")
        assert device.token not in page.url
        return page

    yield switch_on
    for context in contexts:
        await context.close()


@pytest.fixture(scope="module")
async def hall(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One server for all tests of a Monday morning; each test empties the hall before it."""
    running = start_servers(1, dsn, tmp_path_factory.mktemp("kiosk"), clock=MONDAY)
    yield running[0]
    stop_servers(running)


@pytest.fixture
async def kiosk(database: str, hall: Server, switched_on: Switch) -> Page:
    """Once its page is of this test's hall: one that is still of the last test's loads itself
    again, and whoever pressed meanwhile would stand before its first screen."""
    page = await switched_on(hall)
    await page.wait_for_load_state("networkidle")
    return page
