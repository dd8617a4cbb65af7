"""A screen never looks alive when it is dead: each live page is broken on purpose."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route, WebSocketRoute, expect

from tests.browser.kiosk.panel import press
from tests.browser.live_pages import NAMES, Live, live_pages
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

WITHIN_MS = 10_000
SAID = {
    "board": ("Цей екран не оновлюється", "This screen is not kept up to date"),
    "panel": ("Цей екран не оновлюється", "This screen is not kept up to date"),
    "kiosk": ("Цей екран не оновлюється", "This screen is not kept up to date"),
    "phone": ("Ця сторінка більше не оновлюється.", "Завантажити знову"),
    "desks": ("Ця сторінка більше не оновлюється.", "Завантажити знову"),
    "desk": ("Ця сторінка більше не оновлюється.", "Завантажити знову"),
}
OLD_ZONES = """
const real = Intl.DateTimeFormat;
const old = function (locale, options, ...rest) {
  if (options && options.timeZone === "Europe/Kyiv") throw new RangeError("Invalid time zone");
  return new real(locale, options, ...rest);
};
old.prototype = real.prototype;
old.supportedLocalesOf = real.supportedLocalesOf;
Intl.DateTimeFormat = old;
Date.prototype.toLocaleString = Date.prototype.toLocaleTimeString = () => "";
"""
MODULES = {
    "board": "board.js",
    "panel": "panel.js",
    "phone": "phone.js",
    "kiosk": "visit.js",
    "desks": "desks.js",
    "desk": "queue.js",
}
"""One module of each page: that which it begins with, or one that it needs."""

Show = Callable[..., Awaitable[Live]]


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@pytest.fixture
async def live(browser: Browser, server: Server) -> AsyncIterator[Live]:
    pages = await live_pages(browser, server.url)
    yield pages
    await pages.context.close()


def guard(page: Page) -> Any:
    return page.locator("#guard")


async def says_that_it_is_dead(page: Page, name: str) -> None:
    await expect(guard(page)).to_be_visible(timeout=WITHIN_MS)
    for words in SAID[name]:
        await expect(guard(page)).to_contain_text(words)


@pytest.mark.slow
async def test_a_browser_with_older_zone_tables_tells_times_and_follows_the_hall(
    live: Live,
) -> None:
    errors: list[str] = []
    await live.context.add_init_script(OLD_ZONES)
    pages = {name: await live.page(name) for name in NAMES}
    for page in pages.values():
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.reload()
    await expect(pages["board"].locator("#clock")).to_have_text("10:00")
    await live.desk.call(live.ticket)
    await expect(pages["board"].locator("#call-number")).to_have_text("А1")
    await expect(pages["panel"].locator("#number")).to_have_text("А1")
    await expect(pages["phone"].locator(".go")).to_have_text("Підійдіть до вікна 5")
    await expect(pages["phone"].locator("[data-field=called_at]")).to_have_text("10:00")
    await press(pages["kiosk"], "[data-go=groups-1]")
    await expect(pages["kiosk"].locator("[data-screen=groups-1]")).to_be_visible()
    assert errors == []


@pytest.mark.slow
async def test_a_module_that_does_not_load_is_said_within_ten_seconds(live: Live) -> None:
    async def broken(name: str) -> None:
        page = await live.context.new_page()
        await page.route(f"**/{MODULES[name]}*", lambda route: route.fulfill(status=500))
        await page.goto(live.url + live.paths[name])
        await expect(guard(page)).to_be_hidden()
        await says_that_it_is_dead(page, name)
        await assert_accessible(page)

    await asyncio.gather(*map(broken, NAMES))


@pytest.mark.slow
async def test_it_is_said_even_where_no_script_at_all_comes(live: Live) -> None:
    async def bare(name: str) -> None:
        page = await live.context.new_page()
        await page.emulate_media(reduced_motion="reduce")
        await page.route("**/*.js*", lambda route: route.fulfill(status=500))
        await page.goto(live.url + live.paths[name])
        await says_that_it_is_dead(page, name)

    await asyncio.gather(*map(bare, NAMES))


@pytest.mark.slow
async def test_an_error_in_the_first_frame_is_said_until_a_frame_is_shown(live: Live) -> None:
    async def broken(name: str) -> None:
        page = await live.context.new_page()
        healthy = asyncio.Event()

        async def first(socket: WebSocketRoute) -> None:
            there = socket.connect_to_server()

            def pass_on(message: str | bytes) -> None:
                frame = json.loads(message)
                if not healthy.is_set():
                    frame = {"version": frame["version"], "epoch": frame["epoch"]}
                socket.send(json.dumps(frame))

            there.on_message(pass_on)

        await page.route_web_socket("**/ws/**", first)
        await page.goto(live.url + live.paths[name])
        await says_that_it_is_dead(page, name)
        healthy.set()
        await expect(guard(page)).to_be_hidden()

    names = [name for name in NAMES if name != "desks"]  # it only compares what it is sent
    await asyncio.gather(*map(broken, names))


@pytest.mark.slow
async def test_frames_that_stop_coming_are_said(live: Live) -> None:
    """Neither a websocket's frames nor answers to questions."""
    said = {
        "board": ".scene-stale",
        "panel": ".scene-stale",
        "kiosk": "[data-screen=offline]",
        "phone": "#stale",
        "desks": "#stale",
        "desk": "#stale",
    }

    async def silent(name: str) -> None:
        page = await live.context.new_page()
        heard: list[str | bytes] = []

        async def once(socket: WebSocketRoute) -> None:
            there = socket.connect_to_server()

            def pass_on(message: str | bytes) -> None:
                if not heard:
                    socket.send(message)
                heard.append(message)

            there.on_message(pass_on)

        async def never(_route: Route) -> None:
            await asyncio.sleep(30)

        await page.route_web_socket("**/ws/**", once)
        await page.route("**/live/**", never)
        await page.route("**/door", never)
        await page.goto(live.url + live.paths[name])
        if name == "board":
            await expect(page.locator("#hall")).not_to_have_attribute("data-scene", "stale")
        await expect(page.locator(said[name])).to_be_visible(timeout=WITHIN_MS + 15_000)

    await asyncio.gather(*map(silent, NAMES))


@pytest.mark.slow
async def test_an_unattended_screen_is_loaded_anew_once_it_is_there(live: Live) -> None:
    page = await live.context.new_page()
    await page.clock.install()
    lost = True

    async def sometimes(route: Route) -> None:
        await (route.fulfill(status=500) if lost else route.continue_())

    await page.route("**/board.js*", sometimes)
    await page.goto(live.url + live.paths["board"])
    await page.clock.run_for(7_000)
    await says_that_it_is_dead(page, "board")
    async with page.expect_navigation():
        await page.clock.run_for(46_000)
    await expect(guard(page)).to_be_visible()  # at once: what was said is still true
    lost = False
    async with page.expect_navigation():
        await page.clock.run_for(46_000)
    await page.clock.run_for(1_000)
    await expect(guard(page)).to_be_hidden()
