"""A supervisor's day in a real browser: by keyboard alone, in both languages, at every size."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, Route, expect

from queue_app.clock import Clock, ShiftedClock
from queue_app.domain.people import OPERATOR, Staff
from queue_app.flow import accounts, desk_asks, supervising
from queue_app.flow.act import By
from tests.browser.keyboard import SEEN, tab_to
from tests.conftest import MONDAY
from tests.support.browser import assert_accessible, intercept
from tests.support.hall import Desk, open_desk, take_ticket
from tests.support.people import BRANCH, PASSWORD
from tests.support.server import Server, start_servers, stop_servers

pytestmark = [pytest.mark.browser, pytest.mark.server]

SIZES = {"small": (1280, 720), "usual": (1440, 900), "twice": (720, 450)}
"""The last is 1440×900 at 200 %."""
PLACE = f"/office/branches/{BRANCH}"


@pytest.fixture(scope="module")
def served(dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Clock]]:
    clock = ShiftedClock(MONDAY, 1.0, datetime.now(UTC))
    started = start_servers(1, dsn, tmp_path_factory.mktemp("office"), clock=MONDAY)
    yield started[0], clock
    stop_servers(started)


@pytest.fixture
def clock(served: tuple[Server, Clock], database: str) -> Clock:
    return served[1]


@pytest.fixture
async def boss(clock: Clock) -> Staff:
    return await accounts.add_staff(
        By(OPERATOR, clock.now()), "boss", "supervisor", BRANCH, PASSWORD
    )


@pytest.fixture
async def page(served: tuple[Server, Clock], browser: Browser, boss: Staff) -> AsyncIterator[Page]:
    """Signed in; any script error fails the test."""
    errors: list[str] = []
    context = await browser.new_context(locale="uk-UA", timezone_id="Europe/Kyiv")
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(f"{served[0].url}/console/sign-in")
    await page.locator("#login").fill(boss.login)
    await page.locator("#password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console")
    yield page
    await context.close()
    assert errors == []


async def show(page: Page, served: tuple[Server, Clock], language: str = "uk") -> None:
    await page.goto(f"{served[0].url}{PLACE}?lang={language}")
    await expect(page.locator("#desks-title")).to_be_visible()


async def reach(page: Page, name: str) -> None:
    """By the tabulator alone: to the next thing of that name that can be pressed."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        said = await page.evaluate("document.activeElement.textContent.trim()")
        if said.startswith(name):
            return
    raise AssertionError(f"{name} was not reached")


async def hall(clock: Clock) -> Desk:
    """A desk at work, one on a break, and three people."""
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await two.pause()
    for _ in range(3):
        await take_ticket(clock.now())
    return one


@pytest.mark.slow
async def test_a_paused_desk_is_opened_by_keyboard_and_the_page_says_so(
    page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    await hall(clock)
    await show(page, served)
    row = page.locator(".desk[data-state=paused]")
    await expect(row).to_contain_text("clerk-2")
    await row.locator("summary").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Черга росте")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Вікно відкрито")
    await expect(page.locator(".desk[data-state=open]")).to_have_count(2)


@pytest.mark.slow
async def test_whatever_happens_in_the_hall_is_drawn_where_it_stands(
    page: Page, served: tuple[Server, Clock], clock: Clock, boss: Staff
) -> None:
    desk = await hall(clock)
    await show(page, served)
    await expect(page.locator("[data-live=figures] .figure-value").first).to_have_text("3")
    await desk.call()
    await expect(page.locator(f"[data-live=desk-{desk.id}]")).to_contain_text("А1")
    await expect(page.locator("[data-live=figures] .figure-value").first).to_have_text("2")
    asked = page.locator(f"[data-live=desk-{desk.id}] details")
    await asked.locator("summary").click()
    await asked.locator("input[name=reason]").first.fill("Обід")
    await desk.start(1)
    await take_ticket(clock.now())
    await expect(page.locator("[data-live=figures] .figure-value").first).to_have_text("3")
    await expect(asked.locator("input[name=reason]").first).to_have_value("Обід")
    await supervising.limit_tickets(By(boss, clock.now()), BRANCH, "bill-duplicate", 0)
    await expect(page.locator("[data-live=limits]")).to_contain_text("талонів більше немає")


