"""Every page of a resident in every state, in both languages: axe-core finds nothing, twice the
text on a phone pushes nothing out of sight, and every target can be hit."""

import pytest
from playwright.async_api import Browser

from queue_app.clock import FixedClock
from tests.browser.test_large_text import look
from tests.conftest import StartServers
from tests.support.ended_states import Channel, Hall, ended_states
from tests.support.every_page import addresses, live
from tests.support.people import CALLS

pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.slow]

OF_RESIDENTS = ("/visit/", "/wish/", "/my/", "/reminders/", "/taken", "/at", "/held", "/t/")
"""Beside those at which `test_large_text` looks."""
NO_PAGE = (".json", ".ics", "/paper")


@pytest.mark.parametrize("language", ["uk-UA", "en-GB"])
async def test_every_page_of_a_resident_is_whole_at_twice_the_text(
    servers: StartServers, clock: FixedClock, browser: Browser, language: str
) -> None:
    lived = await live(clock)
    chosen = f"service={lived.service}&channel=visit&branch={lived.branch}"
    wanted = f"{lived.tomorrow}T10:00:00Z"
    paths = [
        path
        for route, every in addresses(lived).items()
        if route.startswith(OF_RESIDENTS)
        for path in every
        if not path.partition("?")[0].endswith(NO_PAGE)
    ]
    reasons = ("past", "too_near", "beyond_horizon", "closed_day", "off_grid")
    paths += [f"/taken?{chosen}&why=no_such_time&reason={one}&wanted={wanted}" for one in reasons]
    [server] = await servers(1, clock=clock.now())
    await _look_at_all(browser, server.url, paths, language)


@pytest.mark.parametrize("language", ["uk-UA", "en-GB"])
@pytest.mark.parametrize("channel", ["visit", "phone"])
async def test_every_ended_state_is_whole_at_twice_the_text(
    servers: StartServers, clock: FixedClock, browser: Browser, channel: Channel, language: str
) -> None:
    where, service = ("podilskyi", "bill-duplicate") if channel == "visit" else (CALLS, "tariffs")
    links = await ended_states(Hall(channel, where, service, clock))
    [server] = await servers(1, clock=clock.now())
    paths = [f"/visit/{token}{page}" for token in links.values() for page in ("", "/data")]
    await _look_at_all(browser, server.url, paths, language)


async def _look_at_all(browser: Browser, url: str, paths: list[str], language: str) -> None:
    """Each page once, by whatever way one comes to it."""
    context = await browser.new_context(viewport={"width": 390, "height": 844}, locale=language)
    page = await context.new_page()
    wrong: dict[str, object] = {}
    seen = set[str]()
    for path in paths:
        await page.goto(url + path)
        if page.url in seen:
            continue
        seen.add(page.url)
        await look(page, path, wrong)
    await context.close()
    assert len(seen) > len(paths) / 3
    assert wrong == {}


async def test_what_a_browser_holds_is_whole_at_twice_the_text(
    servers: StartServers, clock: FixedClock, browser: Browser
) -> None:
    [server] = await servers(1, clock=clock.now())
    for language in ("uk-UA", "en-GB"):
        context = await browser.new_context(viewport={"width": 390, "height": 844}, locale=language)
        page = await context.new_page()
        day = "service=no-debt-certificate&channel=visit&branch=podilskyi&day=2026-11-24"
        for nth in range(2):
            await page.goto(f"{server.url}/time?{day}")
            await page.evaluate("() => sessionStorage.clear()")
            await page.locator("button.slot").nth(nth).click()
            await page.wait_for_url("**/visit/*")
        wrong: dict[str, object] = {}
        await page.goto(f"{server.url}/held?{day}")
        assert await page.locator("form[action='/held']").count() == 2
        await look(page, "held", wrong)
        assert wrong == {}
        await context.close()
