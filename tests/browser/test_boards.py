"""Boards as halls have them: upright ones, parts of a hall, weeks without an end, a watchdog."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database")]

BOARD = f"/display/{BRANCH}"
UPRIGHT: Any = {"width": 1080, "height": 1920}
SIZES = ((1280, 720), (1920, 1080), (3840, 2160), (720, 1280), (1080, 1920), (2160, 3840))
SEVEN_TO_ONE = {"color-contrast-enhanced": {"enabled": True}}
WEEKS = 10_000
"""Snapshots; one every minute makes a week. Their time that passes is less than the 26 hours after
which a board begins anew (`resting.js`)."""

FED = """
window.WebSocket = class { constructor() { window.feed = this; } close() {} };
let passed = 0;
const now = performance.now.bind(performance);
performance.now = () => now() + passed;
window.pass = (ms) => { passed += ms; };
"""
FEED = """async ([from, until]) => {
  const answer = await fetch("/api/v1/branches/BRANCH/board");
  const whole = await answer.json();
  for (let version = from; version < until; version += 1) {
    const calls = [0, 1, 2, 3].map((one) => ({
      ticket: version + one, number: `А${(version + one) % 1000}`, desk: String(one + 1),
      state: one || version % 10 ? "serving" : "called", called_at: whole.at, calls: 1,
    }));
    const next = calls.map(({ number }) => ({ number, low_minutes: version % 9, high_minutes: 9 }));
    const snapshot = {
      ...whole, version: whole.version + version, called: calls.slice(0, version % 5),
      recent: calls.slice(2), waiting: version % 50, next_calls: next, scene: "call", idle: "wait",
    };
    window.pass(9_000);
    window.feed.onmessage({ data: JSON.stringify(snapshot) });
    if (version % 100 === 0) await new Promise((resume) => setTimeout(resume));
  }
}""".replace("BRANCH", BRANCH)


@pytest_asyncio.fixture(scope="module")
async def server(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    started = start_servers(1, dsn, tmp_path_factory.mktemp("server"), clock=MONDAY)
    yield started[0]
    stop_servers(started)


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    opened = await browser.new_page(viewport=UPRIGHT, locale="uk-UA")
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    await opened.close()
    assert not errors


async def test_a_board_shows_its_part_of_the_hall_and_the_way_in_every_size(
    server: Server, page: Page
) -> None:
    here, there = await open_desk("1", MONDAY), await open_desk("5", MONDAY)
    await page.goto(f"{server.url}{BOARD}?desks=1,2&left=1&floor.1=2&look=contrast")
    await expect(page.get_by_text("Зараз черги немає")).to_be_visible()
    first, second = await take_ticket(MONDAY), await take_ticket(MONDAY)
    await here.call(first.id)
    await there.call(second.id)
    await expect(page.locator("#call-number")).to_have_text("А1")
    await expect(page.locator("#call")).to_have_attribute("data-way", "left")
    await expect(page.locator("[data-floor] strong, strong[data-floor]").first).to_have_text("2")
    assert await page.locator(".cell-number").all_inner_texts() == ["А1", *[""] * 8]
    await assert_accessible(page, rules=SEVEN_TO_ONE)
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        over = await page.evaluate(
            """() => {
              const stage = document.querySelector("#stage").getBoundingClientRect();
              const parts = [...document.querySelectorAll(".scene-call *, .queue, .cell")];
              return parts.filter((one) => {
                const { top, right, bottom, width } = one.getBoundingClientRect();
                const below = one.closest("#stage") ? stage.bottom : innerHeight;
                const above = one.closest("#stage") ? stage.top : 0;
                return width && (top < above - 1 || bottom > below + 1 || right > innerWidth + 1);
              }).map((one) => one.className || one.tagName);
            }"""
        )
        assert over == [], (width, height)


@pytest.mark.slow
async def test_a_board_that_runs_for_weeks_does_not_grow(server: Server, page: Page) -> None:
    await page.add_init_script(FED)
    await page.goto(server.url + BOARD)
    await page.wait_for_function("Boolean(window.feed?.onmessage)")
    line = await page.context.new_cdp_session(page)

    async def weighed() -> tuple[float, float]:
        await line.send("HeapProfiler.collectGarbage")
        heap = await line.send("Runtime.getHeapUsage")
        counted = await line.send("Memory.getDOMCounters")
        return heap["usedSize"], counted["nodes"]

    await page.evaluate(FEED, [1, WEEKS // 10])
    heap, nodes = await weighed()
    await page.evaluate(FEED, [WEEKS // 10, WEEKS])
    later, more = await weighed()
    await expect(page.locator("#waiting")).to_have_text(str((WEEKS - 1) % 50))
    assert later < heap + 500_000
    assert more < nodes + 100


async def test_a_screen_that_was_led_away_is_brought_back(server: Server, page: Page) -> None:
    await page.goto(f"{server.url}/device/watch?open={BOARD}")
    frame = page.frame_locator("#watched")
    await expect(frame.locator("#hall")).to_be_visible()
    await page.evaluate("document.getElementById('watched').contentWindow.location = '/about'")
    await expect(frame.locator("#hall")).to_be_hidden()
    await expect(frame.locator("#hall")).to_be_visible()
    for elsewhere in ("https://example.org/", "//example.org/kiosk/a", "/console"):
        answer = await page.request.get(f"{server.url}/device/watch?open={elsewhere}")
        assert answer.status == 404
