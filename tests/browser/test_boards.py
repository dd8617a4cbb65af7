"""Boards as halls have them: upright ones, parts of a hall, weeks without an end, a watchdog."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, Page, expect

from tests.conftest import MONDAY
from tests.support.browser import assert_accessible
from tests.support.hall import open_desk, take_ticket
from tests.support.people import BRANCH
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("database"), pytest.mark.slow]

BOARD = f"/display/{BRANCH}"
UPRIGHT: Any = {"width": 1080, "height": 1920}
SIZES = ((1280, 720), (1920, 1080), (3840, 2160), (720, 1280), (1080, 1920), (2160, 3840))
SEVEN_TO_ONE = {"color-contrast-enhanced": {"enabled": True}}
WEEKS = 10_000
"""Snapshots; one every minute makes a week. Their time that passes is less than the 26 hours after
which a board begins anew (`resting.js`)."""

FED = """
window.WebSocket = class {
  constructor() { window.feed = this; setTimeout(() => this.onopen?.()); }
  close() {}
};
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


SHOWN = """async (changes) => {
  const answer = await fetch("/api/v1/branches/BRANCH/board");
  const whole = await answer.json();
  const { count = 0, ...others } = changes;
  const called = Array.from({ length: count }, (_, one) => ({
    ticket: one + 1, number: `А${one + 1}`, desk: String(one + 1),
    state: "serving", called_at: whole.at, calls: 1,
  }));
  window.version = (window.version ?? whole.version) + 1;
  const snapshot = { ...whole, version: window.version, called, ...others };
  window.feed.onmessage({ data: JSON.stringify(snapshot) });
}""".replace("BRANCH", BRANCH)
"""A snapshot with so many people at desks, and what else is given."""
PAGE_SHOWN = """() => [
  document.getElementById("pages").textContent,
  [...document.querySelectorAll(".cell-number")].map((one) => one.textContent),
]"""
MANY = 30
SHIFTS = 9


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


async def until(page: Page, true: str) -> None:
    """Asked from outside: the page's own policy forbids a text as a script."""
    async with asyncio.timeout(15):
        while True:
            with suppress(Error):  # a page that begins anew in this moment
                if await page.evaluate(true):
                    return
            await page.wait_for_timeout(50)


async def fed(server: Server, page: Page) -> None:
    """A board whose snapshots come from the test, and from nowhere else however long it waits."""
    await page.add_init_script(FED)
    await page.route("**/api/v1/live/**", lambda route: route.abort())
    await page.goto(server.url + BOARD)
    await until(page, "Boolean(window.feed?.onmessage)")