@pytest.mark.slow
async def test_the_answer_of_a_desk_more_or_less_comes_by_itself(
    page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    await hall(clock)
    await show(page, served)
    rows = page.locator("#staffing tbody tr")
    await expect(rows).to_have_count(3, timeout=30_000)
    await page.locator("#more").select_option(label="4")
    await page.locator("#staffing button").click()
    await expect(rows.nth(1)).to_contain_text("Відкрити вікно 4", timeout=30_000)


@pytest.mark.slow
async def test_an_answer_that_does_not_come_is_asked_for_again_soon(
    page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    await hall(clock)
    asked: list[str] = []

    async def busy(route: Route) -> None:
        asked.append(route.request.url)
        await (route.fulfill(status=503) if len(asked) == 1 else route.continue_())

    await page.route("**/staffing", busy)
    await show(page, served)
    await expect(page.locator("#staffing tbody tr")).to_have_count(3, timeout=30_000)
    assert len(asked) == 2


@pytest.mark.slow
@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("size", SIZES)
async def test_everything_is_reached_by_keyboard_fits_and_is_accessible(
    size: str, language: str, page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    await hall(clock)
    width, height = SIZES[size]
    await page.set_viewport_size({"width": width, "height": height})
    await show(page, served, language)
    await expect(page.locator("#staffing tbody tr")).to_have_count(3, timeout=30_000)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await assert_accessible(page)
    ends = {"uk": "Завершити день", "en": "End the day"}[language]
    await page.locator("main").focus()
    await reach(page, ends)
    await page.keyboard.press("Enter")
    for one in await page.locator(".acts > summary").all():
        if await one.locator("..").get_attribute("open") is None:
            await one.focus()
            await page.keyboard.press("Enter")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await assert_accessible(page)


TOP = "document.activeElement.getBoundingClientRect().top"
PLACES = """[...document.querySelectorAll("a, button, summary")]
  .filter((one) => !one.closest("#staffing") && one.offsetParent)
  .map((one) => one.getBoundingClientRect().top)"""
"""Of all that can be pressed, beside the answer itself."""


async def test_what_one_is_at_keeps_its_place_when_the_desk_above_it_asks(
    page: Page, served: tuple[Server, Clock], clock: Clock
) -> None:
    """Where the browser itself holds no place, as Safari."""
    one, two = await open_desk("1", clock.now()), await open_desk("2", clock.now())
    await page.set_viewport_size({"width": 390, "height": 664})
    await page.goto(f"{served[0].url}{PLACE}")
    await page.evaluate("document.body.style.overflowAnchor = 'none'")
    await expect(page.locator("#staffing tbody tr")).not_to_have_count(0, timeout=30_000)
    await tab_to(page, f"[data-live=desk-{two.id}] details > summary")
    stood = await page.evaluate(TOP)
    await desk_asks.ask_break(By(one.clerk, clock.now()), one.id, "Чай")
    await expect(page.locator(f"[data-live=desk-{one.id}]")).to_contain_text("просить перерви")
    assert await page.evaluate(TOP) == pytest.approx(stood, abs=1)
    assert await page.evaluate(SEEN)


@pytest.mark.parametrize("width", [390, 640, 1440])
async def test_nothing_moves_under_the_hand_when_the_answer_of_a_desk_more_or_less_comes(
    page: Page, served: tuple[Server, Clock], clock: Clock, width: int
) -> None:
    await open_desk("1", clock.now())
    await open_desk("2", clock.now())
    await take_ticket(clock.now())
    may_come = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_come.wait()
        await route.continue_()

    async def load_once(route: Route) -> None:
        """The hall's own news may move what they will."""
        await (route.abort() if route.request.resource_type == "fetch" else route.continue_())

    await intercept(page, f"**{PLACE}", load_once)
    await intercept(page, f"**{PLACE}/staffing*", hold)
    await page.set_viewport_size({"width": width, "height": 720})
    await page.goto(f"{served[0].url}{PLACE}")
    await page.locator(".acts > summary").last.focus()
    stood = await page.evaluate(PLACES)
    may_come.set()
    await expect(page.locator("#staffing tbody tr")).to_have_count(3, timeout=30_000)
    assert len(stood) > 10
    assert await page.evaluate(PLACES) == stood
