"""One server for all tests of a file, and clerks who come to its desks."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext

from queue_app.clock import Clock, ShiftedClock
from queue_app.domain.people import OPERATOR, Role
from queue_app.flow import accounts
from queue_app.flow.act import By
from tests.browser.console.clerk import SIZE, Arrive, Clerk, sign_in
from tests.browser.console.hands import Hands, Size, take_desk
from tests.conftest import MONDAY
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import Server, start_servers, stop_servers


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clock]]:
    """One server for all of these tests, from ten o'clock on a Monday, and its time."""
    clock = ShiftedClock(MONDAY, 1.0, datetime.now(UTC))
    started = start_servers(1, dsn, tmp_path_factory.mktemp("console"), clock=MONDAY)
    yield started[0], clock
    stop_servers(started)


@pytest.fixture
def server(served: tuple[Server, Clock], database: str) -> Server:
    return served[0]


@pytest.fixture
def clock(served: tuple[Server, Clock]) -> Clock:
    return served[1]


@pytest.fixture
async def arrive(server: Server, browser: Browser, clock: Clock) -> AsyncIterator[Arrive]:
    """Brings a clerk to a desk: `await arrive("1")`; any script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def come(
        desk: str = "1", branch: str = BRANCH, role: Role = "clerk", **options: Any
    ) -> Clerk:
        settings = {"locale": "uk-UA", "timezone_id": "Europe/Kyiv", "viewport": SIZE} | options
        context = await browser.new_context(**settings)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        staff = await accounts.add_staff(
            By(OPERATOR, clock.now()), f"clerk{desk}", role, branch, PASSWORD
        )
        await sign_in(page, server, staff.login)
        await page.locator(".desk").nth(int(desk) - 1).get_by_role("button").click()
        await page.wait_for_url("**/desks/*")
        return Clerk(page, staff, int(page.url.rsplit("/", 1)[1]))

    yield come
    for context in contexts:
        await context.close()
    assert errors == []


@pytest.fixture
async def hands(server: Server, browser: Browser, clock: Clock) -> AsyncIterator[Hands]:
    """Brings a clerk to a desk by keys alone; any script error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    async def come(size: Size, language: str, desk: str = "1", branch: str = BRANCH) -> Clerk:
        context = await browser.new_context(
            timezone_id="Europe/Kyiv", viewport={"width": size[0], "height": size[1]}
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return await take_desk(page, server.url, language, clock, desk, branch)

    yield come
    for context in contexts:
        await context.close()
    assert errors == []