async def test_a_long_name_of_a_desk_leaves_room_for_the_number_and_the_arrow(
    server: Server, page: Page
) -> None:
    """Upright there is no arrow, and what is not there takes no room from the letters."""
    await fed(server, page)
    call = {"ticket": 1, "number": "А1", "state": "called", "called_at": f"{MONDAY:%FT%TZ}"}
    size = "(one) => Number.parseFloat(getComputedStyle(one).fontSize)"
    sizes = {}
    for desk in ("5", "Північна зірка"):
        shown = {"called": [call | {"desk": desk, "calls": 1}], "scene": "call", "idle": "wait"}
        for width, height in ((1080, 1920), (1920, 1080)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.evaluate(SHOWN, shown)
            await expect(page.locator("#call-desk")).to_have_text(desk)
            box = await page.locator("#call .arrow").bounding_box()
            assert (box is None) if height > width else (box and box["width"] > width / 30), desk
            room, number = [
                await page.locator(one).bounding_box() for one in ("#call", "#call-desk")
            ]
            assert room and number
            assert number["x"] + number["width"] <= room["x"] + room["width"] + 1, (desk, width)
            sizes[desk, width] = await page.locator("#call-number").evaluate(size)
    assert sizes["Північна зірка", 1080] > sizes["5", 1080] / 2


async def test_letters_with_marks_above_have_room_below_what_is_asked(
    server: Server, page: Page
) -> None:
    """The vowels of "खिड़की" stood in the line above it."""
    await fed(server, page)
    call = {"ticket": 1, "number": "А1", "state": "called", "called_at": f"{MONDAY:%FT%TZ}"}
    room = """(one) => one.getBoundingClientRect().height
      / Number.parseFloat(getComputedStyle(one).fontSize)"""
    rooms = {}
    for desk in ("Каса", "खिड़की क", "5"):
        shown = {"called": [call | {"desk": desk, "calls": 1}], "scene": "call", "idle": "wait"}
        await page.evaluate(SHOWN, shown)
        await expect(page.locator("#call-desk")).to_have_text(desk)
        name = page.locator("#call-desk")
        rooms[desk] = await name.evaluate(room)
        label, box = [
            await one.bounding_box() for one in (page.locator(".label-called:visible"), name)
        ]
        assert label and box and box["y"] >= label["y"] + label["height"] - 1, desk
    assert rooms["खिड़की क"] > 1.2 > rooms["Каса"] == pytest.approx(rooms["5"], abs=0.02)


async def test_more_calls_than_cells_are_shown_page_by_page_and_each_has_its_turn(
    server: Server, page: Page
) -> None:
    await fed(server, page)
    await page.evaluate(SHOWN, {"count": MANY, "scene": "call", "idle": "wait"})
    cells = page.locator(".cell")
    places = await cells.count()
    pages = -(-MANY // places)
    assert pages > 1
    turned: dict[str, list[str]] = {}
    async with asyncio.timeout(30):
        while len(turned) < pages:
            await page.evaluate(SHOWN, {"count": MANY, "scene": "call", "idle": "wait"})
            mark, numbers = await page.evaluate(PAGE_SHOWN)
            turned.setdefault(mark, []).extend(one for one in numbers if one)
            await page.evaluate("window.pass(1000)")
    assert sorted(turned) == [f"{one}/{pages}" for one in range(1, pages + 1)]
    seen = {number for numbers in turned.values() for number in numbers}
    assert seen == {f"А{one}" for one in range(1, MANY + 1)}
    await page.evaluate(SHOWN, {"count": places, "scene": "call", "idle": "wait"})
    await expect(page.locator("#pages")).to_have_text("")


async def test_no_point_of_a_board_stands_still_for_hours(server: Server, page: Page) -> None:
    await page.clock.install()
    await page.goto(server.url + BOARD)
    before = await page.locator("#clock").bounding_box()
    assert before
    places = set()
    for _ in range(SHIFTS):
        await page.clock.fast_forward(180_000)
        now = await page.locator("#clock").bounding_box()
        assert now
        places.add((round(now["x"] - before["x"]), round(now["y"] - before["y"])))
        assert await page.evaluate(
            "document.documentElement.clientWidth === innerWidth"
            " && document.documentElement.clientHeight === innerHeight"
        )
    assert places == {(x, y) for x in (-3, 0, 3) for y in (-3, 0, 3)}


@pytest.mark.parametrize(
    ("hours", "hall", "begins_anew"),
    [
        ("07:50:00", {"scene": "closed"}, False),
        ("08:02:00", {"scene": "closed"}, True),
        ("08:02:00", {"scene": "wait"}, False),
        ("26:02:00", {"scene": "wait"}, True),
        ("26:02:00", {"scene": "call", "count": 1}, False),
    ],
    ids=["evening", "night", "day", "a day and a night", "somebody is called"],
)
async def test_a_board_begins_anew_at_night_and_never_while_somebody_is_called(
    server: Server, page: Page, hours: str, hall: dict[str, Any], begins_anew: bool
) -> None:
    await page.clock.install()
    await fed(server, page)
    await page.evaluate(SHOWN, {**hall, "idle": "wait"})
    await page.evaluate("window.isOld = true")
    with suppress(Error):  # it begins anew while the clock is moved
        await page.clock.fast_forward(hours)
        for _ in range(3):
            await page.clock.run_for(61_000)
    if begins_anew:
        await until(page, "window.isOld === undefined")
    else:
        await page.wait_for_timeout(300)
        assert await page.evaluate("window.isOld")


async def test_a_board_that_runs_for_weeks_does_not_grow(server: Server, page: Page) -> None:
    await fed(server, page)
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
    # It may be back before anybody looks whether the board is gone.
    async with page.expect_event("framenavigated", lambda one: one.url.endswith("/about")):
        await page.evaluate("document.getElementById('watched').contentWindow.location = '/about'")
    await expect(frame.locator("#hall")).to_be_visible()
    for elsewhere in ("https://example.org/", "//example.org/kiosk/a", "/console"):
        answer = await page.request.get(f"{server.url}/device/watch?open={elsewhere}")
        assert answer.status == 404
