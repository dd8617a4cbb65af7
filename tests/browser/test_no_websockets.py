"""Screens behind a proxy that lets no websocket through: they ask, and are told within seconds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.kiosk.panel import choose, press
from tests.browser.live_pages import NAMES, Live, live_pages
from tests.conftest import MONDAY
from tests.support.blocking_proxy import Proxy, blocking
from tests.support.hall import take_ticket
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

SECONDS_MS = 8_000
"""Three tries of a websocket, then a question every few seconds."""


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@asynccontextmanager
async def behind_a_proxy(
    browser: Browser, server: Server, hangs: bool = False
) -> AsyncIterator[tuple[Live, Proxy]]:
    async with blocking(server.url, hangs) as proxy:
        live = await live_pages(browser, proxy.url)
        try:
            yield live, proxy
        finally:
            await live.context.close()


async def shows_the_call(pages: dict[str, Page]) -> None:
    await asyncio.gather(
        expect(pages["board"].locator("#call-number")).to_have_text("А1", timeout=SECONDS_MS),
        expect(pages["panel"].locator("#number")).to_have_text("А1", timeout=SECONDS_MS),
        expect(pages["phone"].locator(".go")).to_be_visible(timeout=SECONDS_MS),
        expect(pages["desk"].locator("#person")).to_have_attribute(
            "data-mode", "empty", timeout=SECONDS_MS
        ),
        *(
            expect(pages[name].locator(part)).to_contain_text(words, timeout=SECONDS_MS)
            for name, part, words in (
                ("desks", "main", "У залі ніхто не чекає"),
                ("kiosk", "#waiting", "Зараз черги немає"),
            )
        ),
    )


@pytest.mark.slow
async def test_every_screen_shows_a_call_within_seconds_without_a_websocket(
    browser: Browser, server: Server
) -> None:
    async with behind_a_proxy(browser, server) as (live, proxy):
        pages = {name: await live.page(name) for name in NAMES}
        await live.desk.call(live.ticket)
        await shows_the_call(pages)
        assert proxy.refused >= 2 * len(NAMES)
        for name in ("phone", "desks", "desk"):
            await expect(pages[name].locator("#stale")).to_be_hidden()
        await expect(pages["board"].locator("#hall")).to_have_attribute("data-scene", "call")

        await choose(pages["kiosk"])
        await press(pages["kiosk"], "#take")
        await expect(pages["kiosk"].locator("#ticket-number")).to_have_text("А2")


@pytest.mark.slow
async def test_a_proxy_that_answers_nothing_delays_a_call_by_seconds(
    browser: Browser, server: Server
) -> None:
    async with behind_a_proxy(browser, server, hangs=True) as (live, _):
        board = await live.page("board")
        await live.desk.call(live.ticket)
        await expect(board.locator("#call-number")).to_have_text("А1", timeout=12_000)
        await expect(board.locator("#hall")).to_have_attribute("data-scene", "call")


@pytest.mark.slow
async def test_a_websocket_is_tried_again_and_then_nothing_is_asked(
    browser: Browser, server: Server
) -> None:
    async with behind_a_proxy(browser, server) as (live, proxy):
        board = await live.context.new_page()
        asked: list[str] = []
        board.on("request", lambda one: asked.append(one.url) if "/live/" in one.url else None)
        await board.goto(live.url + live.paths["board"])
        async with board.expect_response(lambda one: "/live/" in one.url and one.status == 204):
            pass
        proxy.open = True
        async with board.expect_websocket(timeout=60_000) as opened:
            pass
        await (await opened.value).wait_for_event("framereceived")
        count = len(asked)
        await take_ticket(MONDAY)
        await expect(board.locator("#waiting")).to_have_text("2")
        await asyncio.sleep(6)
        assert len(asked) == count
